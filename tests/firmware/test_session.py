"""The session: birth, beat, backoff, sleep, the window, commands that are fresh, and the time."""

from itertools import pairwise

import pytest
from harness import DAY, DEVICE, EPOCH, HOUR, MINUTE, SECOND, TENANT, Host, codes, online
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.effects import CONNECT, DISCONNECT
from lilong_firmware.session import BACKOFF_BASE_MS, BACKOFF_CAP_MS, LINGER_MS, QUEUE_MAX, ROWS_MAX
from lilong_firmware.store import VolatileStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, UP, Seal

ALWAYS_ON, SLEEPING = "door", "smoke"


def door(**options):
    host = Host("door", cards=(7,), **options)
    host.run(SECOND)
    return host


# ---- birth, will, beat


@pytest.mark.spec("LIL-SESSION-002")
def test_says_first_who_is_here():
    birth = door().sent[0]
    assert (birth.cls, birth.kind, birth.qos) == (topics.STATE, frame.BIRTH, 1)
    assert birth.body[0] == codes.KIND_DOOR
    assert birth.body[1] == 1
    assert birth.body[3] == 60
    assert birth.body[4] == 180
    assert birth.body[5] is True
    assert birth.body[6] == 0
    assert birth.body[7] == {codes.Q_DOOR_OPEN: 0, codes.Q_UNLOCKED: 0, codes.Q_CARDS_STAMP: 0}
    assert len(birth.frame.nonce) == 8


def test_its_own_beat_is_announced():
    birth = Host("smoke", beat_s=3_600, offline_s=7_200)
    birth.run(SECOND)
    assert (birth.sent[0].body[3], birth.sent[0].body[4], birth.sent[0].body[5]) == (3_600, 7_200, False)


