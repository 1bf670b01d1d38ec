"""The drawing of an incident: well-formed, inside its frame, one lane each, and what went wrong stands in it."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.report.incident_drawing import LABEL, WIDTH, draw
from lilong_simulator.report.incident_lanes import MOST, lanes
from lilong_simulator.report.rows import alarm_row, linkage_row
from lilong_simulator.score import score
from lilong_simulator.score.incidents import Step, incidents_of
from lilong_simulator.truth import STAYS, What
from score_runs import alarm_of, events, perfect_runs, row
from test_plots import inside
from test_score_incidents import BOTH, CALM, FIRE, FIRST_ALARM, SECOND, SECOND_ALARM, door

HOSTILE = "</title><script>alert('火')</script>&"


def drawn(truth=(FIRE, SECOND, CALM), alarms=(FIRST_ALARM, SECOND_ALARM), feed=BOTH, linkage=(), steps=()):
    judged = score(list(truth), list(alarms), feed, shown_expected=True)
    (found,) = incidents_of(judged, linkage, ("fire",), {"fire": steps})
    rows = [alarm_row(one) for one in judged.judged]
    follows = [linkage_row(one) for one in linkage]
    return draw(found, rows, follows), lanes(rows, follows)


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter("text")]


def titles(svg):
    return [element.text for element in ET.fromstring(svg).iter("title")]


def test_a_lane_each_for_what_was_raised_what_followed_and_what_must_not_be():
    svg, rows = drawn(linkage=[door(n) for n in range(3)] + [door(1, "not_cleared", None)])
    inside(svg)
    assert [(lane.kind, lane.verdict) for lane in rows] == [
        ("alarm", "in time"), ("alarm", "in time"), ("linkage", "in time"), ("must_not", "kept"), ("must_not", "kept"),
    ]  # fmt: skip
    for text in ("aa", "smoke.alarm", "3 doors released", "fire_release", "no door.forced: test", "stored 6.2 s"):
        assert text in texts(svg)
    assert {"local: limit 10 s", "ingest: 6.2 s", "shown: 6.5 s", "acknowledged: 15 s"} <= set(titles(svg))


@pytest.mark.parametrize("what", [what for what in get_args(What) if what not in STAYS])
def test_whatever_may_have_to_follow_has_a_lane(what):
    svg, rows = drawn(linkage=[door(1, what)])
    inside(svg)
    assert [(lane.verdict, len(lane.tracks)) for lane in rows if lane.kind == "linkage"] == [("in time", 1)]


@pytest.mark.parametrize(
    ("changes", "verdict", "mark"),
    [
        ({"alarms": (FIRST_ALARM,)}, "undetected", "ingest: never seen"),
        ({"feed": BOTH[:2]}, "missed", "ingest: never seen"),
        ({"feed": [*events(FIRST_ALARM, 130_000), *events(SECOND_ALARM)]}, "late", "ingest: 30 s"),
        ({"feed": BOTH[:3]}, "missing", "shown: never seen"),
        ({"feed": [*BOTH, BOTH[0]]}, "duplicate", None),
        ({"linkage": [door(1), door(2, after=None)]}, "1 of 2", "command: never seen"),
        ({"linkage": [door(1, after=3_100.0)]}, "0 of 1", "command: 3.1 s"),
        ({"linkage": [door(1, "not_cleared", 5.0)]}, "cleared", None),
    ],
)
def test_what_went_wrong_stands_at_its_lane(changes, verdict, mark):
    svg, rows = drawn(**changes)
    inside(svg)
    assert verdict in [lane.verdict for lane in rows if lane.good is False]
    assert verdict in texts(svg)
    assert mark is None or mark in titles(svg)


def test_what_a_fault_put_off_is_drawn_from_when_it_could_be():
    judged = score([FIRE], [FIRST_ALARM], BOTH[:1])
    (row,) = [{**alarm_row(one), "possible_after_ms": 5_000.0} for one in judged.judged]
    (lane,) = lanes([row], [])
    times = {track.clock: track.times for track in lane.tracks}
    assert times["local"] == (row["after_crossing_ms"]["local"],), "what a device does by itself nothing puts off"
    assert times["ingest"] == (row["after_crossing_ms"]["ingest"] - 5_000.0,)


def test_a_must_not_that_is_broken_is_told_apart_from_those_that_were_kept():
    other = replace(CALM, id="other", device="cc" * 8)
    forced = alarm_of(CALM, 2, decided=130_000)
    _, rows = drawn((FIRE, SECOND, CALM, other), (FIRST_ALARM, SECOND_ALARM, forced), [*BOTH, *events(forced)])
    assert [lane.verdict for lane in rows if lane.kind == "must_not"] == ["broken 1×", "kept"]


def test_of_many_alarms_those_that_went_well_share_a_lane_and_the_others_have_their_own():
    truth = [replace(row(100_000 + n * 1_000, f"{n:016x}"), incident="fire") for n in range(MOST + 6)]
    alarms = [alarm_of(one, 1) for one in truth]
    feed = [event for alarm in alarms[1:] for event in events(alarm)]
    svg, rows = drawn(truth, alarms, feed)
    inside(svg)
    assert [lane.title for lane in rows] == ["00", f"{MOST + 5} devices"]
    assert [lane.verdict for lane in rows] == ["missed", "in time"]
    assert any(title and f"{MOST + 5} of them from" in title for title in titles(svg))


def test_steps_are_pins_side_by_side_with_what_they_say():
    steps = [Step(90_000.0, "a pan burns"), Step(90_001.0, "and smokes"), Step(None, "some time")]
    svg, _ = drawn(steps=steps)
    tree = inside(svg)
    pins = [element for element in tree.iter("circle") if element.get("class") == "pin"]
    assert [pin.find("title").text for pin in pins] == ["a pan burns", "and smokes"]
    assert float(pins[1].get("cx")) - float(pins[0].get("cx")) >= 14


def test_hostile_names_are_text():
    bad = replace(FIRE, name=HOSTILE, cause=HOSTILE, alarm=HOSTILE)
    svg, _ = drawn((bad, replace(bad, id="x", expect="must_not")), (), [], steps=[Step(100_000.0, HOSTILE)])
    inside(svg)
    assert "<script" not in svg


def test_what_did_not_happen_is_not_drawn():
    assert draw({"name": "flood", "steps": []}, [], []) == ""


def test_the_longest_label_of_a_lane_keeps_its_first_character():
    """It ends at LABEL; in DejaVu Sans, wider than most, a character of its size takes some 6.6 units."""
    svg, _ = drawn(truth=(replace(FIRE, name="x" * 60), SECOND, CALM))
    (cut,) = [text for text in texts(svg) if text.startswith("xxx")]
    assert cut.endswith("…")
    assert len(cut) * 6.6 < LABEL
    assert "x" * 60 in titles(svg)


@settings(deadline=None, max_examples=50)
@given(perfect_runs(), st.sets(st.integers(0, 15)), st.integers(0, 10**7))
def test_any_run_is_drawn_inside_its_frame(run, lost, delay):
    truth, alarms, feed = run
    kept = [replace(event, at=event.at + delay) for at, event in enumerate(feed) if at not in lost]
    svg, rows = drawn([replace(one, incident="fire") for one in truth], alarms, kept)
    if svg:
        assert inside(svg).get("viewBox").split()[2] == str(WIDTH)
        assert len(rows) >= 1
