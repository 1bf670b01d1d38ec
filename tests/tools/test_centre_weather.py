"""Rain at the centre: each warning level is a finding of its own, which ends when another one or none holds."""

import pytest
from centre_world import KEY, NOW
from findings_world import WIRED
from hypothesis import given
from hypothesis import strategies as st
from lilong_tools.centre.core import Core
from lilong_tools.centre.findings.weather import WARNINGS
from lilong_tools.centre.model import CentreError

RAIN = st.lists(st.integers(0, 1_400), max_size=30)


def told(rain):
    """The lines of the feed about hours of so many 0.1 mm, one a minute."""
    core, feed = Core(WIRED, KEY, NOW), []
    for minute, tenths in enumerate(rain):
        core.rain(NOW + minute * 60_000, tenths / 10)
        feed += core.take().feed
    return core, [line for line in feed if line.get("finding") == "weather.rain_level"]


@given(RAIN)
def test_one_warning_stands_at_a_time_and_it_is_that_of_the_hour(rain):
    core, feed = told(rain)
    wanted = [next((level for least, level in WARNINGS if tenths >= least), None) for tenths in rain]
    changes = [level for before, level in zip([None, *wanted], wanted, strict=False) if level != before]
    assert [line["level"] for line in feed if line["event"] == "stored"] == [level for level in changes if level]
    standing = [found["level"] for found in core.findings.list() if not found["cleared"]]
    assert standing == [level for level in wanted[-1:] if level]
    assert len({line["alarm"] for line in feed}) == sum(line["event"] == "stored" for line in feed)


def test_what_fell_is_told_with_it():
    _, feed = told([360])
    assert [(line["event"], line["level"], line["rain_mm_h"], line["device"]) for line in feed] == [
        ("stored", 4, 36.0, "")
    ]


def test_a_warning_that_stood_before_a_restart_stands_after_it():
    core, _ = told([520])
    again = Core(WIRED, KEY, NOW)
    again.findings.book.restore(core.findings.book.all())
    again.rain(NOW + 60_000, 55)
    assert [line for line in again.take().feed if line.get("finding")] == [], "it is the same"
    again.rain(NOW + 120_000, 0)
    assert [line["event"] for line in again.take().feed if line.get("finding")] == ["cleared"]


@given(st.one_of(st.none(), st.booleans(), st.text(), st.integers(max_value=-1), st.floats(min_value=500.1)))
def test_what_no_hour_can_bring_is_refused(mm_h):
    with pytest.raises(CentreError, match="not the rain of an hour; give 0 to 500 mm"):
        Core(WIRED, KEY, NOW).rain(NOW, mm_h)