@pytest.mark.spec("LIL-SESSION-001", "LIL-SESSION-002", "LIL-SESSION-012")
def test_the_will_is_the_death_of_this_connection():
    host = door()
    host.cut()
    host.run(MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    wills = [host.decode(topics.STATE, effect[1]) for _, effect in host.effects(CONNECT)]
    assert [will.kind for will in wills] == [frame.DEATH] * len(wills)
    assert [will.body[0] for will in wills] == list(range(1, len(wills) + 1))
    birth = host.of(frame.BIRTH)[-1]
    assert birth.body[1] == len(wills)
    assert birth.body[6] == 1


@pytest.mark.spec("LIL-SESSION-012")
def test_a_connection_counts_that_came_to_nothing_and_a_birth_told_again_carries_its_number_again():
    host = door(link=False)
    host.run(2 * MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    host.request({0: 0})
    host.run(SECOND)
    first, again = host.of(frame.BIRTH)
    assert first.body[1] == again.body[1] == len(host.connects) > 1


@pytest.mark.spec("LIL-SESSION-016")
def test_a_connection_that_nobody_answers_has_failed_after_15_s_and_a_birth_waits_for_no_time():
    host = Host("door", latency=8 * SECOND)  # the SUBACK would be there after 16 s
    host.run(15 * SECOND - 1)
    assert not host.effects(DISCONNECT)
    host.run(1)
    assert [at for at, _ in host.effects(DISCONNECT)] == [15 * SECOND]
    host = door(times=False, latency=7 * SECOND)
    host.run(20 * SECOND)
    assert host.sent[0].kind == frame.BIRTH
    assert host.sent[0].at == 14 * SECOND
    knocks(host, 1)
    host.run(MINUTE)
    assert host.events()


@pytest.mark.spec("LIL-SESSION-004", "LIL-TELE-002")
def test_an_always_on_kind_stays_and_beats():
    host = door()
    host.run(HOUR)
    beats = host.of(frame.HEARTBEAT)
    assert len(beats) in (59, 60)
    assert {b.at - a.at for a, b in pairwise(beats)} == {MINUTE}
    assert not host.effects(DISCONNECT)
    assert all(beat.frame.nonce == host.device.uplink.nonce for beat in beats)
    assert (beats[-1].body[0], beats[-1].body[1], beats[-1].body[2]) == (0, 0, 0)
    assert beats[-1].body[3] == {codes.Q_DOOR_OPEN: 0, codes.Q_UNLOCKED: 0, codes.Q_CARDS_STAMP: 0}


@given(seed=st.binary(min_size=1, max_size=8))
def test_the_first_beat_falls_anywhere_in_its_period(seed):
    host = Host("door", seed=seed)
    host.run(2 * MINUTE)
    assert 0 < host.of(frame.HEARTBEAT)[0].at <= MINUTE + SECOND


@pytest.mark.spec("LIL-TELE-001")
def test_gas_sends_its_readings_in_columns_every_quarter_hour():
    host = Host("gas", {"gas": 12})
    host.run(HOUR)
    batches = host.of(frame.TELEMETRY)
    assert len(batches) in (3, 4)
    assert all(batch.qos == 0 for batch in batches)
    body = batches[-1].body
    assert body[0] == [codes.Q_GAS, codes.Q_CO, codes.Q_VALVE_CLOSED, codes.Q_READY, codes.Q_SERVICE_DAYS]
    assert body[1] == [10 * MINUTE, 5 * MINUTE, 0]
    assert body[2] == [[12, 12, 12], [0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 0]]


# ---- the first connect of a boot


@pytest.mark.spec("LIL-SESSION-023")
@given(st.binary(min_size=1, max_size=8), st.integers(1, 10 * MINUTE))
def test_who_was_told_to_wait_connects_within_that_time(seed, wait):
    host = Host("door", seed=seed, wait=wait)
    host.run(wait)
    (first,) = host.connects
    assert 0 <= first < wait


@pytest.mark.spec("LIL-SESSION-023")
def test_those_whom_one_feeder_feeds_come_back_over_the_whole_time():
    firsts = []
    for number in range(200):
        host = Host("streetlight", seed=bytes((number,)), wait=MINUTE)
        host.run(MINUTE)
        firsts.append(host.connects[0])
    quarters = [sum(1 for first in firsts if first * 4 // MINUTE == quarter) for quarter in range(4)]
    assert min(quarters) > 30


@pytest.mark.parametrize("kind", [ALWAYS_ON, SLEEPING])
def test_without_a_wait_it_connects_at_once(kind):
    host = Host(kind)
    host.run(1)
    assert host.connects == [0]


@pytest.mark.spec("LIL-SESSION-023")
def test_an_alarm_does_not_wait_for_the_first_connect_either():
    seed = next(bytes((one,)) for one in range(256) if waits_for(bytes((one,))) > 40 * SECOND)
    host = Host("door", seed=seed, wait=MINUTE)
    host.run(10 * SECOND)
    assert host.connects == []
    host.set("tamper", 1)
    host.run(SECOND)
    assert host.connects[0] <= 11 * SECOND


@pytest.mark.spec("LIL-SESSION-023")
@given(st.binary(min_size=1, max_size=8))
def test_an_alarm_that_was_kept_over_the_boot_does_not_wait(seed):
    host = Host("door", seed=seed, link=False)
    host.set("tamper", 1)
    host.run(SECOND)
    host.wait = 10 * MINUTE
    host.power_cycle()
    booted = host.now
    host.run(1)
    assert host.connects[-1] == booted


def waits_for(seed):
    host = Host("door", seed=seed, wait=MINUTE)
    host.run(MINUTE)
    return host.connects[0]


# ---- reconnecting


@pytest.mark.spec("LIL-SESSION-005")
@given(seed=st.binary(min_size=1, max_size=8))
def test_backs_off_exponentially_with_full_jitter(seed):
    host = Host("door", link=False, seed=seed)
    host.run(HOUR)
    failures = [at + 2 * host.latency for at in host.connects]
    waits = [again - failed for failed, again in zip(failures, host.connects[1:], strict=False)]
    assert len(waits) > 40
    for attempt, wait in enumerate(waits):
        assert 0 <= wait < min(BACKOFF_CAP_MS, BACKOFF_BASE_MS << min(attempt, 8))


def test_waits_fill_the_whole_window():
    waits = []
    for seed in range(40):
        host = Host("door", link=False, seed=b"%d" % seed)
        host.run(20 * MINUTE)
        waits += [b - a - 2 * host.latency for a, b in pairwise(host.connects[6:])]
    assert min(waits) < 2 * SECOND
    assert max(waits) > 58 * SECOND
    assert 27 * SECOND < sum(waits) / len(waits) < 33 * SECOND


def test_a_fleet_that_lost_its_broker_together_does_not_return_together():
    hosts = [Host("door", seed=b"%d" % seed) for seed in range(50)]
    for host in hosts:
        host.run(MINUTE)
        host.cut()
        host.run(10 * MINUTE)
        host.heal()
        host.run(2 * MINUTE)
    returned = sorted(host.of(frame.BIRTH)[-1].at for host in hosts)
    assert all(online(host) for host in hosts)
    assert returned[-1] - returned[0] > 30 * SECOND


def test_begins_anew_when_the_broker_does_not_answer_for_15_s():
    host = Host("door", latency=20 * SECOND)
    host.run(15 * SECOND)
    assert [at for at, _ in host.effects(DISCONNECT)] == [15 * SECOND]
    host.run(5 * SECOND)
    assert len(host.connects) >= 2


def test_only_an_accepted_birth_ends_the_backoff():
    host = Host("door", link=False)
    host.run(10 * MINUTE)
    assert host.device.session._attempt > 8
    host.heal()
    while not host.sent:
        host.run(10)
    assert host.device.session._attempt > 8
    host.run(SECOND)
    assert host.device.session._attempt == 0


@pytest.mark.spec("LIL-SESSION-005")
@pytest.mark.parametrize("kind", [ALWAYS_ON, SLEEPING])
def test_an_alarm_does_not_wait_for_the_backoff(kind):
    host = Host(kind, link=False)
    host.run(HOUR)
    host.heal()
    host.sense("tamper", 1)
    raised = host.now
    host.run(SECOND)
    assert host.raised(codes.ALARM_TAMPER)[0].at - raised <= 2 * host.latency


# ---- sleeping


def test_a_sleeping_kind_reports_and_leaves():
    host = Host(SLEEPING)
    host.run(HOUR)
    assert [s.kind for s in host.sent] == [frame.BIRTH, frame.REPORTED_CONFIG]
    left = host.effects(DISCONNECT)[0][0]
    assert LINGER_MS <= left - host.sent[0].at <= LINGER_MS + 100
    assert not online(host)


@pytest.mark.spec("LIL-SESSION-018")
def test_it_wakes_at_its_beat():
    host = Host(SLEEPING)
    host.run(HOUR)
    host.run(3 * DAY)
    assert len(host.of(frame.BIRTH)) == 4
    assert {b - a for a, b in pairwise(host.connects[1:])} == {DAY}


@pytest.mark.spec("LIL-SESSION-006")
def test_it_wakes_for_an_alarm_and_stays_until_that_is_stored():
    host = Host(SLEEPING, acks=0)
    host.run(HOUR)
    host.sense("tamper", 1)
    host.run(2 * HOUR)
    assert online(host)


def test_it_stays_awake_an_hour_for_an_alarm_that_waits_for_its_reset():
    host = Host(SLEEPING)
    host.run(HOUR)
    host.sense("tamper", 1)
    host.run(HOUR - SECOND)
    assert online(host)
    host.run(10 * SECOND)
    assert not online(host)


def test_every_alarm_that_waits_for_its_reset_keeps_it_awake_for_an_hour():
    host = Host(SLEEPING)
    host.sense("tamper", 1)
    host.run(50 * MINUTE)
    host.set("obscuration", 900)
    host.run(50 * MINUTE)
    assert online(host)


def test_it_leaves_after_a_reset():
    host = Host(SLEEPING)
    host.sense("tamper", 1)
    host.run(SECOND)
    host.sense("tamper", 0)
    assert host.order(codes.CMD_RESET) == frame.OK
    host.run(10 * SECOND)
    assert not online(host)


@pytest.mark.spec("LIL-SESSION-006")
def test_it_waits_for_the_time_as_long_as_that_would_be_taken():
    host = Host(SLEEPING, times=False)
    host.run(5 * SECOND)
    assert online(host)
    host.run(5 * SECOND)
    assert not online(host)


def test_an_event_wakes_it():
    host = Host("wristband")
    host.run(30 * SECOND)
    assert not online(host)
    host.sense("worn", 0)
    host.run(SECOND)
    assert host.events(codes.EVENT_BAND_TAKEN_OFF)


# ---- the window


def knocks(host, n):
    for _ in range(n):
        host.sense("exit_button", 1)


@pytest.mark.spec("LIL-EVENT-002")
def test_one_message_is_in_flight_at_a_time_and_order_is_kept():
    host = door(latency=100)
    knocks(host, 10)
    assert len(host.of(frame.EVENT)) == 1
    host.run(5 * SECOND)
    events = host.of(frame.EVENT)
    assert [s.frame.seq for s in events] == list(range(1, 11))
    assert all(b.at - a.at == 2 * host.latency for a, b in pairwise(events))


@pytest.mark.spec("LIL-EVENT-002")
def test_what_was_in_flight_when_the_link_went_is_sent_again_as_it_was():
    host = door()
    knocks(host, 3)
    host.run(5)
    host.cut()
    host.run(MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    seqs = [s.frame.seq for s in host.of(frame.EVENT)]
    assert seqs == [1, 1, 2, 3]
    assert len({s.data for s in host.of(frame.EVENT)}) == 3


@pytest.mark.spec("LIL-ALARM-008")
def test_an_alarm_waits_for_no_window():
    host = door(latency=200)
    knocks(host, 20)
    host.run(50)
    host.sense("tamper", 1)
    assert host.raised(codes.ALARM_TAMPER)[0].at == host.now


def test_after_a_lost_link_alarms_go_before_the_queue():
    host = door()
    host.cut()
    knocks(host, 20)
    host.sense("tamper", 1)
    host.run(MINUTE)
    host.heal()
    before = len(host.sent)
    host.run(2 * MINUTE)
    assert [s.kind for s in host.sent[before : before + 2]] == [frame.BIRTH, frame.RAISE]


@pytest.mark.spec("LIL-EVENT-003", "LIL-TELE-002")
def test_the_queue_is_bounded_gives_up_the_oldest_and_tells_how_many():
    host = door(store=VolatileStore())  # nor has it a log then
    host.cut()
    knocks(host, QUEUE_MAX + 5)
    host.run(MINUTE)
    host.heal()
    host.run(5 * MINUTE)
    seqs = [s.frame.seq for s in host.once(frame.EVENT)]
    assert seqs == [*range(6, QUEUE_MAX + 6)]
    assert host.of(frame.HEARTBEAT)[-1].body[2] == 5


def test_what_is_in_flight_is_not_given_up():
    host = door(store=VolatileStore(), latency=5 * SECOND)
    host.run(MINUTE)
    knocks(host, QUEUE_MAX + 5)
    host.run(10 * MINUTE)
    seqs = [s.frame.seq for s in host.once(frame.EVENT)]
    assert seqs[:QUEUE_MAX] == [1, *range(7, QUEUE_MAX + 6)]


# ---- commands


@pytest.mark.spec("LIL-CMD-005")
def test_a_fresh_command_is_carried_out_and_answered():
    host = door()
    assert host.order(codes.CMD_UNLOCK) == frame.OK
    assert host.outputs["lock"] == 1


@pytest.mark.spec("LIL-TOPIC-003")
def test_a_retained_command_is_dropped_without_an_answer():
    host = door()
    assert host.order(codes.CMD_UNLOCK, retained=True) is None
    assert host.outputs["lock"] == 0
    host.run(MINUTE)
    assert host.of(frame.HEARTBEAT)[-1].body[1] == 1


@pytest.mark.spec("LIL-CMD-001")
@pytest.mark.parametrize("change", [{"nonce": bytes(8)}, {"target": 2}, {"target": 0}])
def test_a_command_for_another_boot_is_stale(change):
    host = door()
    assert host.order(codes.CMD_UNLOCK, **change) == frame.STALE
    assert host.outputs["lock"] == 0


@pytest.mark.spec("LIL-CMD-001")
def test_a_command_from_before_a_restart_is_stale():
    host = door()
    old = host.device.uplink
    host.power_cycle()
    host.run(SECOND)
    assert host.order(codes.CMD_UNLOCK, target=old.boot, nonce=old.nonce) == frame.STALE
    assert host.outputs["lock"] == 0


@pytest.mark.spec("LIL-CMD-003")
def test_a_command_after_its_deadline_is_expired():
    host = door()
    assert host.order(codes.CMD_UNLOCK, deadline=host.uptime() + host.latency) == frame.OK
    host = door()
    assert host.order(codes.CMD_UNLOCK, deadline=host.uptime() + host.latency - 1) == frame.EXPIRED
    assert host.outputs["lock"] == 0


@pytest.mark.spec("LIL-CMD-002")
def test_a_repeated_command_is_answered_again_and_not_carried_out_again():
    host = door()
    counter = host.command(codes.CMD_UNLOCK)
    host.run(10 * SECOND)
    assert host.outputs["lock"] == 0
    host.command(codes.CMD_UNLOCK, counter=counter)
    host.run(SECOND)
    assert host.outputs["lock"] == 0
    answers = [s.data for s in host.of(frame.RESPONSE)]
    assert len(answers) == 2
    assert len(set(answers)) == 1


@pytest.mark.spec("LIL-CMD-002")
def test_a_counter_that_has_been_passed_is_a_conflict():
    host = door()
    for counter in range(10, 16):
        assert host.order(codes.CMD_TEST, counter=counter) == frame.OK
    assert host.order(codes.CMD_UNLOCK, counter=9) == frame.CONFLICT
    assert host.outputs["lock"] == 0


def test_a_refused_command_cannot_be_replayed_when_it_would_be_carried_out():
    host = Host("smoke")
    host.run(SECOND)
    assert host.order(codes.CMD_MUTE, counter=5) == frame.CONFLICT
    host.set("obscuration", 240)
    host.run(10 * SECOND)
    assert host.order(codes.CMD_MUTE, counter=5) == frame.CONFLICT
    assert host.outputs["sounder"] == 1


def test_an_expired_command_uses_its_counter_up():
    host = door()
    assert host.order(codes.CMD_UNLOCK, counter=5, deadline=0) == frame.EXPIRED
    assert host.order(codes.CMD_UNLOCK, counter=5) == frame.EXPIRED
    assert host.outputs["lock"] == 0


@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize("cls", [topics.COMMAND, topics.ACK])
def test_a_forged_command_gets_no_answer_and_is_counted(direction, cls):
    host = door()
    uplink = host.device.uplink
    payload = frame.pack(
        frame.COMMAND, {0: codes.CMD_UNLOCK}, counter=1, target=uplink.boot, nonce=uplink.nonce, deadline=DAY
    )
    key = frame_key(host.root if direction == UP or cls == topics.ACK else bytes(32), direction)
    sealed = Seal(key, TENANT, DEVICE, direction).seal(topics.COMMAND, payload)
    host.deliver_sealed(cls, sealed)
    host.run(MINUTE)
    assert not host.of(frame.RESPONSE)
    assert host.outputs["lock"] == 0
    assert host.of(frame.HEARTBEAT)[-1].body[1] == 1


@given(data=st.binary(max_size=200))
def test_bytes_from_a_stranger_change_nothing(data):
    host = door()
    host.deliver_sealed(topics.COMMAND, data)
    host.run(SECOND)
    assert host.device.downlink.rejected == 1
    assert [s.kind for s in host.sent] == [frame.BIRTH, frame.REPORTED_CONFIG]


@pytest.mark.spec("LIL-CMD-004")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, frame.BAD),
        ({0: "unlock"}, frame.BAD),
        ({0: codes.CMD_UNLOCK, 1: [1]}, frame.BAD),
        ({0: codes.CMD_UNLOCK, 1: {0: True}}, frame.INVALID),
        ({0: codes.CMD_UNLOCK, 1: {0: "x"}}, frame.INVALID),
        ({0: 99}, frame.NOT_FOUND),
    ],
)
def test_a_malformed_command_is_refused_with_its_reason(body, code):
    host = door()
    uplink = host.device.uplink
    host.deliver(
        topics.COMMAND,
        frame.pack(frame.COMMAND, body, counter=1, target=uplink.boot, nonce=uplink.nonce, deadline=DAY),
    )
    host.run(SECOND)
    assert host.response(1) == code
    assert host.outputs["lock"] == 0


@pytest.mark.spec("LIL-FRAME-006")
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (bytes.fromhex("a2000101182a"), frame.UNSUPPORTED_KIND),
        (bytes.fromhex("a200020111"), frame.UNSUPPORTED_VERSION),
        (bytes.fromhex("a300010111181000"), frame.BAD),
        (bytes.fromhex("a3000101111000"), frame.UNKNOWN_CRITICAL),
        (b"\xff", frame.BAD),
    ],
)
def test_an_authentic_frame_that_is_malformed_gets_an_error(payload, code):
    host = door()
    host.deliver(topics.COMMAND, payload)
    host.run(SECOND)
    assert [s.body[0] for s in host.of(frame.ERROR)] == [code]


