"""What an engine does by itself: acknowledges, asks, tells the time, follows up; so that no backend need write it."""

import pytest
from engine_world import DOOR, DOOR_KIND, KEY, NOW, SECOND, SMOKE, SMOKE_KIND, TENANT, Backend, Scripted, told
from lilong_protocol import frame
from lilong_protocol.keys import device_root
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.order import Order
from lilong_protocol.pc.pieces import ASIDE_MS, TOGETHER
from lilong_protocol.pc.updates import FIRMWARE, Artifact
from lilong_protocol.registry import COMMAND
from lilong_protocol.seal import frame_tag

HEARD_LATER = 60 * SECOND


def online(backend, device, now=NOW):
    backend.give(now, device.birth(now))
    device.sent.clear()
    return device


class TestAlarms:
    @pytest.mark.spec("LIL-ALARM-011", "LIL-ALARM-014")
    def test_an_alarm_has_its_effect_at_once_and_its_ack_in_the_batch_of_its_rows(self, backend, smoke):
        message = smoke.alarm(NOW)
        (received,) = backend.receive(NOW, message)
        decided = backend.take()
        assert decided.messages == decided.kept == [received]
        assert (received.code_name, received.level, received.values) == ("smoke.alarm", 1, {"obscuration": 300})
        assert ("al/1/1", frame_tag(message[1])) in [(row.name, row.value) for row in decided.state]
        (ack,) = told(smoke, decided.publishes)
        assert (ack.kind, ack.ref, ack.body) == (frame.STORED_ACK, [1, 1], {0: frame_tag(message[1])})

    @pytest.mark.spec("LIL-ALARM-012")
    def test_a_repeat_is_acknowledged_again_and_changes_nothing(self, backend, smoke):
        message = smoke.alarm(NOW)
        backend.give(NOW, message)
        backend.crash(NOW)
        backend.receive(NOW, message)
        decided = backend.take()
        assert len(decided.publishes) == 1
        assert decided.messages == decided.kept == decided.state == []

    @pytest.mark.spec("LIL-ALARM-013")
    def test_other_bytes_under_its_number_are_reported_and_not_acknowledged(self, backend, smoke):
        backend.give(NOW, smoke.alarm(NOW))
        smoke.numbers["al"] = 0
        backend.receive(NOW, smoke.alarm(NOW, body={0: 2, 1: 4, 2: 4, 3: 4}))
        decided = backend.take()
        assert [incident.reason for incident in decided.incidents] == ["same number, other bytes"]
        assert decided.messages == decided.publishes == []

    @pytest.mark.spec("LIL-FRAME-007")
    def test_one_that_nobody_understands_is_kept_and_acknowledged_and_has_no_effect(self, backend, smoke):
        backend.receive(NOW, smoke.alarm(NOW, body={0: "smoke"}))
        decided = backend.take()
        assert [message.malformed for message in decided.kept] == [True]
        assert (decided.messages, len(decided.publishes)) == ([], 1)

    @pytest.mark.spec("LIL-ALARM-018")
    def test_a_persons_acknowledgement_is_repeated_until_the_device_answers_and_withdrawn_when_it_is_over(
        self, backend, smoke
    ):
        online(backend, smoke)
        backend.give(NOW, smoke.alarm(NOW))
        order = backend.engine.acknowledge(NOW, SMOKE, (1, 1), "Wang")
        acks = told(smoke, backend.commit(), frame.OPERATOR_ACK)
        acks += told(smoke, backend.pass_time(NOW, NOW + 6 * SECOND), frame.OPERATOR_ACK)
        assert [(ack.body, ack.ref, ack.counter > order.counter) for ack in acks] == [
            ({0: "Wang"}, [1, 1], False), ({0: "Wang"}, [1, 1], True),
        ]  # fmt: skip
        smoke.restart(NOW + 7 * SECOND)
        again = told(smoke, backend.give(NOW + 7 * SECOND, smoke.birth(NOW + 7 * SECOND)), frame.OPERATOR_ACK)
        assert [ack.target for ack in again] == [2]
        backend.give(NOW + 8 * SECOND, smoke.clear(NOW + 8 * SECOND, (1, 1)))
        assert backend.engine.orders.open_of(SMOKE) == []


