"""Alarms from their delivery on, repeats, births, beats, acceptance: each passes, and is named when broken."""

from dataclasses import replace

import pytest
from lilong_firmware.effects import ACCEPTED
from lilong_protocol import frame
from lilong_protocol.topics import ALARM, HEARTBEAT, STATE
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.faults.base import CUT_OFF
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.recorder import Recorder
from lilong_simulator.recorder_json import from_json, to_json
from lilong_simulator.said import Said
from lilong_simulator.score.linkage import judge
from lilong_simulator.truth import Expectation
from score_runs import A, B, alarm_of, row

FIRE = row(100_000)
RAISED = alarm_of(FIRE, 1)  # decided at 106,000
AGAIN = "late: smoke.alarm at ring/manhole is said again"
HASTY = "hasty: aa/gas says more than who it is before it is accepted"
RETURN, UNTIL = 200_000, 380_000


def failure(asked, recorder, alarm=RAISED, feed=(), horizon=1_000_000):
    found = judge([asked], {FIRE.id: alarm}, recorder, list(feed), 0, horizon)
    return [one.failure for one in found if one.trigger is not None]


# ---- an alarm


def of_alarm(what, within_ms):
    return Expectation("id", "story", what, f"alarm_{what}", A, "ring/manhole", (FIRE.id,), 1, within_ms)


@pytest.mark.parametrize(
    ("delivered", "stored", "wrong"),
    [
        (500_000, 530_000, [None]),
        (500_000, 530_001, ["late: smoke.alarm at ring/manhole is stored 30001 ms after the network had delivered it"]),
        (500_000, 499_990, [None]), (None, 530_001, []), (500_000, None, []),
    ],
    ids=["in time", "late", "the PUBACK came later", "nobody saw the delivery", "missed, which is told elsewhere"],
)  # fmt: skip
def test_an_alarm_is_stored_in_time_once_it_has_been_delivered(delivered, stored, wrong):
    alarm = replace(RAISED, puback=delivered, stored=None)
    feed = [] if stored is None else [FeedEvent(stored, "stored", alarm.id, A, 1, alarm.boot, alarm.seq)]
    found = failure(of_alarm("delivered", 30_000), Recorder(), alarm, feed)
    assert [text and text.partition(", limit")[0] for text in found] == wrong


@pytest.mark.parametrize(
    ("tries", "stored", "cut_off_until", "wrong"),
    [
        ([106_000], 136_000, None, None), ([136_000], 136_001, None, "its decision, though its first try came through"),
        ([106_000, 136_000], 136_001, None, None), ([136_000], 136_001, 130_000, None),
    ],
    ids=["in time", "its device dawdled", "the first try was lost", "it had no link"],
)  # fmt: skip
def test_what_the_network_delivers_at_once_is_stored_in_time_from_its_decision_on(tries, stored, cut_off_until, wrong):
    recorder = Recorder()
    recorder.said[A] = Said(raises={(RAISED.boot, RAISED.seq): tries})
    alarm = replace(RAISED, puback=136_000 if tries[-1] == 136_000 else 106_100, stored=None)
    feed = [FeedEvent(stored, "stored", alarm.id, A, 1, alarm.boot, alarm.seq)]
    away = [] if cut_off_until is None else [Hindrance(A, CUT_OFF, 100_000, cut_off_until, cut_off_until)]
    (linked,) = judge([of_alarm("delivered", 30_000)], {FIRE.id: alarm}, recorder, feed, 0, 1e6, Excuses(away))
    assert linked.failure is None if wrong is None else f"after {wrong}, limit 30000 ms" in linked.failure


@pytest.mark.parametrize(
    ("tries", "delivered", "lit", "wrong"),
    [
        ([106_000], 106_100, 166_000, None), ([106_000], 166_100, 166_200, 60_200),
        ([106_000, 166_000], 166_100, 226_100, None), ([106_000, 166_000], 166_100, 226_101, 60_001),
        ([], 166_100, 166_200, 60_200), ([106_000, 166_000], 166_100, 110_000, None),
    ],
    ids=["in time", "only its PUBACK is late", "the first try was lost", "and then it was late", "nobody listened",
         "known by another way"],
)  # fmt: skip
def test_what_follows_an_alarm_counts_from_when_a_network_that_lost_it_has_delivered_it(tries, delivered, lit, wrong):
    recorder = Recorder()
    recorder.said[A] = Said(raises={(RAISED.boot, RAISED.seq): tries})
    recorder.outputs = [(lit, B, "lamp", 100)]
    lamp = Expectation("id", "story", "command", "set_level", B, "ring/01/streetlight", (FIRE.id,), 1, 60_000)
    (linked,) = judge([lamp], {FIRE.id: replace(RAISED, puback=delivered)}, recorder, [], 0, 1e6)
    assert linked.failure is None if wrong is None else f"command after {wrong} ms, limit 60000 ms" in linked.failure


