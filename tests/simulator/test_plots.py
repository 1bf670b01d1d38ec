"""The drawings of the report: well-formed, inside their frame, and round steps at their axes."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator import plots
from lilong_simulator.score import CLOCKS

HOSTILE = "</text><script>\"'&"
times = st.one_of(st.none(), st.floats(0, 10**8))
clocks = st.fixed_dictionaries(dict.fromkeys(CLOCKS, times))


def inside(svg):
    """The drawing as a tree; every x and y of it lies within its view."""
    tree = ET.fromstring(svg)
    _, _, width, height = map(float, tree.attrib["viewBox"].split())
    for element in tree.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.get(name, 0)) <= width, element.attrib
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.get(name, 0)) <= height, element.attrib
        for point in element.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    return tree


def test_every_clock_has_its_ink():
    assert set(plots.INK) == set(CLOCKS)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab火<&'\"", max_size=9), clocks, clocks), max_size=5))
def test_a_timeline_shows_each_clock_and_each_limit_that_there_is(rows):
    tree = inside(plots.timelines(rows))
    shown = sum(ms is not None for _, seen, limits in rows for ms in (*seen.values(), *limits.values()))
    titles = [element.text for element in tree.iter("title")]
    assert len([title for title in titles if title != "crossing"]) == shown
    assert titles.count("crossing") == len(rows)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab<&'\"", max_size=9), st.integers(0, 10**9)), max_size=8))
def test_bars_say_their_label_and_their_count(rows):
    texts = ["".join(element.itertext()) for element in inside(plots.bars(rows)).iter("text")]
    assert texts == [text for label, count in rows for text in (label, f"{count:,}")]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 10**8)), min_size=1, max_size=12))
def test_a_curve_stays_in_its_frame(points):
    inside(plots.curve(points, "ms"))


def test_no_points_are_no_curve():
    assert plots.curve([], "ms") == ""


def test_a_timeline_leaves_out_what_takes_three_quarters_of_an_hour():
    row = {"shown": 500.0}, {"shown": 20_000, "not_before_ms": 15_000, "on_site": 2_700_000, "ended": None}
    drawn = plots.timelines([("fall", *row)])
    assert drawn == plots.timelines([("fall", row[0], {"shown": 20_000})])


def test_an_answer_that_takes_hours_leaves_seconds_to_be_seen():
    asleep, fire = {"ingest": 105.0, "acknowledged": 29_654_301.0}, {"ingest": 4_000.0, "acknowledged": 8_000.0}
    tree = inside(plots.timelines([("asleep", asleep, {}), ("fire", fire, {"ingest": 20_000})]))
    dots = [float(element.get("cx")) for element in tree.iter() if element.tag.endswith("circle")]
    crossing, ingest, acknowledged = dots[3:]
    assert ingest - crossing > 20
    assert acknowledged - ingest > 8
    ticks = [element.text for element in tree.iter() if element.get("class") == "tick"]
    assert {"0 s", "1 s", "2 min", "1 h"} <= set(ticks)


@pytest.mark.parametrize("drawing", [plots.timelines([(HOSTILE, {}, {})]), plots.bars([(HOSTILE, 1)])])
def test_a_hostile_label_is_text(drawing):
    assert HOSTILE in ["".join(element.itertext()) for element in inside(drawing).iter("text")]


ms = st.one_of(st.none(), st.floats(0, 10**7))
points = st.lists(st.tuples(st.floats(0, 500), ms), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("a<&'\"", max_size=5), st.just("#000"), points), max_size=3), st.booleans(), ms)
def test_lines_over_time_stay_in_their_frame_and_break_where_nothing_was_seen(lines, log, limit):
    tree = inside(plots.over_time("<lag>", lines, 500.0, log, limit, 100.0))
    drawn = [element for element in tree.iter() if element.tag.endswith(("polyline", "circle"))]
    pieces = sum(
        1 for _, _, along in lines for at, (_, y) in enumerate(along)
        if y is not None and (at == 0 or along[at - 1][1] is None)
    )  # fmt: skip
    assert len(drawn) == pieces


figures = st.fixed_dictionaries({name: st.floats(0, 10**8) for name in ("p50", "p90", "p99", "max")})


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("a<&", max_size=5), st.just("#000"), figures), min_size=1, max_size=5))
def test_a_range_says_its_percentiles_in_words(rows):
    ordered = [
        (label, ink, dict(zip(("p50", "p90", "p99", "max"), sorted(one.values()), strict=True)))
        for label, ink, one in rows
    ]
    tree = inside(plots.ranges(ordered))
    assert len({element.text for element in tree.iter("title")}) <= len(rows)
    assert sum(element.tag == "rect" for element in tree.iter()) == len(rows)


def test_what_was_not_observed_is_no_range():
    assert plots.ranges([("shown", "#000", dict.fromkeys(("p50", "p90", "p99", "max")))]) == ""


@pytest.mark.parametrize(("ms", "told"), [(0.25, "0.25 ms"), (12.0, "12 ms"), (999.9, "1e+03 ms"), (1_500.0, "1.5 s")])
def test_a_time_is_told_as_people_say_it(ms, told):
    assert plots.span(ms) == told.replace("1e+03 ms", "1000 ms")


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0.4, "0.4 ms"),
        (12, "12 ms"),
        (1_500, "1.5 s"),
        (599_000, "599 s"),
        (1_830_000, "30.5 min"),
        (5_430_000, "1.51 h"),
    ],
)
def test_a_time_is_said_as_people_say_it(ms, said):
    assert plots.span(ms) == said