class TestAnswers:
    @pytest.mark.spec("LIL-ASK-005")
    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_a_door_that_asks_is_answered_with_its_number_and_nonce_and_its_repeat_is_not(
        self, backend, door, elsewhere
    ):
        online(backend, door)
        message = door.event(NOW, 41, {24: 7})
        (asked,) = backend.receive(NOW, message)
        backend.engine.answer(asked, elsewhere)
        (answer,) = told(door, backend.commit())
        assert (answer.kind, answer.ref, answer.nonce, answer.body) == (
            frame.ANSWER, [1, 1], door.nonce, {0: elsewhere},
        )  # fmt: skip
        assert backend.receive(NOW, message) == []
        assert backend.commit() == []

    def test_one_that_has_started_anew_meanwhile_or_never_told_its_nonce_is_not_answered(self, backend, door):
        (asked,) = backend.receive(NOW, door.event(NOW, 41, {24: 7}))
        backend.engine.answer(asked, True)
        online(backend, door)
        door.restart(NOW)
        backend.receive(NOW, door.birth(NOW))
        backend.take()
        backend.engine.answer(asked, True)
        assert backend.take().publishes == []


class TestEvents:
    @pytest.mark.spec("LIL-EVENT-004", "LIL-EVENT-005", "LIL-EVENT-006")
    def test_what_is_missing_is_asked_for_once_and_takes_its_place(self, backend, door):
        online(backend, door)
        first, lost, third = (door.event(NOW) for _ in range(3))
        backend.give(NOW, first, third)
        assert told(door, backend.pass_time(NOW, NOW + 9_999), frame.REQUEST) == []
        publishes = backend.pass_time(NOW, NOW + 10 * SECOND)
        (request,) = told(door, publishes, frame.REQUEST)
        assert request.body == {0: 1, 1: "ev", 2: 1, 3: 2, 4: 2}
        assert (request.target, request.nonce) == (1, door.nonce)
        door.sent.clear()
        door.receive(NOW, publishes[-1])
        assert door.sent[1:] == [lost]
        backend.give(NOW + 11 * SECOND, *door.sent)
        assert [m.seq for m in backend.effects if m.cls == "ev"] == [1, 2, 3]
        assert backend.gaps == []
        assert [m.name for m in backend.effects if m.cls == "rs"] == []  # the library's own affair

    @pytest.mark.spec("LIL-EVENT-005")
    def test_a_device_that_has_it_no_more_ends_the_wait(self, backend, door):
        online(backend, door)
        door.event(NOW)
        backend.give(NOW, door.event(NOW))
        (request,) = told(door, backend.pass_time(NOW, NOW + 10 * SECOND), frame.REQUEST)
        backend.give(NOW + 10 * SECOND, door.response(NOW + 10 * SECOND, request.counter, 404))
        assert [m.seq for m in backend.effects if m.cls == "ev"] == [2]
        assert backend.gaps == [(DOOR, 1, 1, 1)]

    @pytest.mark.spec("LIL-EVENT-005", "LIL-EVENT-007")
    def test_a_gap_is_passed_ten_seconds_after_it_was_asked_for_and_what_comes_then_is_late(self, backend, door):
        online(backend, door)
        lost = door.event(NOW)
        backend.give(NOW, door.event(NOW))
        backend.pass_time(NOW, NOW + 19_999)
        assert [m.seq for m in backend.effects if m.cls == "ev"] == []
        backend.pass_time(NOW, NOW + 20 * SECOND)
        backend.give(NOW + 21 * SECOND, lost)
        assert [(m.seq, m.late) for m in backend.effects if m.cls == "ev"] == [(2, False), (1, True)]
        assert backend.gaps == [(DOOR, 1, 1, 1)]

    def test_a_gap_that_was_passed_stays_passed_after_a_crash(self, backend, door):
        door.event(NOW)
        backend.give(NOW, door.event(NOW))
        backend.pass_time(NOW, NOW + 20 * SECOND)
        backend.crash(NOW + 21 * SECOND)
        backend.pass_time(NOW + 21 * SECOND, NOW + HEARD_LATER)
        assert [m.seq for m in backend.effects] == [2]

    @pytest.mark.spec("LIL-EVENT-004")
    def test_a_birth_of_a_later_boot_ends_the_wait_for_the_earlier_one(self, backend, door):
        online(backend, door)
        door.event(NOW)
        backend.give(NOW, door.event(NOW))
        door.restart(NOW + SECOND)
        backend.give(NOW + SECOND, door.birth(NOW + SECOND))
        assert [m.seq for m in backend.effects if m.cls == "ev"] == [2]
        assert [m.name for m in backend.effects] == ["birth", "event", "birth"]

    def test_one_that_waits_for_its_turn_has_it_after_a_crash(self, backend, door):
        first, second = door.event(NOW), door.event(NOW)
        backend.give(NOW, second)
        backend.crash(NOW)
        backend.give(NOW + SECOND, first)
        assert [m.seq for m in backend.effects] == [1, 2]