def test_a_frame_that_only_devices_send_is_unsupported():
    host = door()
    host.deliver(topics.COMMAND, frame.pack(frame.EVENT, {0: 1}, 1, 1, 1))
    host.run(SECOND)
    assert [s.body[0] for s in host.of(frame.ERROR)] == [frame.UNSUPPORTED_KIND]


@pytest.mark.spec("LIL-ALARM-010")
def test_an_operator_acknowledges_an_open_alarm_once():
    host = door()
    host.sense("tamper", 1)
    host.run(SECOND)
    for _ in range(2):
        counter = host.acknowledge(host.ref(codes.ALARM_TAMPER))
        host.run(SECOND)
        assert host.response(counter) == frame.OK
    assert [what for _, what, _ in host.notes].count("acknowledged") == 1


def test_acknowledging_what_is_not_open_is_not_found():
    host = door()
    counter = host.acknowledge((1, 99))
    host.run(SECOND)
    assert host.response(counter) == frame.NOT_FOUND


# ---- time


def test_has_no_time_until_it_is_told():
    host = door(times=False)
    knocks(host, 1)
    host.run(SECOND)
    assert host.events()[0].frame.epoch is None
    assert host.events()[0].frame.quality is None


@pytest.mark.spec("LIL-TIME-003")
@pytest.mark.parametrize(("latency", "quality"), [(10, 3), (48, 3), (51, 2), (998, 2), (1_001, 1), (2_000, 1)])
def test_takes_the_time_and_knows_how_good_it_is(latency, quality):
    host = door(latency=latency)
    host.run(10 * SECOND)
    knocks(host, 1)
    told = host.now
    host.run(10 * SECOND)
    event = host.events()[0].frame
    assert event.quality == quality
    assert abs(event.epoch - (EPOCH + told)) <= 1


