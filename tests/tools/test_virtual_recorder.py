"""What a virtual run forgets is never asked for: its judgement of linkages is the same."""

from dataclasses import replace
from math import inf

from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.asked_until import LATER_MS, asked_until
from lilong_simulator.recorder import AlarmClocks
from lilong_simulator.score import linkage
from lilong_simulator.truth import Expectation, TruthRow
from lilong_tools.virtual_recorder import VirtualRecorder

HOUR = 3_600_000
DOORS = ("a", "b")
TIMES = st.integers(0, 4 * HOUR)
OUTPUTS = st.tuples(TIMES, st.sampled_from((*DOORS, "other")), st.sampled_from(("lock", "sounder")), st.integers(0, 1))


def recorded(outputs, events, alarms=()):
    recorder = VirtualRecorder(lambda *_: None)
    recorder.outputs = sorted(outputs)
    for at, device in sorted(events):
        recorder.events_sent.setdefault(device, []).append(at)
    recorder.alarms = {(one.device, one.boot, one.seq): one for one in alarms}
    return recorder


def forgetting(recorder, expectation, truth):
    """Each hour of five, as a run does: with what has happened by then."""
    alarms = recorder.alarms
    for now in range(HOUR, 6 * HOUR, HOUR):
        recorder.alarms = {
            key: replace(one, cleared=one.cleared if one.cleared and one.cleared <= now else None)
            for key, one in alarms.items() if one.decided <= now
        }  # fmt: skip
        crossed = [row for row in truth if row.crossing_ms <= now]
        recorder.forget(now - HOUR, asked_until([expectation], crossed, recorder))
    recorder.alarms = alarms


@given(
    st.lists(OUTPUTS, max_size=30), st.lists(st.tuples(TIMES, st.sampled_from(DOORS)), max_size=20), TIMES,
    st.none() | st.integers(1, 3 * HOUR), st.sampled_from(("command", "report", "kept")),
)  # fmt: skip
def test_what_has_to_follow_is_judged_as_if_nothing_had_been_forgotten(outputs, events, trigger, lasts, what):
    alarm = AlarmClocks("smoke", 1, 1, 1, trigger, cleared=None if lasts is None else trigger + lasts)
    row = TruthRow("row", "smoke", "flat/smoke", 1, "smoke.alarm", "must", trigger, "a fire")
    expectation = Expectation("id", "fire", what, "fire_release", "a", "door", ("row",), 1, 5_000)
    whole, lean = recorded(outputs, events, [alarm]), recorded(outputs, events, [alarm])
    forgetting(lean, expectation, [row])
    one, other = (linkage.judge([expectation], {"row": alarm}, seen, [], 0, 6 * HOUR)[0] for seen in (whole, lean))
    soon = LATER_MS if lasts is None else lasts + LATER_MS  # whatever is later than that is late, or over
    assert one.after == other.after or min(one.after or inf, other.after or inf) > soon
    assert what != "kept" or one.after == other.after


@given(st.lists(OUTPUTS, max_size=30), st.lists(st.tuples(TIMES, st.sampled_from(DOORS)), max_size=20), TIMES)
def test_who_is_denied_until_an_instant_is_judged_as_if_nothing_had_been_forgotten(outputs, events, read):
    whole, lean = recorded(outputs, events), recorded(outputs, events)
    denied = Expectation("id", "rush", "denied", "", "a", "door", (), 0, 2_000, read, read + 10_000)
    forgetting(lean, denied, [])
    one, other = (linkage.judge([denied], {}, seen, [], 0, 6 * HOUR)[0] for seen in (whole, lean))
    assert one.wrong == other.wrong
    assert one.after == other.after or min(one.after or inf, other.after or inf) > LATER_MS


def test_what_follows_a_fire_is_kept_until_an_hour_after_it():
    outputs = [(at, "a", "lock", at // 60_000 % 2) for at in range(0, 5 * HOUR, 60_000)]
    expectation = Expectation("id", "fire", "kept", "fire_release", "a", "door", ("row",), 1, 5_000)
    row = TruthRow("row", "smoke", "flat/smoke", 1, "smoke.alarm", "must", 10, "a fire")
    standing = AlarmClocks("smoke", 1, 1, 1, 20)
    for alarm, kept in ((standing, len(outputs)), (replace(standing, cleared=HOUR), 3 * 60)):
        recorder = recorded(outputs, [], [alarm])
        forgetting(recorder, expectation, [row])
        assert kept <= len(recorder.outputs) <= kept + 3
    gone = recorded(outputs, [], [standing])
    gone.burnt["smoke"] = HOUR
    forgetting(gone, expectation, [row])
    assert len(gone.outputs) < 4 * 60


def test_what_is_held_does_not_grow_with_the_length_of_the_run():
    recorder = recorded([], [])
    sizes = []
    for hour in range(1, 50):
        for at in range((hour - 1) * HOUR, hour * HOUR, 60_000):
            recorder.output(at, "a", "lock", at // 60_000 % 2)
            recorder.sent(at, "a", "ev", b"", at)
        recorder.forget((hour - 1) * HOUR, {"a": 5 * HOUR})
        sizes.append((len(recorder.outputs), len(recorder.events_sent["a"])))
    assert len(set(sizes[8:])) == 1
    assert sizes[8][0] < sizes[0][0] * 9
