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


@pytest.mark.parametrize("drawing", [plots.timelines([(HOSTILE, {}, {})]), plots.bars([(HOSTILE, 1)])])
def test_a_hostile_label_is_text(drawing):
    assert HOSTILE in ["".join(element.itertext()) for element in inside(drawing).iter("text")]