@pytest.mark.spec("LIL-TIME-006")
def test_a_clock_that_nobody_sets_again_gets_worse_by_ten_seconds_a_day_until_it_is_none():
    host = door(latency=0)  # a round trip of nothing: all error is drift
    host.run(SECOND)
    host.times = False
    for age, quality in (
        (50 * 8_640, 3), (50 * 8_640 + 1, 2), (1_000 * 8_640, 2), (1_000 * 8_640 + 1, 1), (60_000 * 8_640, 1),
        (60_000 * 8_640 + 1, None),
    ):  # fmt: skip
        host.run_to(age)
        knocks(host, 1)
        told = host.events()[-1].frame
        assert (told.uptime, told.quality) == (age, quality)
        assert told.epoch == (None if quality is None else EPOCH + age)
    host.times = True
    host.request({0: 0})
    host.run(SECOND)
    knocks(host, 1)
    assert host.events()[-1].frame.quality == 3


@pytest.mark.spec("LIL-TIME-002", "LIL-TIME-007")
def test_an_answer_after_five_seconds_is_refused_and_asked_for_again_at_the_beat():
    host = door(times=False)
    birth = host.sent[0]
    host.run(5 * SECOND)
    host.time(birth.frame.uptime)
    host.run(MINUTE)
    assert host.device.uplink.clock.epoch(host.uptime()) is None
    assert host.of(frame.HEARTBEAT)[0].body[4] is True


