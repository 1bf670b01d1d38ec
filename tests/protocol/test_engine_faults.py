"""Devices that say wild things, orders that nobody answers, crashes at a bad moment: what an engine stands."""

import tracemalloc

import pytest
from engine_world import CONFLICT, DOOR, KEY, NOW, SECOND, SMOKE, Backend, told
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import frame
from lilong_protocol.cbor import MAX_FRAME, MAX_INT
from lilong_protocol.keys import device_root
from lilong_protocol.pc.agenda import SPARE, Agenda
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.refusals import KEPT

MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND


class TestWildDevices:
    @pytest.mark.spec("LIL-BACK-003")
    def test_any_uptime_that_a_frame_can_tell_leaves_room_for_a_deadline(self, backend, door):
        door.base = NOW - MAX_INT
        backend.give(NOW, door.birth(NOW))
        backend.engine.command(NOW + SECOND, DOOR, "unlock")
        (command,) = told(door, backend.commit(), frame.COMMAND)
        assert command.deadline == MAX_INT

    @pytest.mark.spec("LIL-BACK-003")
    def test_a_device_that_leaves_gap_upon_gap_costs_one_look_at_a_time(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        now = NOW
        for _ in range(2_000):
            door.numbers["ev"] = door.numbers.get("ev", 0) + 1
            backend.give(now, door.event(now))
            now += 10
        assert len(backend.engine.receiver._gap_times) <= 2 + SPARE

    @pytest.mark.spec("LIL-ALARM-012")
    @pytest.mark.parametrize("steps", [(1, 0), (0, 2), (0, 16), (0, 64), (0, 1_000_000)])
    def test_a_frame_costs_a_few_bytes_for_ever_whatever_boots_and_numbers_a_device_chooses(self, backend, steps):
        boots, numbers = steps
        peer = backend.engine.receiver.peer(DOOR)
        tracemalloc.start()
        try:
            for n in range(1, 5_001):
                peer.remember("al", n * boots, n * numbers, n.to_bytes(8, "big"))
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert taken < 5_000 * 200
        assert peer.tag("al", 17 * boots, 17 * numbers) == (17).to_bytes(8, "big")

    @pytest.mark.spec("LIL-SEC-007")
    def test_incidents_are_told_at_a_bounded_rate_each_reason_for_itself(self, backend, door):
        topic, data, _ = door.event(NOW)
        forged = data[:-1] + bytes([data[-1] ^ 1])
        told_of = []
        for at in range(3 * KEPT):
            backend.receive(NOW + at, (topic, forged, False))
            told_of += backend.take().incidents
        backend.receive(NOW + SECOND, (topic, data, False), retained=True)
        told_of += backend.take().incidents
        assert [incident.reason for incident in told_of] == ["forged"] * KEPT + ["retained"]
        assert backend.engine.refused == {"forged": 3 * KEPT, "retained": 1}
        backend.receive(NOW + MINUTE, (topic, forged, False))
        assert len(backend.take().incidents) == 1

    def test_the_evidence_of_an_incident_is_no_longer_than_a_frame(self, backend, door):
        topic, data, _ = door.event(NOW)
        backend.receive(NOW, (topic, data + bytes(1_000_000), False), retained=True)
        (incident,) = backend.take().incidents
        assert len(incident.data) == MAX_FRAME

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 9)), max_size=300))
    def test_an_agenda_calls_each_name_at_its_earliest_time_and_holds_little(self, plans):
        agenda, model, now = Agenda(), {}, 0
        for name, ahead, passes in plans:
            agenda.plan(str(name), now + ahead + 1)
            model[str(name)] = min(now + ahead + 1, model.get(str(name), now + ahead + 1))
            now += passes
            due = sorted(agenda.due(now))
            assert due == sorted(one for one, at in model.items() if at <= now)
            for one in due:
                del model[one]
            assert len(agenda) <= 2 * len(model) + SPARE + 1
            if model:
                assert now < agenda.deadline <= min(model.values())