@pytest.mark.parametrize(
    ("tries", "delivered", "wrong"),
    [
        ([106_000, 586_000], 586_000, [None]),
        ([106_000, 586_001], 586_001, [f"{AGAIN} after 480001 ms, limit 480000 ms"]),
        ([600_000], 600_000, [f"{AGAIN} after 494000 ms, limit 480000 ms"]),
        ([106_000, 900_000], 106_100, [None]), ([106_000, 900_000], None, ["late"]), ([], None, []),
    ],
    ids=["in time", "late", "first", "what comes after it was delivered", "never delivered", "nobody listened"],
)  # fmt: skip
def test_an_alarm_that_is_not_delivered_is_said_again(tries, delivered, wrong):
    recorder = Recorder()
    recorder.said[A] = Said(raises={(RAISED.boot, RAISED.seq): tries} if tries else {})
    alarm = replace(RAISED, puback=delivered, stored=None)
    found = failure(of_alarm("repeated", 480_000), recorder, alarm)
    assert [text if text is None or text in wrong else text.partition(":")[0] for text in found] == wrong


def test_where_nobody_saw_the_delivery_of_what_is_stored_repeats_are_not_judged():
    recorder = Recorder()
    recorder.said[A] = Said(raises={(RAISED.boot, RAISED.seq): [106_000, 900_000]})
    assert failure(of_alarm("repeated", 480_000), recorder, RAISED) == []


# ---- a device


def of_device(what, device=A, within_ms=180_000, most=None):
    name = f"{device[:2]}/gas"
    return Expectation(f"{what}{device}", "story", what, "", device, name, (), 0, within_ms, RETURN, UNTIL, most)


def born(*times, **more):
    return Said(born=[(at, 2) for at in times], **more)


@pytest.mark.parametrize(("at", "wrong"), [
    (380_000, None), (380_001, "late: "), (199_000, "missing: "), (None, "missing: "),
])  # fmt: skip
def test_all_are_back_in_time(at, wrong):
    recorder = Recorder()
    recorder.said[A] = born(*([] if at is None else [at]))
    (found,) = failure(of_device("born"), recorder)
    assert (found is None) if wrong is None else found.startswith(wrong)


def test_who_comes_back_in_step_is_told_once():
    devices = [f"{number:016x}" for number in range(30)]
    asked = [of_device("born", device, most=8) for device in devices]

    def failures(apart_ms):
        recorder = Recorder()
        recorder.said = {device: born(RETURN + 5_000 + number * apart_ms) for number, device in enumerate(devices)}
        return [one.failure for one in judge(asked, {}, recorder, [], 0, 1_000_000) if one.failure]

    assert failures(143) == []  # 7 in a second, both ends counted
    assert failures(10) == ["in step: 30 devices are born within a second of 00/gas, at most 8 may be"]


@pytest.mark.parametrize(("alive", "wrong"), [
    ((250_000, 300_000, 340_000), None), ((250_000, 350_001), "silent: aa/gas for 100001 ms, limit 100000 ms"),
    ((), "silent: aa/gas for 180000 ms, limit 100000 ms"),
])  # fmt: skip
def test_who_stands_on_its_battery_beats(alive, wrong):
    recorder = Recorder()
    recorder.said[A] = Said(alive=list(alive))
    assert failure(of_device("beats", within_ms=100_000), recorder) == [wrong]


@pytest.mark.parametrize(("spoke", "accepts", "wrong"), [
    (210_500, [210_400], [None]), (210_300, [210_400], [HASTY]),
    (210_300, [100_000, 250_000], [HASTY]),
    (210_300, [], []), (190_000, [150_000], [None]),
])  # fmt: skip
def test_nothing_is_said_before_it_is_accepted(spoke, accepts, wrong):
    recorder = Recorder()
    recorder.said[A] = born(210_000, spoke={2: spoke}, accepts=accepts)
    assert failure(of_device("accepted"), recorder) == wrong


def test_who_burnt_or_was_not_heard_is_not_judged_nor_what_the_run_was_too_short_for():
    recorder = Recorder()
    assert failure(of_device("born"), recorder) == []
    recorder.said[A] = born()
    assert failure(of_device("born"), recorder, horizon=379_999) == []
    assert len(failure(of_device("born"), recorder, horizon=380_000)) == 1
    recorder.burnt[A] = 1_000
    assert failure(of_device("born"), recorder) == []


# ---- what is kept of it


def packed(kind, cls, boot, seq, body=None):
    return cls, frame.pack(kind, body or {}, boot=boot, seq=seq, uptime=5, nonce=bytes(8))


def test_what_is_heard_is_kept_and_goes_to_another_process(monkeypatch):
    monkeypatch.setattr("lilong_simulator.fleet.spoken.payload_of", lambda data: data)
    recorder = Recorder()
    recorder.said = {A: Said(), B: Said()}
    for at, (cls, data) in enumerate([
        packed(frame.BIRTH, STATE, 2, 1), packed(frame.RAISE, ALARM, 2, 1, {0: 1}),
        packed(frame.HEARTBEAT, HEARTBEAT, 2, 1), packed(frame.RAISE, ALARM, 2, 1, {0: 1}),
    ]):  # fmt: skip
        recorder.sent(float(at), A, cls, data, None)
    recorder.note(9.0, A, ACCEPTED, 0, 2, 0)
    said = recorder.said[A]
    assert (said.born, said.raises, said.alive) == ([(0.0, 2)], {(2, 1): [1.0, 3.0]}, [0.0, 2.0])
    assert (said.spoke, said.accepts) == ({2: 1.0}, [9.0])
    again = from_json(to_json(recorder, {A, B})).said
    assert (again[A], again[B]) == (replace(said, _known=set()), Said())
