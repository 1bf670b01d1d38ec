"""Orders: for what they were given, how often they are sent, and how they end."""

import pytest
from engine_world import DOOR, DOOR_KIND, NOW, SECOND, SMOKE, SMOKE_KIND, Backend, Scripted
from lilong_protocol import frame, topics

MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND
ACTIVE_AGAIN, RESTORED = 1, 2


@pytest.fixture
def backend():
    return Backend()


@pytest.fixture
def smoke(backend):
    smoke = Scripted(SMOKE, SMOKE_KIND)
    backend.give(NOW, smoke.birth(NOW))
    return smoke


@pytest.fixture
def door(backend):
    door = Scripted(DOOR, DOOR_KIND)
    backend.give(NOW, door.birth(NOW))
    return door


def told(device, publishes, *kinds):
    mine = [publish for publish in publishes if topics.parse(publish.topic)[1] == device.device]
    return [message for message in map(device.opened, mine) if message.kind in kinds]


class TestAcknowledgements:
    """An operator's acknowledgement is of what the operator knew: of all alarm frames up to its `told`."""

    def updated(self, smoke, state, now=NOW):
        return smoke.alarm(now, kind=frame.UPDATE, ref=(1, 1), body={0: 1, 5: state})

    @pytest.mark.spec("LIL-ALARM-018")
    def test_an_active_again_that_is_older_than_what_the_operator_knew_withdraws_nothing(self, backend, smoke):
        raised, again, restored = smoke.alarm(NOW), self.updated(smoke, ACTIVE_AGAIN), self.updated(smoke, RESTORED)
        backend.give(NOW, raised, restored)
        order = backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang")
        backend.commit()
        backend.crash(NOW)
        backend.give(NOW + SECOND, again)
        (waits,) = backend.engine.orders.open_of(SMOKE)
        assert (waits.counter, waits.told) == (order.counter, (1, 3))

    @pytest.mark.spec("LIL-ALARM-018")
    def test_one_that_is_newer_calls_for_another_in_a_later_boot_too(self, backend, smoke):
        backend.give(NOW, smoke.alarm(NOW), self.updated(smoke, RESTORED))
        backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang")
        backend.commit()
        smoke.restart(NOW + SECOND)
        backend.give(NOW + SECOND, smoke.birth(NOW + SECOND), self.updated(smoke, ACTIVE_AGAIN, NOW + SECOND))
        assert backend.engine.orders.open_of(SMOKE) == []

    def test_one_that_the_operator_had_not_seen_calls_for_another_although_later_frames_had_come(self, backend, smoke):
        raised, again, other = smoke.alarm(NOW), self.updated(smoke, ACTIVE_AGAIN), smoke.alarm(NOW, code=2)
        backend.give(NOW, raised, other)
        backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang", told=(1, 1))
        backend.give(NOW, again)
        assert backend.engine.orders.open_of(SMOKE) == []

    def test_a_clear_ends_it_whenever_it_comes(self, backend, smoke):
        raised, clear, other = smoke.alarm(NOW), smoke.clear(NOW, (1, 1)), smoke.alarm(NOW, code=2)
        backend.give(NOW, raised, other)
        backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang")
        backend.give(NOW, clear)
        assert backend.engine.orders.open_of(SMOKE) == []