class TestSessions:
    @pytest.mark.spec("LIL-TIME-001")
    def test_births_and_heartbeats_that_ask_are_answered_with_the_time(self, backend, door):
        door.base = NOW - 5_000
        publishes = backend.give(NOW, door.birth(NOW), door.heartbeat(NOW), door.heartbeat(NOW, _4=True))
        answers = told(door, publishes, frame.TIME)
        assert [(a.epoch, a.body, a.target, a.nonce) for a in answers] == [(NOW, {0: 5_000}, 1, door.nonce)] * 2

    @pytest.mark.spec("LIL-SESSION-009")
    def test_a_retained_birth_gets_no_answer_and_sets_no_clock(self, backend, door):
        assert backend.give(NOW, door.birth(NOW), retained=True) == []
        assert backend.engine.receiver.peer(DOOR).session.clock is None
        assert backend.engine.session(DOOR) == "online"  # until its silence proves otherwise

    @pytest.mark.spec("LIL-SESSION-008", "LIL-SEC-006")
    def test_a_birth_told_again_counts_and_its_replay_does_not(self, backend, door):
        first, again = door.birth(NOW), door.birth(NOW, again=True, _7={20: 1})
        backend.give(NOW, first, again, door.death())
        assert [message.values for message in backend.effects[:2]] == [{}, {"unlocked": 1}]
        assert backend.give(NOW, first, again) == []
        assert backend.engine.session(DOOR) == "offline"

    def test_a_retained_configuration_sets_no_clock_and_proves_no_life(self, backend, door):
        report = door.seal(NOW, "cf", frame.REPORTED_CONFIG, {0: 1, 1: {}}, True)
        backend.give(NOW, report, retained=True)
        assert backend.engine.session(DOOR) == "never"
        assert backend.engine.receiver.peer(DOOR).session.clock is None

    @pytest.mark.spec("LIL-SESSION-007")
    def test_silence_is_what_proves_loss(self, backend, door):
        backend.receive(NOW, door.birth(NOW))
        assert backend.take().sessions == {DOOR: "online"}
        backend.engine.step(NOW + 180 * SECOND)
        decided = backend.take()
        assert (decided.sessions, decided.lost) == ({DOOR: "offline"}, [DOOR])
        backend.receive(NOW + 181 * SECOND, door.heartbeat(NOW + 181 * SECOND))
        assert backend.take().sessions == {DOOR: "online"}
        backend.receive(NOW + 182 * SECOND, door.death())
        assert (backend.take().sessions, backend.engine.session(DOOR)) == ({DOOR: "offline"}, "offline")

    def test_devices_without_a_key_are_refused(self):
        backend = Backend(keys={(TENANT, SMOKE): device_root(KEY, TENANT, SMOKE)})
        backend.give(NOW, Scripted(DOOR, DOOR_KIND).birth(NOW), Scripted(SMOKE, SMOKE_KIND).birth(NOW))
        assert [m.device for m in backend.effects] == [SMOKE]
        assert backend.engine.refused == {"unknown device": 1}


