"""What a virtual run forgets is never asked for: its judgement of linkages is the same."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.recorder import AlarmClocks
from lilong_simulator.score import linkage
from lilong_simulator.truth import Expectation
from lilong_tools.virtual_recorder import VirtualRecorder

HOUR = 3_600_000
DOORS = ("a", "b")
TIMES = st.integers(0, 4 * HOUR)
OUTPUTS = st.tuples(TIMES, st.sampled_from((*DOORS, "other")), st.sampled_from(("lock", "sounder")), st.integers(0, 1))


def carried_out(recorder, device, trigger):
    expectation = Expectation("id", "fire", "report", "fire_release", device, "door", ("row",), 1, 5_000)
    alarm = AlarmClocks("smoke", 1, 1, 1, trigger)
    return linkage.judge([expectation], {"row": alarm}, recorder, [], 0, 5 * HOUR)


def recorded(outputs, events):
    recorder = VirtualRecorder(lambda *_: None)
    recorder.outputs = sorted(outputs)
    for at, device in sorted(events):
        recorder.events_sent.setdefault(device, []).append(at)
    return recorder


@given(st.lists(OUTPUTS, max_size=30), st.lists(st.tuples(TIMES, st.sampled_from(DOORS)), max_size=20), TIMES)
def test_what_has_to_follow_is_judged_as_if_nothing_had_been_forgotten(outputs, events, trigger):
    """An expectation names its device within an hour of its alarms: by then that is kept."""
    whole, lean = recorded(outputs, events), recorded(outputs, events)
    for at in range(HOUR, 5 * HOUR, HOUR):
        lean.forget(at - HOUR, {"a": inf} if trigger < at else {})
    assert carried_out(lean, "a", trigger) == carried_out(whole, "a", trigger)


@given(st.lists(OUTPUTS, max_size=30), st.lists(st.tuples(TIMES, st.sampled_from(DOORS)), max_size=20), TIMES)
def test_who_is_denied_until_an_instant_is_judged_as_if_nothing_had_been_forgotten(outputs, events, read):
    whole, lean = recorded(outputs, events), recorded(outputs, events)
    denied = Expectation("id", "rush", "denied", "", "a", "door", (), 0, 2_000, read, read + 10_000)
    for at in range(HOUR, 5 * HOUR, HOUR):
        lean.forget(at - HOUR, {"a": denied.ends_ms})
    one, other = (linkage.judge([denied], {}, seen, [], 0, 5 * HOUR)[0] for seen in (whole, lean))
    assert one.wrong == other.wrong
    in_time = [row.after is not None and row.after <= denied.within_ms for row in (one, other)]
    assert in_time in ([True, True], [False, False])
    assert not any(in_time) or one.after == other.after


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
