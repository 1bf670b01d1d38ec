"""The alarm list when messages come late, in another order, or never: what opens, what stays open, what it costs."""

import pytest
from centre_world import ESTATE, KEY, NOW, SMOKE, raised, updated
from lilong_tools.centre.core import Core

SECOND = 1_000
ACTIVE_AGAIN, RESTORED = 1, 2


@pytest.fixture
def core():
    return Core(ESTATE, KEY, NOW)


def give(core, *messages, now=NOW):
    for message in messages:
        core.receive(now, *message, False)
    return core.take()


def listed(core):
    """The states of the alarms in the list, by (boot, seq)."""
    return {tuple(map(int, alarm["id"].split("-")[1:])): alarm["state"] for alarm in core.alarm_list()}


@pytest.mark.spec("LIL-ALARM-017", "LIL-ALARM-018")
class TestAcknowledged:
    def acknowledged(self, core, *messages):
        give(core, *messages)
        core.acknowledge(NOW, f"{SMOKE}-1-1", "Wang")
        core.take()

    def test_an_active_again_that_is_older_than_what_was_on_the_screen_leaves_it_acknowledged(self, core):
        self.acknowledged(core, raised(SMOKE), updated(SMOKE, RESTORED, (1, 1), seq=3))
        give(core, updated(SMOKE, ACTIVE_AGAIN, (1, 1), seq=2))
        assert core.alarm_list()[0]["acknowledged"]
        assert [order.operator for order in core.commands.open_of(SMOKE)] == ["Wang"]

    def test_one_that_was_not_on_the_screen_calls_again_whatever_other_alarms_had_come(self, core):
        self.acknowledged(core, raised(SMOKE), updated(SMOKE, RESTORED, (1, 1), seq=2), raised(SMOKE, code=2, seq=4))
        give(core, updated(SMOKE, ACTIVE_AGAIN, (1, 1), seq=3))
        assert not core.alarm_list()[0]["acknowledged"]
        assert core.commands.open_of(SMOKE) == []