class TestOrders:
    @pytest.mark.spec("LIL-CMD-005", "LIL-CMD-007")
    def test_a_command_is_sealed_for_the_present_session_and_its_answer_ends_it(self, backend, door):
        online(backend, door)
        order = backend.engine.command(NOW + SECOND, DOOR, "unlock", operator="Wang")
        (command,) = told(door, backend.commit())
        assert (command.body, command.target, command.deadline) == ({0: 3, 1: {}}, 1, 6_000)
        (answer,) = backend.receive(NOW + SECOND, door.response(NOW + SECOND, command.counter))
        assert answer.order is order
        assert (order.code, answer.code) == (200, 200)
        assert not any(row.name.startswith("order/") and row.value for row in [*backend.take().state])

    @pytest.mark.spec("LIL-CMD-008")
    def test_a_device_whose_present_boot_was_not_heard_in_person_is_asked_for_its_birth_first(self, backend, door):
        backend.give(NOW, door.birth(NOW), retained=True)
        backend.engine.command(NOW + SECOND, DOOR, "unlock")
        backend.engine.command(NOW + SECOND, DOOR, "test")
        (request,) = told(door, backend.commit())
        assert (request.kind, request.body, request.nonce) == (frame.REQUEST, {0: 0}, door.nonce)
        door.sent.clear()
        birth = door.birth(NOW + 2 * SECOND, again=True)
        commands = told(door, backend.give(NOW + 2 * SECOND, birth), frame.COMMAND)
        assert [command.body[0] for command in commands] == [COMMAND["unlock"].number, COMMAND["test"].number]
        assert commands[0].deadline == 6_000  # counted from when it was said
        assert request.counter < commands[0].counter < commands[1].counter

    @pytest.mark.spec("LIL-CMD-008")
    def test_what_insisted_before_anything_was_heard_has_the_device_asked_with_its_retained_birth(self, backend, door):
        backend.engine.command(NOW, DOOR, "fire_release", insists=True)
        assert told(door, backend.commit()) == []
        (request,) = told(door, backend.give(NOW + SECOND, door.birth(NOW), retained=True))
        assert (request.kind, request.body) == (frame.REQUEST, {0: 0})
        door.sent.clear()
        birth = door.birth(NOW + 2 * SECOND, again=True)
        (command,) = told(door, backend.give(NOW + 2 * SECOND, birth), frame.COMMAND)
        assert command.body[0] == COMMAND["fire_release"].number

    def test_what_was_asked_for_in_vain_is_given_up_at_its_deadline(self, backend, door):
        backend.give(NOW, door.birth(NOW), retained=True)
        order = backend.engine.command(NOW, DOOR, "unlock")
        assert told(door, backend.pass_time(NOW, NOW + HEARD_LATER), frame.COMMAND) == []
        assert (backend.given_up, order.code) == ([order], 0)

    @pytest.mark.spec("LIL-CMD-006")
    def test_counters_rise_over_crashes_and_even_when_the_state_is_lost(self, backend, door):
        online(backend, door)
        counters = [backend.engine.command(NOW, DOOR, "test").counter for _ in range(3)]
        backend.commit()
        backend.crash(NOW)
        counters.append(backend.engine.command(NOW, DOOR, "test").counter)
        backend.rows.clear()
        backend.crash(NOW + HEARD_LATER)
        backend.give(NOW + HEARD_LATER, door.heartbeat(NOW + HEARD_LATER))
        counters.append(backend.engine.command(NOW + HEARD_LATER, DOOR, "test").counter)
        assert counters == sorted(set(counters))

    def test_an_order_for_a_device_without_a_key_waits_and_disturbs_nobody(self, door):
        roots = {(TENANT, DOOR): device_root(KEY, TENANT, DOOR)}
        backend = Backend(keys=roots)
        backend.engine.issue(NOW, Order(SMOKE, 0, "reset", {}, None, "linkage", NOW, True))
        assert backend.give(NOW, door.birth(NOW))
        backend.crash(NOW)
        assert backend.pass_time(NOW, NOW + HEARD_LATER) == []

    def test_what_insists_is_sent_again_after_a_crash(self, backend, door):
        online(backend, door)
        backend.engine.command(NOW, DOOR, "fire_release", insists=True)
        backend.commit()
        backend.crash(NOW + SECOND)
        again = told(door, backend.pass_time(NOW + SECOND, NOW + 7 * SECOND), frame.COMMAND)
        assert [command.body[0] for command in again] == [COMMAND["fire_release"].number]

    @pytest.mark.parametrize(
        ("device", "name", "arguments", "complaint"),
        [
            (DOOR, "explode", {}, "unknown; use one of"),
            (DOOR, "set_level", {"level": 3}, "is a door; it takes"),
            (SMOKE, "test", {}, "the device is never"),
            ("xyz", "test", {}, "give its 16 hex digits"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_a_remedy(self, backend, door, device, name, arguments, complaint):
        online(backend, door)
        with pytest.raises(RequestError, match=complaint):
            backend.engine.command(NOW, device, name, arguments)


class TestEpochs:
    def rotated(self, backend, door):
        """A door that was told to use epoch 1 and has."""
        online(backend, door)
        backend.engine.use_epoch(NOW, DOOR, 1)
        (command,) = told(door, backend.commit())
        old = door.event(NOW + SECOND)
        assert command.body == {0: COMMAND["use_epoch"].number, 1: {0: 1}}
        door.use(1)
        backend.give(NOW + SECOND, door.response(NOW + SECOND, command.counter))
        return old

    @pytest.mark.spec("LIL-KEY-005")
    def test_frames_of_the_epoch_in_use_the_one_before_and_the_one_asked_for_are_opened(self, backend, door):
        old = self.rotated(backend, door)
        backend.crash(NOW + SECOND)
        backend.give(NOW + SECOND, old, door.event(NOW + SECOND))
        assert [m.seq for m in backend.effects if m.cls == "ev"] == [1, 2]
        assert told(door, backend.give(NOW + SECOND, door.heartbeat(NOW, _4=True)))  # sealed in epoch 1
        assert backend.engine.refused == {}

    @pytest.mark.spec("LIL-KEY-006")
    def test_the_earlier_epoch_is_given_up_when_a_birth_in_the_newer_reports_an_empty_outbox(self, backend, door):
        old = self.rotated(backend, door)
        backend.give(NOW + SECOND, door.birth(NOW + SECOND, again=True, _8=1))
        backend.give(NOW + SECOND, old)
        assert backend.engine.refused == {}
        backend.give(NOW + SECOND, door.birth(NOW + SECOND, again=True, _8=0))
        door.use(0)
        backend.give(NOW + SECOND, door.heartbeat(NOW + SECOND))
        assert backend.engine.refused == {"forged": 1}
        backend.crash(NOW + SECOND)
        backend.give(NOW + SECOND, door.heartbeat(NOW + SECOND))
        assert backend.engine.refused == {"forged": 1}

    def test_an_epoch_that_is_not_above_the_one_in_use_is_not_asked_for(self, backend, door):
        self.rotated(backend, door)
        with pytest.raises(RequestError, match="uses 1 already; give a higher one"):
            backend.engine.use_epoch(NOW, DOOR, 1)

    def test_a_rotation_that_the_keys_ask_for_is_ordered_at_the_next_birth(self, door):
        class Keys:
            def root(self, tenant, device):
                return device_root(KEY, tenant, device)

            def epochs(self, tenant, device):
                return 0, None, 1

        backend = Backend(keys=Keys())
        (command,) = told(door, backend.give(NOW, door.birth(NOW)), frame.COMMAND)
        assert command.body == {0: COMMAND["use_epoch"].number, 1: {0: 1}}

    def test_a_device_that_refuses_an_epoch_is_not_listened_to_in_it(self, backend, door):
        online(backend, door)
        backend.engine.use_epoch(NOW, DOOR, 5)
        (command,) = told(door, backend.commit())
        backend.give(NOW, door.response(NOW, command.counter, 409))
        door.use(5)
        backend.give(NOW, door.event(NOW))
        assert backend.engine.refused == {"forged": 1}


class TestConfiguration:
    @pytest.mark.spec("LIL-CONF-001")
    def test_it_is_retained_under_a_version_that_rises_and_compared_with_what_is_reported(self, backend, door):
        online(backend, door)
        assert backend.engine.configure(DOOR, {"held_open": 60_000}) == 1
        assert backend.engine.configure(DOOR, {"held_open": 60_000, "beat_s": 120}) == 2
        publishes = backend.commit()
        assert [(p.topic.rpartition("/")[2], p.qos, p.retain) for p in publishes] == [("cf", 1, True)] * 2
        assert told(door, publishes)[1].body == {0: 2, 1: {1: 120, 4: 60_000}}
        assert not backend.engine.configuration(DOOR).settled
        report = door.seal(NOW, "cf", frame.REPORTED_CONFIG, {0: 2, 1: {1: 120}, 2: {4: 422}}, True)
        backend.give(NOW, report)
        backend.crash(NOW)
        configuration = backend.engine.configuration(DOOR)
        assert (configuration.settled, configuration.in_effect, configuration.refused) == (True, {1: 120}, {4: 422})
        assert backend.engine.configure(DOOR, {}) == 3

    def test_a_birth_that_is_behind_or_of_another_epoch_has_it_published_again(self, backend, door):
        online(backend, door)
        backend.engine.configure(DOOR, {"beat_s": 120})
        backend.commit()
        assert len(told(door, backend.give(NOW, door.birth(NOW)), frame.DESIRED_CONFIG)) == 1
        door.config = 1
        assert told(door, backend.give(NOW, door.birth(NOW)), frame.DESIRED_CONFIG) == []
        backend.engine.use_epoch(NOW, DOOR, 1)
        backend.commit()
        door.use(1)
        assert len(told(door, backend.give(NOW, door.birth(NOW)), frame.DESIRED_CONFIG)) == 1

    def test_the_version_rises_above_what_a_device_has_of_a_backend_whose_state_was_lost(self, backend, door):
        backend.give(NOW, door.seal(NOW, "cf", frame.REPORTED_CONFIG, {0: 41, 1: {}}, True))
        assert backend.engine.configure(DOOR, {"beat_s": 120}) == 42

    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"colour": 1}, "unknown; use one of"),
            ({"smoke_trip": 100}, "is a door; it has"),
            ({"held_open": 1}, "integer from 5000 to 600000"),
            ({"held_open": True}, "integer from"),
        ],
    )
    @pytest.mark.spec("LIL-CONF-006")
    def test_settings_that_make_no_sense_are_refused_with_a_remedy(self, backend, door, settings, complaint):
        online(backend, door)
        with pytest.raises(RequestError, match=complaint):
            backend.engine.configure(DOOR, settings)


