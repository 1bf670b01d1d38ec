"""Runs for the score to judge: rows of truth, alarms of devices, lines of a feed."""

from hypothesis import strategies as st
from lilong_protocol.codes import severity
from lilong_simulator.feed import FeedEvent
from lilong_simulator.recorder import AlarmClocks
from lilong_simulator.truth import ALARM_CODES, TruthRow, limits

LIMITS = limits(10_000, 20_000, 25_000, 60_000)
BOOT = 7
A, B = "aa00000000000001", "bb00000000000002"
WORDS = ("undetected", "missed", "late", "false", "duplicate", "out_of_order")


def row(crossing_ms, device=A, alarm="smoke.alarm", expect="must", bounds=LIMITS):
    name = f"{device[:2]}/smoke"
    row_id = f"{name}:{alarm}:{crossing_ms}"
    return TruthRow(row_id, device, name, ALARM_CODES[alarm], alarm, expect, crossing_ms, "test", None, dict(bounds))


def alarm_of(truth, seq, **clocks):
    """What a device does about a row: decided 6 s after the crossing, and all its clocks well in time."""
    at = truth.crossing_ms
    seen = {"decided": at + 6_000, "local": at + 6_000, "stored": at + 6_300, "acknowledged": at + 15_000}
    return AlarmClocks(truth.device, truth.code, BOOT, seq, **(seen | clocks))


def events(alarm, stored=None, shown=None):
    """What the backend's feed says of an alarm: (stored, shown)."""
    common = (alarm.id, alarm.device, alarm.code, alarm.boot, alarm.seq)
    stored = alarm.decided + 200 if stored is None else stored
    return [FeedEvent(stored, "stored", *common), FeedEvent(stored + 300 if shown is None else shown, "shown", *common)]


def counts(judged):
    return {word: judged.counts()[word] for word in WORDS if judged.counts()[word]}


@st.composite
def perfect_runs(draw):
    """(truth, alarms, feed): devices answer every must and some mays, the backend is in time and keeps its order."""
    truth, alarms, at = [], [], 0
    seqs = {A: 0, B: 0}
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.integers(100_000, 500_000))
        device = draw(st.sampled_from((A, B)))
        code = draw(st.sampled_from(("smoke.alarm", "gas.leak", "door.forced", "battery.low")))
        expect = draw(st.sampled_from(("must", "must", "must", "may", "must_not")))
        one = row(at, device, code, expect, LIMITS if expect == "must" else {})
        truth.append(one)
        if expect == "must" or (expect == "may" and draw(st.booleans())):
            seqs[device] += draw(st.integers(1, 3))
            local = at + draw(st.integers(0, 10_000))
            alarms.append(alarm_of(one, seqs[device], decided=local, local=local))
    lines = []
    for alarm in alarms:
        crossing = max(one.crossing_ms for one in truth if one.crossing_ms <= alarm.decided and one.code == alarm.code
                       and one.device == alarm.device)  # fmt: skip
        stored = draw(st.integers(int(alarm.decided), crossing + 20_000))
        lines.append(events(alarm, stored, draw(st.integers(stored, crossing + 25_000))))
    return truth, draw(st.permutations(alarms)), merged(draw, lines)


def merged(draw, lines):
    """The lines of all alarms in any order that keeps each lane's own."""
    lanes = {}
    for stored, shown in lines:
        lanes.setdefault((stored.device, severity(stored.code)), []).extend((stored, shown))
    feed = []
    while lanes:
        lane = draw(st.sampled_from(sorted(lanes)))
        feed.append(lanes[lane].pop(0))
        if not lanes[lane]:
            del lanes[lane]
    return feed