@pytest.mark.spec("LIL-TIME-002")
@pytest.mark.parametrize("wrong", ["uptime", "nonce"])
def test_an_answer_to_another_question_is_refused(wrong):
    host = door(times=False)
    asked = host.device.session.asked
    if wrong == "uptime":
        host.time(asked + 1)
    else:
        host.deliver(topics.COMMAND, frame.pack(frame.TIME, {0: asked}, epoch=EPOCH, target=1, nonce=bytes(8)))
    host.run(SECOND)
    assert host.device.uplink.clock.epoch(host.uptime()) is None


@pytest.mark.spec("LIL-TIME-003", "LIL-TIME-007")
def test_asks_for_the_time_every_day_gb_50396():
    host = door()
    host.run(3 * DAY + HOUR)
    asking = [s.at for s in host.of(frame.HEARTBEAT) if s.body.get(4)]
    assert len(asking) == 3
    assert all(DAY <= b - a <= DAY + 2 * MINUTE for a, b in pairwise(asking))


@pytest.mark.spec("LIL-TIME-002")
def test_a_replayed_answer_sets_the_clock_once():
    host = door()
    host.run(SECOND)
    before = host.device.uplink.clock.epoch(0)
    host.time(host.sent[0].frame.uptime, EPOCH + DAY)
    host.run(SECOND)
    assert host.device.uplink.clock.epoch(0) == before


@pytest.mark.parametrize("beat_s", [1, 5, 30])
def test_a_quick_beat_sends_batches_that_fit_into_a_frame(beat_s):
    """A gas detector reports every 900 s, which at a beat of 1 s would be 900 rows."""
    host = Host("gas", beat_s=beat_s)
    host.run(HOUR)
    batches = [sent for sent in host.sent if sent.kind == frame.TELEMETRY]
    assert batches
    assert max(len(sent.body[1]) for sent in batches) == min(ROWS_MAX, 900 // beat_s)