class TestUpdates:
    artifact = Artifact(7, FIRMWARE, "1.1.0", bytes(range(256)) * 4)

    def ask(self, device, offset, size=768, number=7):
        return device.seal(NOW, "ot", frame.CHUNK_REQUEST, {0: number, 1: offset, 2: size})

    @pytest.mark.spec("LIL-UPD-005")
    def test_pieces_are_sent_as_asked_of_what_was_offered_to_that_device_and_of_nothing_else(
        self, backend, door, smoke
    ):
        online(backend, door)
        online(backend, smoke)
        assert backend.give(NOW, self.ask(door, 0)) == []
        backend.engine.offer(NOW, DOOR, self.artifact)
        (offer,) = told(door, backend.commit())
        assert offer.body == {0: 7, 1: 0, 2: "1.1.0", 3: 1024, 4: self.artifact.digest}
        backend.give(NOW, door.response(NOW, offer.counter))
        chunks = told(door, backend.give(NOW, self.ask(door, 0), self.ask(door, 768), self.ask(smoke, 0)), frame.CHUNK)
        assert b"".join(chunk.body[2] for chunk in chunks) == self.artifact.data
        assert [chunk.body[1] for chunk in chunks] == [0, 768]
        assert backend.give(NOW, self.ask(smoke, 0), self.ask(door, 1024), self.ask(door, 0, number=8)) == []

    def test_its_end_is_known_after_a_crash_and_its_bytes_are_given_anew(self, backend, door):
        online(backend, door)
        backend.engine.offer(NOW, DOOR, self.artifact)
        backend.commit()
        backend.give(NOW, door.seal(NOW, "ot", frame.UPDATE_PROGRESS, {0: 7, 1: 1, 2: 512}))
        backend.crash(NOW)
        assert backend.engine.progress(DOOR).have == 512
        assert backend.give(NOW, self.ask(door, 512)) == []
        backend.engine.provide(NOW, self.artifact)
        assert len(backend.give(NOW, self.ask(door, 512))) == 1
        backend.give(NOW, door.seal(NOW, "ot", frame.UPDATE_RESULT, {0: 7, 1: 422}))
        assert backend.engine.progress(DOOR).code == 422

    def test_so_much_as_a_device_asks_beyond_it_has(self, backend, door):
        online(backend, door)
        backend.engine.offer(NOW, DOOR, self.artifact)
        backend.give(NOW, self.ask(door, 768))
        assert backend.engine.progress(DOOR).have == 768

    def test_an_offer_that_is_withdrawn_gets_no_pieces_and_its_end_is_known(self, backend, door):
        online(backend, door)
        backend.engine.offer(NOW, DOOR, self.artifact)
        (offer,) = told(door, backend.commit())
        backend.give(NOW, door.response(NOW, offer.counter))
        backend.engine.withdraw_offer(NOW, DOOR)
        assert backend.give(NOW, self.ask(door, 0)) == []
        backend.crash(NOW)
        backend.engine.provide(NOW, self.artifact)
        assert backend.give(NOW, self.ask(door, 0)) == []
        backend.give(NOW, door.seal(NOW, "ot", frame.UPDATE_RESULT, {0: 7, 1: 408}))
        assert backend.engine.progress(DOOR).code == 408
        backend.engine.offer(NOW, DOOR, self.artifact)
        assert len(backend.give(NOW, self.ask(door, 0))) == 2

    def test_an_offer_that_is_withdrawn_before_it_left_never_leaves(self, backend, door):
        backend.engine.offer(NOW, DOOR, self.artifact)
        backend.engine.withdraw_offer(NOW, DOOR)
        backend.commit()
        online(backend, door)
        assert told(door, backend.commit()) == []

    def test_many_devices_are_served_in_turn_and_an_alarm_before_them(self, backend, door):
        crowd = [Scripted(f"d1{number:014x}") for number in range(40)]
        for device in [door, *crowd]:
            online(backend, device)
            backend.engine.offer(NOW, device.device, self.artifact)
        backend.commit()
        first = backend.give(NOW, *(self.ask(device, 0) for device in crowd))
        assert len(first) == TOGETHER
        (stored,) = backend.give(NOW + 10, door.alarm(NOW + 10))
        assert door.opened(stored).kind == frame.STORED_ACK
        assert backend.pass_time(NOW + 10, NOW + 10 + ASIDE_MS - 1) == []
        assert len(backend.pass_time(NOW + 10, NOW + SECOND)) == len(crowd) - TOGETHER

    def test_an_offer_that_is_refused_is_over(self, backend, door):
        online(backend, door)
        backend.engine.offer(NOW, DOOR, self.artifact)
        (offer,) = told(door, backend.commit())
        backend.give(NOW, door.response(NOW, offer.counter, 404))
        assert backend.engine.progress(DOOR).code == 404

    def test_a_number_means_the_same_bytes_for_ever(self, backend):
        backend.engine.provide(NOW, self.artifact)
        with pytest.raises(RequestError, match="give these a new one"):
            backend.engine.provide(NOW, Artifact(7, FIRMWARE, "1.1.1", b"other"))


