"""Latency histograms: percentiles to three digits, an exact maximum, nothing lost outside the range, exact sums."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.latency import HIGHEST_US, Latency, percentiles


def histogram(*values):
    latency = Latency()
    for ms in values:
        latency.record(ms)
    return latency


NOTHING = {"p50": None, "p90": None, "p99": None, "p999": None, "max": None, "count": 0}


def test_what_was_not_observed_is_none():
    assert histogram().summary() == NOTHING


def test_clocks_that_disagree_are_counted_and_not_hidden():
    assert histogram(-1.0).summary() == {**NOTHING, "count": 1, "negative": 1}
    assert histogram(-1.0, -7.5, -2.0).earliest == -7.5
    assert histogram(-0.5, 20.0).summary()["max"] == 20.0


def test_what_lies_beyond_the_range_is_counted_and_not_hidden():
    summary = histogram(5.0, 2 * HIGHEST_US / 1000).summary()
    assert (summary["count"], summary["beyond"], summary["max"]) == (2, 1, 5.0)


def test_what_took_no_time_is_zero():
    assert histogram(0.0).summary()["p99"] == 0.0


def test_one_value_is_every_percentile():
    assert histogram(200.0).summary() == {**dict.fromkeys(NOTHING, 200.0), "count": 1}


@settings(deadline=None)
@given(st.lists(st.floats(0.001, 3_600_000.0), min_size=1, max_size=200), st.sampled_from((50, 90, 99, 99.9)))
def test_a_percentile_is_within_three_digits_of_the_exact_one_and_never_above_the_maximum(values, percent):
    latency = histogram(*values)
    exact = sorted(values)[max(0, int(len(values) * percent / 100 + 0.5) - 1)]  # the nearest rank
    found = latency.percentile(percent)
    assert found == pytest.approx(exact, rel=0.002, abs=0.002)
    assert found <= latency.summary()["max"] == round(max(values), 3)
    assert latency.count == len(values)


measured = st.lists(st.floats(-1_000.0, 1e9), max_size=60)


@settings(deadline=None, max_examples=20)
@given(st.lists(measured, min_size=1, max_size=4))
def test_what_several_have_measured_is_together_what_one_would_have(parts):
    whole = histogram(*(ms for part in parts for ms in part))
    merged = Latency()
    for part in parts:
        merged.add(Latency.from_json(json.loads(json.dumps(histogram(*part).to_json()))))
    assert merged.summary() == whole.summary()
    assert (merged.earliest, merged.maximum) == (whole.earliest, whole.maximum)
    percents = (1, 10, 25, 75, 99.99)
    assert [merged.percentile(one) for one in percents] == [whole.percentile(one) for one in percents]


@settings(deadline=None, max_examples=30)
@given(st.lists(measured, min_size=1, max_size=4))
def test_percentiles_while_others_record_are_those_of_the_merged_histogram(parts):
    merged = histogram(*(ms for part in parts for ms in part))
    percents = (50, 90, 99, 100)
    found = percentiles([histogram(*part) for part in parts], percents)
    for ms, percent in zip(found, percents, strict=True):
        wanted = merged.percentile(percent)
        assert ms == wanted if wanted is None else ms == pytest.approx(wanted, rel=0.002, abs=0.002)
    assert sum(count for _, count in merged.counts()) == merged.within
