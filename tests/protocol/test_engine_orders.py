"""Orders: for what they were given, how often they are sent, and how they end."""

from itertools import pairwise

import pytest
from engine_world import DOOR, DOOR_KIND, NOW, SECOND, SMOKE, SMOKE_KIND, Backend, Scripted
from lilong_protocol import frame, topics
from lilong_protocol.pc.errors import RequestError

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


class TestHowMany:
    """What waits for a device that never answers is bounded."""

    def test_an_acknowledgement_takes_the_place_of_an_earlier_one_of_its_alarm(self, backend, smoke):
        backend.give(NOW, smoke.alarm(NOW))
        for name in ("Wang", "Li"):
            backend.engine.acknowledge(NOW, SMOKE, (1, 1), name)
        out = told(smoke, backend.commit(), frame.OPERATOR_ACK)
        assert [order.operator for order in backend.engine.orders.open_of(SMOKE)] == ["Li"]
        assert out[-1].body == {0: "Li"}
        assert len([row for row in backend.rows.values() if row.name.startswith("order/")]) == 1

    @pytest.mark.parametrize(("insists", "most"), [(False, 16), (True, 128)])
    def test_beyond_a_limit_an_order_is_refused(self, backend, door, insists, most):
        for _ in range(most):
            backend.engine.command(NOW, DOOR, "test", insists=insists)
        with pytest.raises(RequestError, match=f"{most} orders wait for it; try again when it has answered"):
            backend.engine.command(NOW, DOOR, "test", insists=insists)
        backend.engine.command(NOW, DOOR, "test", insists=not insists)  # those of the other sort have their own limit


@pytest.mark.parametrize("killed", [False, True])
def test_an_answer_that_comes_behind_a_later_one_ends_its_order_over_a_kill_of_the_backend_too(backend, door, killed):
    orders = [backend.engine.command(NOW, DOOR, "test") for _ in range(3)]
    backend.commit()
    answers = [door.response(NOW, order.counter) for order in orders]
    backend.give(NOW, answers[2])
    if killed:
        backend.crash(NOW)
    backend.give(NOW, answers[0], answers[0])
    if killed:
        backend.crash(NOW)
    backend.give(NOW, answers[1])
    assert backend.engine.orders.open_of(DOOR) == []
    ended = [message.order.counter for message in backend.effects if message.kind == frame.RESPONSE]
    assert ended == [orders[at].counter for at in (2, 0, 1)]


class TestPauses:
    def sent_at(self, backend, device, until, beats=False):
        """Seconds at which something was sent to a device that answers nothing; `beats`: every ten of them."""
        found = []
        for second in range(until):
            now = NOW + second * SECOND
            out = backend.pass_time(now - SECOND, now)
            if beats and second % 10 == 0:
                out += backend.give(now, device.heartbeat(now))
            found += [second for _ in told(device, out, frame.COMMAND, frame.OPERATOR_ACK)]
        return found

    def test_what_insists_is_sent_anew_after_pauses_that_double_up_to_five_minutes(self, backend, door):
        backend.engine.command(NOW, DOOR, "test", insists=True)
        backend.commit()
        at = [0, *self.sent_at(backend, door, 3_600, beats=True)]
        pauses = [later - earlier for earlier, later in pairwise(at)]
        for pause, least in zip(pauses[:6], (5, 10, 20, 40, 80, 160), strict=True):
            assert least <= pause <= least * 6 // 5 + 1
        assert all(300 <= pause <= 361 for pause in pauses[6:])
        assert len(pauses) == pytest.approx(17, abs=2)

    def test_a_device_that_keeps_silent_is_told_four_times_and_then_when_it_is_heard(self, backend, door):
        backend.engine.command(NOW, DOOR, "test", insists=True)
        backend.commit()
        assert len(self.sent_at(backend, door, 3_600)) == 3
        later = NOW + 3_600 * SECOND
        assert len(told(door, backend.give(later, door.heartbeat(later)), frame.COMMAND)) == 1

    def test_a_pause_goes_on_over_a_restart_of_the_backend(self, backend, door):
        backend.engine.command(NOW, DOOR, "test", insists=True)
        backend.commit()
        for _ in range(2):
            backend.pass_time(NOW, NOW + 20 * SECOND)
            backend.crash(NOW + 20 * SECOND)
        (order,) = backend.engine.orders.open_of(DOOR)
        assert order.tries == 3
        assert backend.pass_time(NOW + 20 * SECOND, NOW + 30 * SECOND) == []

    def test_a_new_session_is_told_at_once(self, backend, door):
        backend.engine.command(NOW, DOOR, "test", insists=True)
        backend.commit()
        self.sent_at(backend, door, 600, beats=True)
        now = NOW + 600 * SECOND
        door.restart(now)
        assert len(told(door, backend.give(now, door.birth(now)), frame.COMMAND)) == 1
        assert backend.engine.orders.open_of(DOOR)[0].tries == 1

    def test_a_release_for_fire_never_pauses_for_longer_than_36_seconds(self, backend, door):
        backend.engine.command(NOW, DOOR, "fire_release", insists=True)
        backend.commit()
        at = [0, *self.sent_at(backend, door, 1_200, beats=True)]
        assert max(later - earlier for earlier, later in pairwise(at)) <= 36

    def test_devices_that_were_told_at_one_time_are_not_told_again_at_one_time(self):
        backend = Backend()
        doors = [Scripted(f"d{number:015x}", DOOR_KIND) for number in range(40)]
        for door in doors:
            backend.give(NOW, door.birth(NOW))
            backend.engine.command(NOW, door.device, "test", insists=True)
        backend.commit()
        due = {order.due_ms for order in backend.engine.orders.all_open()}
        assert len(due) > 30
        assert min(due) >= NOW + 5 * SECOND > max(due) - SECOND


