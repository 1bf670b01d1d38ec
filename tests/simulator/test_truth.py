"""Truth rows carry what a scorer needs, and are read back as they were written or refused with their line."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from lilong_protocol.registry import ALARMS
from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import find
from lilong_simulator.truth import (
    ALARM_CODES,
    TruthError,
    read_expectations,
    read_truth,
    truth_row,
    write_rows,
)
from lilong_simulator.world import World


@pytest.fixture(scope="module")
def burnt() -> World:
    world = World(load_estate(), 7, datetime(2026, 3, 2, 18), [find("kitchen_fire_cut")])
    world.env.run(until=600_000)
    return world


def test_rows_are_read_back_as_they_were_written(burnt: World, tmp_path: Path) -> None:
    write_rows(tmp_path / "truth.jsonl", burnt.truth)
    write_rows(tmp_path / "expectations.jsonl", burnt.expectations)
    assert len(burnt.truth) > 20
    assert read_truth(tmp_path / "truth.jsonl") == burnt.truth
    assert read_expectations(tmp_path / "expectations.jsonl") == burnt.expectations


def test_the_same_rows_are_the_same_bytes(burnt: World, tmp_path: Path) -> None:
    write_rows(tmp_path / "one", burnt.truth)
    write_rows(tmp_path / "other", list(burnt.truth))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda line: line[:-5], ":2: "),
        (lambda line: line.replace('"cause"', '"reason"'), ":2: a row of truth.jsonl has no field reason; give the "),
        (lambda line: line.replace('"expect": "must', '"expect": "shall'), ":2: expect is 'shall"),
        (lambda _: "[]", ":2: is no row of truth.jsonl"),
        (lambda _: "{}", ":2: a row of truth.jsonl lacks the field"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line(
    burnt: World, tmp_path: Path, damage: Callable[[str], str], message: str
) -> None:
    file = tmp_path / "truth.jsonl"
    write_rows(file, burnt.truth)
    lines = file.read_text("utf-8").splitlines()
    lines[1] = damage(lines[1])
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(TruthError, match="truth.jsonl" + message):
        read_truth(file)


def test_limits_count_from_the_crossing_and_ingest_allows_ten_seconds_after_the_latest_local_output() -> None:
    smoke = truth_row(load_estate().device("core3/12F/1203/smoke"), "smoke.alarm", 1_000, "test")
    assert smoke.limits == {
        "local_ms": 10_000, "ingest_ms": 20_000, "shown_ms": 20_000, "acknowledged_ms": 60_000, "transfer_ms": 10_000,
    }  # fmt: skip
    assert (smoke.code, smoke.alarm, smoke.name) == (1, "smoke.alarm", "core3/12F/1203/smoke")


def test_what_must_not_be_raised_has_no_limits() -> None:
    row = truth_row(load_estate().device("core3/ground/door"), "door.held", 1_000, "test", "must_not")
    assert set(row.limits.values()) == {None}


def test_every_alarm_has_its_own_number() -> None:
    assert len(set(ALARM_CODES.values())) == len(ALARM_CODES) == len(ALARMS)
