"""The short form of the generator's long runs; of a street and a cluster it is tests/simulator/test_load_shards.py."""

import pytest
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.excuses import BACK_MS

from tests.soak.generator import STREET_MINUTES, Found, faults_of, grows, judged

SMALL_ESTATE = "tests/simulator/small_estate.toml"
NOISE_MB = 3.0
"""50,000 frames in 4 days: to keep them all would be 13 MB."""


def test_memory_of_a_virtual_run_does_not_grow_with_its_days(tmp_path):
    said = grows(SMALL_ESTATE, 1, 4, tmp_path, "--format", "jsonl", noise_mb=NOISE_MB, day_mb=1.0)
    assert "of 6.0" in said


def test_a_run_that_grows_is_found(tmp_path):
    with pytest.raises(Found, match=r"grown by .* MB of -99\.0"):
        grows(SMALL_ESTATE, 0.01, 0.02, tmp_path, "--format", "jsonl", noise_mb=-99.0, day_mb=0.0)


def test_faults_of_a_street_end_so_early_that_all_are_back_at_its_end():
    assert faults_of(600)[1] == "partition at=150 for=60 share=0.1"
    for seconds in (60 * STREET_MINUTES, 600):
        ends = max(one.at_s + one.for_s for one in map(parse, faults_of(seconds)))
        assert ends + BACK_MS / 1000 <= seconds


def report(**changed):
    fates = {"sent": 3, "acknowledged": 2, "in_flight": 1, "skipped": 5}
    figures = {"p99": 1.0}
    return {
        "devices": 3, "shards": 2, "shards_missing": 0, "duration_s": 60.0, "verdict": "pass", "failures": [],
        "messages": {"total": 3, "fates": {"event": fates}}, "generator_lag_ms": figures,
        "broker_ms": {"puback": figures},
    } | changed  # fmt: skip


def test_what_is_wrong_with_a_long_load_is_found():
    assert judged(report(), 0).startswith("3 devices, 2 shards, 60 s: 3 messages, ")
    with pytest.raises(Found, match="do not add up"):
        judged(report(messages={"total": 3, "fates": {"event": {"sent": 3, "acknowledged": 2, "skipped": 1}}}), 0)
    with pytest.raises(Found, match="partial"):
        judged(report(shards_missing=1, verdict="partial"), 0)
    with pytest.raises(Found, match="fail"):
        judged(report(verdict="fail"), 1)