class TestBoots:
    """What does not insist is for the boot that was there when it was given."""

    def asleep(self, backend):
        smoke = Scripted(SMOKE, SMOKE_KIND)
        backend.give(NOW, smoke.birth(NOW, _4=26 * 3_600, _5=False))
        backend.pass_time(NOW, NOW + 10 * SECOND)
        assert backend.engine.session(SMOKE) == "asleep"
        return smoke

    @pytest.mark.spec("LIL-CMD-001", "LIL-CMD-007")
    @pytest.mark.parametrize("first", ["birth", "alarm", "heartbeat"])
    def test_a_reset_that_waited_is_not_delivered_to_a_new_boot_and_its_end_is_told(self, backend, first):
        smoke = self.asleep(backend)
        order = backend.engine.command(NOW + 10 * SECOND, SMOKE, "reset", operator="Wang")
        backend.commit()
        backend.crash(NOW + 20 * SECOND)
        later = NOW + 55 * SECOND
        smoke.restart(later)
        out = backend.give(later, getattr(smoke, first)(later)) + backend.give(later, smoke.birth(later))
        assert told(smoke, out, frame.COMMAND) == []
        assert [(one.counter, one.code) for one in backend.given_up] == [(order.counter, frame.STALE)]
        assert backend.engine.orders.open_of(SMOKE) == []
        assert not [row for row in backend.rows.values() if row.name.startswith("order/")]

    def test_a_reset_that_waited_is_delivered_to_the_boot_it_was_given_for(self, backend):
        smoke = self.asleep(backend)
        backend.engine.command(NOW + 10 * SECOND, SMOKE, "reset")
        backend.commit()
        later = NOW + HOUR
        assert len(told(smoke, backend.give(later, smoke.birth(later)), frame.COMMAND)) == 1

    def test_an_order_that_waits_for_the_birth_that_was_asked_for_ends_with_the_boot_too(self, backend):
        door = Scripted(DOOR, DOOR_KIND)
        backend.give(NOW, door.birth(NOW), retained=True)
        backend.engine.command(NOW, DOOR, "unlock")
        backend.commit()
        door.restart(NOW + SECOND)
        assert told(door, backend.give(NOW + SECOND, door.birth(NOW + SECOND)), frame.COMMAND) == []
        assert [order.code for order in backend.given_up] == [frame.STALE]

    @pytest.mark.spec("LIL-ALARM-018")
    def test_what_is_for_an_alarm_or_insists_goes_to_the_new_boot(self, backend, smoke):
        backend.give(NOW, smoke.alarm(NOW))
        backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang")
        backend.commit()
        smoke.restart(NOW + SECOND)
        out = backend.give(NOW + SECOND, smoke.birth(NOW + SECOND))
        assert [message.target for message in told(smoke, out, frame.OPERATOR_ACK)] == [2]
