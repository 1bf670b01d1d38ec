"""Hours of estates under faults keep the invariants, and what breaks one is found by its word."""

from pathlib import Path

import pytest
from lilong_firmware.effects import RAISED
from lilong_protocol import codes, topics
from lilong_protocol.cbor import encode
from lilong_protocol.frame import CLEAR, EVENT, HEARTBEAT, RAISE, UPDATE, Frame
from lilong_simulator.fleet.spoken import Spoken
from lilong_simulator.invariants import Invariants

from tests.soak.estate_days import DAILY, faults_of, watched
from tests.soak.hard_hours import STATES

SMALL = str(Path(__file__).parents[1] / "simulator/small_estate.toml")
SMOKE, HELD = codes.ALARM_SMOKE_ALARM, codes.ALARM_DOOR_HELD  # the first latches


def test_a_day_of_a_small_estate_with_every_fault_keeps_them():
    faults = faults_of(1, 7)
    assert len(faults) == len(DAILY) + 1  # the drift
    found = watched(SMALL, 24, 7, faults=faults, hard=STATES)
    assert found.violations == []
    assert found.checked > 10_000


@pytest.mark.timeout(900)
def test_a_day_of_the_whole_estate_with_every_fault_and_a_fire_keeps_them():
    """The first of the thirty days of `make soak`, by another seed."""
    found = watched("music_plaza", 24, 7, ("kitchen_fire",), faults_of(1, 7), hard=STATES)
    assert found.violations == []
    assert found.checked > 1_000_000


# ---- what is found


def said(kind, body, seq=1, boot=1, uptime=5_000, ref=None):
    fields = {0: 1, 1: kind, 2: boot, 3: seq, 4: uptime, 7: body, **({} if ref is None else {9: ref})}
    frame = Spoken(encode(fields))
    frame.said = Frame(fields)
    return frame


def raised(code=SMOKE, **more):
    return topics.ALARM, said(RAISE, {0: code, 1: 4, 2: 4, 3: 4, 4: {}}, **more)


def clear(reason, code=SMOKE, **more):
    return topics.ALARM, said(CLEAR, {0: code, 6: reason}, **{"seq": 2, "ref": [1, 1], **more})


def event(body=None, **more):
    return topics.EVENT, said(EVENT, body or {0: codes.EVENT_DOOR_OPENED}, **more)


BEAT = topics.HEARTBEAT, said(HEARTBEAT, {}, seq=9)
BROKEN = (
    ("raised again in one episode", [raised(), raised(seq=2)]),
    ("raised again in one episode", [raised(), raised(seq=1, boot=2)]),
    ("latches, and nobody has reset it", [raised(), clear(0)]),
    ("which is not open", [clear(1)]),
    ("which is not open", [raised(), clear(1), (topics.ALARM, said(UPDATE, {0: SMOKE, 5: 2}, seq=3, ref=[1, 1]))]),
    ("says something else than before", [event(), event({0: codes.EVENT_DOOR_CLOSED})]),
    ("hb 1/8 comes after 9", [BEAT, (topics.HEARTBEAT, said(HEARTBEAT, {}, seq=8, uptime=6_000))]),
    ("older than the one before it", [event(seq=1), event(seq=2, uptime=4_999)]),
    ("raised by a boot", [raised(uptime=0)]),
)
KEPT = (
    [raised(), clear(1), raised(seq=3)],
    [raised(HELD), clear(0, HELD), raised(HELD, seq=1, boot=2)],
    [raised(codes.ALARM_BATTERY_LOW, uptime=0)],
    [raised(), raised(codes.ALARM_TAMPER, seq=2), raised()],
    [event(seq=1), event(seq=2), event(seq=1, boot=2, uptime=10), event(seq=2), event(seq=2, boot=2, uptime=20)],
)


def told(frames):
    invariants = Invariants()
    for at, (cls, frame) in enumerate(frames):
        invariants.sent(at, "d", cls, frame, None)
    return invariants


@pytest.mark.parametrize(("word", "frames"), BROKEN)
def test_what_breaks_one_is_told(word, frames):
    (violation,) = told(frames).violations
    assert word in violation


@pytest.mark.parametrize("frames", KEPT)
def test_what_is_in_order_is_not(frames):
    assert told(frames).violations == []


def test_an_alarm_that_waits_while_there_is_a_link_is_told():
    invariants = Invariants()
    invariants.link(0, "d", True)
    invariants.note(10, "d", RAISED, SMOKE, 1, 1)
    invariants.sent(10, "d", *raised(), None)
    assert invariants.violations == []
    invariants.note(20, "d", RAISED, codes.ALARM_TAMPER, 1, 2)
    invariants.sent(21, "d", *BEAT, None)
    assert "alarm 1/2 of 20 ms waits while others leave" in invariants.violations[0]


@pytest.mark.parametrize(("before", "later_ms", "waited"), [(2, 100, 0), (1, 100, 1), (2, 102, 1)])
def test_a_third_alarm_of_one_instant_has_its_turn_after_a_pause(before, later_ms, waited):
    invariants = Invariants()
    invariants.link(0, "d", True)
    for number, code in enumerate((SMOKE, codes.ALARM_TAMPER)[:before], 1):
        invariants.note(10, "d", RAISED, code, 1, number)
    invariants.note(10, "d", RAISED, codes.ALARM_BATTERY_LOW, 1, 3)
    for number, code in enumerate((SMOKE, codes.ALARM_TAMPER)[:before], 1):
        invariants.sent(10, "d", *raised(code=code, seq=number), None)
    invariants.sent(10 + later_ms, "d", *raised(code=codes.ALARM_BATTERY_LOW, seq=3), None)
    assert len(invariants.violations) == waited


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("stored twice", [("stored", "d-1-1"), ("stored", "d-1-1")]),
        ("its device did not clear it", [("stored", "d-1-1"), ("cleared", "d-1-1")]),
        ("never stored", []),
    ],
)
def test_what_a_backend_does_to_alarms_is_told(word, rows):
    invariants = Invariants()
    invariants.note(1, "d", RAISED, SMOKE, 1, 1)
    invariants.feed({"at": 5, "event": what, "alarm": alarm, "device": "d"} for what, alarm in rows)
    invariants.end()
    (violation,) = invariants.violations
    assert word in violation
