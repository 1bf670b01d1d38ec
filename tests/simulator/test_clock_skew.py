"""Clocks that disagree are told: times that cannot be, and between which the backend's clock is ahead."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.report import BY_FEED
from lilong_simulator.score.clock_skew import skew
from score_runs import alarm_of, events, row
from test_report import CONDITIONS, built, judged

CONDITIONS_WITH_FEED = replace(CONDITIONS, ingest_by=BY_FEED)
FIRE = row(100_000)
RAISED = replace(alarm_of(FIRE, 1), sent=106_001.0, stored=106_020.0)  # decided at 106,000


def seen(ahead_ms, after_ms=10.0):
    """The fire, committed `after_ms` after its decision, by a backend whose clock is ahead by `ahead_ms`."""
    return judged([FIRE], [RAISED], events(RAISED, RAISED.decided + after_ms + ahead_ms, 106_500 + ahead_ms))


def test_clocks_that_agree_leave_nothing_to_tell():
    told = skew(seen(0).judged, True)
    assert (told.impossible, told.worst_ms) == (0, None)
    assert told.ahead_ms == (-10.0, 10.0), "it may be anywhere between publish and stored-ack"


@given(st.integers(-3_600_000, 3_600_000), st.floats(1.0, 20.0))
def test_the_backends_clock_is_found_between_two_bounds(ahead_ms, after_ms):
    low, high = skew(seen(ahead_ms, after_ms).judged, True).ahead_ms
    assert low - 0.01 <= ahead_ms <= high + 0.01
    assert high - low == pytest.approx(20.0, abs=0.01), "the width of what passed between publish and stored-ack"


@pytest.mark.parametrize("ahead_ms", [-5_000, -600_000, 45])
def test_times_that_cannot_be_are_counted_and_kept_in_the_histogram(ahead_ms):
    content = built(judgement=seen(ahead_ms), conditions=CONDITIONS_WITH_FEED)
    assert content["clock_skew"]["impossible"] >= 1
    assert content["latency_ms"]["ingest"]["count"] == 1
    assert content["latency_ms"]["ingest"].get("negative", 0) == (ahead_ms < 0)
    assert any(warning.startswith("clock skew: ") for warning in content["warnings"])


def test_a_feed_in_seconds_is_told_from_a_clock_that_is_wrong():
    def warned(ahead_ms):
        return built(judgement=seen(ahead_ms), conditions=CONDITIONS_WITH_FEED)["warnings"][0]

    assert warned(-1.77e12).endswith('"at" of the observed feed is in milliseconds since 1970, not in seconds')
    assert warned(-600_000).endswith("set the clock of the backend's machine")


@pytest.mark.parametrize(("ahead_h", "told"), [(8, "8 h too late"), (-5.5, "5.5 h too early"), (0.5, "0.5 h too late")])
def test_a_feed_in_local_time_is_told_as_that(ahead_h, told):
    content = built(judgement=seen(ahead_h * 3_600_000), conditions=CONDITIONS_WITH_FEED)
    assert content["warnings"][0].startswith(f"all times of the observed feed are {told}: ")


@given(st.integers(-40_000_000, 40_000_000).filter(lambda ms: abs(ms - round(ms / 1_800_000) * 1_800_000) > 61_000))
def test_another_clock_is_no_time_zone(ahead_ms):
    assert skew(seen(ahead_ms).judged, True).zone_h is None


def test_a_backend_a_minute_behind_is_not_taken_for_an_earlier_run():
    """Its lines lie before the run began, but they are of alarms of this run."""
    early = [replace(event, at=event.at - 200_000) for event in events(RAISED)]
    assert judged([FIRE], [RAISED], early).missed == 0
    stranger = replace(early[0], alarm="cc00000000000001-1-1")
    assert judged([FIRE], [RAISED], [*early, stranger]).false == 0


def test_a_whole_millisecond_of_a_feed_is_no_skew():
    content = built(judgement=seen(-10.4))
    assert content["clock_skew"]["impossible"] == 0
    assert content["latency_ms"]["ingest"]["max"] == 0.0
    assert "negative" not in content["latency_ms"]["ingest"]
