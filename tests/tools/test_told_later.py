"""A whole run in which quiet devices are told of later leaves what one leaves in which every beat is a step."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from commands import SMALL_ESTATE
from lilong_tools.virtual import PARQUET, Job, simulate


@pytest.mark.parametrize("seals", [True, False])
def test_a_run_that_polls_and_one_that_waits_write_the_same(tmp_path: Path, seals: bool) -> None:
    written = []
    for polls in (False, True):
        out = tmp_path / str(polls)
        start = datetime(2026, 3, 4, 18)
        simulate(Job(str(SMALL_ESTATE), 1, 7, start, 0.02, ("smoke.alarm",), out, PARQUET, seals, polls))
        written.append(out)
    for name in ("messages.parquet", "truth.parquet", "observed.parquet", "score.json"):
        first, second = [(out / name).read_bytes() for out in written]
        assert first == second, name
    assert json.loads(second)["completeness"]["received"] > 100