class TestSilenceOverARestart:
    def asleep(self, backend, smoke):
        backend.give(NOW, smoke.birth(NOW, _4=26 * 3_600, _5=False))

    @pytest.mark.spec("LIL-SESSION-007")
    def test_it_goes_on_where_it_stood_so_that_a_backend_restarted_daily_misses_what_sleeps(self, backend, door, smoke):
        self.asleep(backend, smoke)
        backend.give(NOW, door.birth(NOW))
        now = NOW
        for _ in range(3):
            now += 12 * HOUR
            backend.give(now, door.heartbeat(now))
            backend.crash(now)
            backend.pass_time(now, now + MINUTE)
        assert backend.engine.session(SMOKE) == "offline"

    @pytest.mark.spec("LIL-SESSION-007")
    def test_while_the_backend_was_away_nobody_was_silent(self, backend, door, smoke):
        self.asleep(backend, smoke)
        backend.give(NOW + SECOND, door.birth(NOW + SECOND))
        backend.crash(NOW + 40 * HOUR)
        assert (backend.engine.session(SMOKE), backend.engine.session(DOOR)) == ("asleep", "online")
        backend.pass_time(NOW + 40 * HOUR, NOW + 65 * HOUR)
        assert (backend.engine.session(SMOKE), backend.engine.session(DOOR)) == ("asleep", "offline")
        backend.pass_time(NOW + 65 * HOUR, NOW + 66 * HOUR)
        assert backend.engine.session(SMOKE) == "offline"

    @pytest.mark.spec("LIL-SESSION-007")
    def test_that_it_was_away_is_known_after_the_next_restart_too(self, backend, door, smoke):
        self.asleep(backend, smoke)
        backend.give(NOW + SECOND, door.birth(NOW + SECOND))
        back = NOW + 40 * HOUR
        backend.crash(back)
        backend.give(back, door.heartbeat(back))
        backend.crash(back + MINUTE)
        assert backend.engine.session(SMOKE) == "asleep"

    def test_a_device_that_was_lost_is_lost_still_and_is_not_reported_again(self, backend, door, smoke):
        backend.give(NOW, door.birth(NOW))
        backend.pass_time(NOW, NOW + HOUR)
        backend.give(NOW + HOUR, smoke.birth(NOW + HOUR))
        backend.crash(NOW + HOUR)
        assert (backend.engine.session(DOOR), backend.engine.session(SMOKE)) == ("offline", "online")
        backend.engine.step(NOW + 2 * HOUR)
        assert backend.take().lost == [SMOKE]
        backend.give(NOW + 3 * HOUR, door.heartbeat(NOW + 3 * HOUR))
        assert backend.engine.session(DOOR) == "online"

    def test_one_that_was_lost_with_all_others_is_lost_still(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        backend.pass_time(NOW, NOW + HOUR)
        backend.crash(NOW + HOUR)
        assert backend.engine.session(DOOR) == "offline"
        assert backend.engine.deadline is None

    def test_a_device_that_was_given_an_order_and_never_heard_of_is_not_there(self, backend):
        backend.engine.command(NOW, DOOR, "fire_release", insists=True)
        backend.commit()
        backend.crash(NOW)
        assert backend.engine.session(DOOR) == "never"


class TestOrders:
    def test_one_that_has_lost_its_session_on_the_way_is_given_up_at_its_end(self, backend, smoke):
        backend.give(NOW, smoke.birth(NOW))
        order = backend.engine.command(NOW, SMOKE, "test")  # the device may take it for a while
        backend.commit()
        smoke.restart(NOW + SECOND)
        backend.give(NOW + SECOND, smoke.response(NOW + SECOND, order.counter, frame.EXPIRED))
        backend.pass_time(NOW + SECOND, NOW + HOUR)
        assert backend.given_up == [order]
        assert backend.engine.orders.open_of(SMOKE) == []


class TestEpochs:
    @pytest.mark.spec("LIL-KEY-005")
    def test_another_epoch_is_not_asked_for_while_the_device_may_use_the_first_unheard(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        backend.engine.use_epoch(NOW, DOOR, 1)
        backend.commit()
        with pytest.raises(RequestError, match="was asked to use 1; ask again when it has answered"):
            backend.engine.use_epoch(NOW, DOOR, 2)
        door.use(1)
        backend.give(NOW, door.heartbeat(NOW))
        assert backend.engine.refused == {}

    @pytest.mark.spec("LIL-KEY-004", "LIL-KEY-005")
    def test_another_epoch_is_not_asked_for_while_alarms_of_an_earlier_one_may_wait(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        waits = door.alarm(NOW)
        backend.engine.use_epoch(NOW, DOOR, 1)
        backend.commit()
        door.use(1)
        backend.give(NOW, door.birth(NOW, again=True))
        with pytest.raises(RequestError, match="alarms of epoch 0; ask again after a birth"):
            backend.engine.use_epoch(NOW, DOOR, 2)
        backend.give(NOW, waits)
        assert backend.engine.refused == {}
        door.outbox.clear()
        backend.give(NOW, door.birth(NOW, again=True))
        backend.engine.use_epoch(NOW, DOOR, 2)

    def test_a_rotation_that_was_refused_may_be_asked_for_anew(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        order = backend.engine.use_epoch(NOW, DOOR, 1)
        backend.give(NOW, door.response(NOW, order.counter, CONFLICT))
        backend.engine.use_epoch(NOW, DOOR, 2)

    def test_the_keys_ask_for_an_epoch_only_when_the_one_before_is_given_up(self, door):
        class Keys:
            def root(self, tenant, device):
                return device_root(KEY, tenant, device)

            def epochs(self, tenant, device):
                return 1, 0, 2

        backend = Backend(keys=Keys())
        door.use(1)
        assert told(door, backend.give(NOW, door.birth(NOW, _8=1)), frame.COMMAND) == []
        (command,) = told(door, backend.give(NOW, door.birth(NOW, _8=0)), frame.COMMAND)
        assert command.body[1] == {0: 2}

    @pytest.mark.spec("LIL-KEY-006", "LIL-SESSION-007")
    def test_the_will_that_was_left_in_an_earlier_epoch_counts_until_the_next_connection(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        will = door.death()
        backend.engine.use_epoch(NOW, DOOR, 1)
        backend.commit()
        door.use(1)
        backend.give(NOW, door.birth(NOW, again=True))
        backend.crash(NOW)
        backend.give(NOW + SECOND, will)
        assert (backend.engine.session(DOOR), backend.engine.refused) == ("offline", {})
        backend.give(NOW + MINUTE, door.birth(NOW + MINUTE), will)
        assert (backend.engine.session(DOOR), backend.engine.refused) == ("online", {"forged": 1})

    @pytest.mark.spec("LIL-KEY-006")
    def test_of_an_epoch_that_was_given_up_nothing_but_the_will_counts(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        backend.engine.use_epoch(NOW, DOOR, 1)
        backend.commit()
        old_birth = door.birth(NOW + SECOND, again=True)
        door.use(1)
        backend.give(NOW, door.birth(NOW, again=True))
        backend.give(NOW + SECOND, old_birth)
        assert backend.engine.refused == {"forged": 1}


class TestConfiguration:
    @pytest.mark.spec("LIL-CONF-001")
    def test_one_whose_publish_was_lost_is_published_again_while_the_device_has_not_reported_it(self, backend, door):
        backend.give(NOW, door.birth(NOW))
        backend.engine.configure(DOOR, {"beat_s": 120})
        backend.commit()  # nothing of it leaves
        backend.crash(NOW + SECOND)
        now = NOW + MINUTE
        (again,) = told(door, backend.give(now, door.heartbeat(now)), frame.DESIRED_CONFIG)
        assert again.body == {0: 1, 1: {1: 120}}
        assert told(door, backend.give(now + MINUTE, door.heartbeat(now + MINUTE)), frame.DESIRED_CONFIG) == []
        later = now + 10 * MINUTE
        assert len(told(door, backend.give(later, door.heartbeat(later)), frame.DESIRED_CONFIG)) == 1
        backend.give(later, door.seal(later, "cf", frame.REPORTED_CONFIG, {0: 1, 1: {1: 120}}, True))
        assert told(door, backend.give(now + HOUR, door.heartbeat(now + HOUR)), frame.DESIRED_CONFIG) == []

    def test_a_device_whose_births_tell_no_version_gets_it_until_it_has_reported_it(self, backend, door):
        door.config = None
        backend.give(NOW, door.birth(NOW))
        backend.engine.configure(DOOR, {"beat_s": 120})
        backend.commit()
        birth = door.seal(NOW, "st", frame.BIRTH, {0: 3, 1: 2}, True, nonce=door.nonce)
        assert len(told(door, backend.give(NOW, birth), frame.DESIRED_CONFIG)) == 1
