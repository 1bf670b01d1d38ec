"""Shares: what sensors do not always see, and limits that hold for a share of all."""

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.estate import load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.recorder import AlarmClocks
from lilong_simulator.score import score
from lilong_simulator.score.proportions import bounds, enough
from lilong_simulator.score.shares import shares
from lilong_simulator.truth import limits, truth_row

ESTATE = load_estate("music_plaza")
BANDS = ESTATE.of_kind("wristband")
BOUNDS = limits(None, 45_000, None, 600_000)


@settings(max_examples=25)
@given(st.integers(1, 300).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_bounds_are_where_so_few_or_so_many_are_one_in_forty(case):
    kept, of = case
    low, high = bounds(kept, of)
    assert 0 <= low <= kept / of <= high <= 1

    def chance(p, ks):
        return sum(comb(of, k) * p**k * (1 - p) ** (of - k) for k in ks)

    if kept:
        assert chance(low, range(kept, of + 1)) == pytest.approx(0.025, abs=1e-6)
    if kept < of:
        assert chance(high, range(kept + 1)) == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize(("wanted", "of"), [(0.9, 10), (0.975, 40), (0.99, 100)])
def test_enough_are_as_many_as_let_one_fail(wanted, of):
    assert enough(wanted) == of
    assert (of - 1) / of >= wanted - 1e-9


def judged(seen, recall=0.8, stored=None, answered_ms=20_000):
    """A fall at each of some bands; `seen`: whether it raises, `stored`: whether the backend has it."""
    rows, alarms, feed = [], [], []
    for at, (band, raises) in enumerate(zip(BANDS, seen, strict=False)):
        crossing = at * 1_000
        rows.append(truth_row(band, "band.fall", crossing, "fall", bounds=BOUNDS, recall=recall, incident="falls"))
        if not raises:
            continue
        alarm = AlarmClocks(band.id, rows[-1].code, 1, 1, crossing + 30_000.0)
        alarm.acknowledged = crossing + 31_000.0 + answered_ms
        alarms.append(alarm)
        if stored is None or stored[at]:
            feed.append(FeedEvent(crossing + 31_000.0, "stored", alarm.id, band.id, rows[-1].code, 1, 1))
    return score(rows, alarms, feed, local_observed=False)


def test_what_a_sensor_misses_by_design_is_no_failure():
    found = judged([at % 5 > 0 for at in range(50)])
    assert found.failures == []
    assert found.undetected == 10
    (recall,) = found.recalls
    assert (recall.true, recall.raised, recall.stored, recall.share) == (50, 40, 40, 0.8)


def test_too_few_to_be_by_chance_are_one():
    found = judged([at % 2 > 0 for at in range(50)])
    assert [text.split(":")[0] for text in found.failures] == ["recall"]
    assert "25 of 50 were raised, 50 %" in found.failures[0]


def test_one_alone_that_is_missed_proves_nothing():
    assert judged([False]).failures == []
    assert [text.split(":")[0] for text in judged([False], recall=None).failures] == ["undetected"]


def test_what_the_backend_loses_is_its_own_and_no_miss_of_the_sensor():
    found = judged([True] * 40, stored=[at != 7 for at in range(40)])
    assert [text.split(":")[0] for text in found.failures] == ["missed"]
    (recall,) = found.recalls
    assert (recall.raised, recall.stored) == (40, 39)


@pytest.mark.parametrize(("of", "share"), [(39, None), (40, 0.0)])
def test_a_share_of_too_few_is_null(of, share):
    found = judged([True] * of, answered_ms=61_000)
    answered = found.shares[0]
    assert (answered.of, answered.share) == (of, share)
    assert [text.split(":")[0] for text in found.failures] == ([] if share is None else ["too few"])


def test_one_of_forty_may_be_late_and_two_may_not():
    def late(many):
        rows = judged([True] * 80)
        for one in rows.judged[:many]:
            one.acknowledged += 100_000
        return shares(rows.judged, (), ["acknowledged"], 0)[0].failure

    assert late(2) is None
    assert "77 of 80" in late(3)