class TestMessages:
    def test_telemetry_has_its_rows_by_name_and_in_units(self, backend, smoke):
        (message,) = backend.receive(NOW, smoke.telemetry(NOW, values=(5, None, 230)))
        assert [row.at_ms - NOW for row in message.rows] == [-2, -1, 0]
        assert [row.values for row in message.rows] == [{"obscuration": 5}, {"obscuration": None}, {"obscuration": 230}]
        assert [str(part) for part in message.scaled["obscuration"]] == ["0.230", "dB/m"]

    def test_the_kind_of_device_is_known_from_its_birth_on(self, backend, smoke):
        backend.give(NOW, smoke.heartbeat(NOW), smoke.birth(NOW), smoke.heartbeat(NOW))
        assert [message.device_kind_name for message in backend.effects] == [None, "smoke", "smoke"]

    @pytest.mark.spec("LIL-FRAME-004")
    def test_what_the_registry_cannot_name_goes_by_its_number(self, backend, smoke):
        (message,) = backend.receive(NOW, smoke.alarm(NOW, code=999, body={0: 999, 1: 3, 2: 4, 3: 4, 4: {4_000: 1}}))
        assert (message.code_name, message.level, message.values) == ("999", 2, {"4000": 1})

    @pytest.mark.spec("LIL-TIME-004", "LIL-TIME-005")
    def test_they_are_dated_by_the_start_of_their_boot_or_by_an_interval(self, backend, smoke):
        smoke.base = NOW - 50_000
        backend.give(NOW, smoke.birth(NOW))
        delayed = smoke.alarm(NOW + SECOND)
        (message,) = backend.receive(NOW + 40 * SECOND, delayed)
        assert message.since_ms == message.at_ms
        assert 0 <= message.at_ms - (NOW + SECOND) < 50  # the drift that a clock is allowed
        unknown = Scripted(DOOR, DOOR_KIND)
        unknown.restart(NOW)
        early = unknown.alarm(NOW)
        unknown.restart(NOW + HEARD_LATER)
        backend.give(NOW + HEARD_LATER, unknown.birth(NOW + HEARD_LATER))
        (message,) = backend.receive(NOW + HEARD_LATER, early)
        assert (message.since_ms, message.at_ms) == (None, NOW + HEARD_LATER)


@pytest.mark.spec("LIL-BACK-003")
def test_state_of_another_tenant_is_left_alone(backend, door):
    backend.give(NOW, door.birth(NOW))
    other = Engine("other", KEY, NOW, state=list(backend.rows.values()))
    assert other.session(DOOR) == "never"
    assert other.receiver.peer(DOOR).session.boot == -1


def test_an_engine_with_nothing_to_do_wants_no_step(backend):
    assert backend.engine.deadline is None
    assert not backend.take()
