"""A run in virtual time that is stopped, or whose disk fills, leaves all that it was by then, whole and judged."""

import errno
import json
import os
import signal
from dataclasses import replace
from datetime import datetime
from io import StringIO

import pyarrow.parquet as pq
import pytest
from commands import LILONG, SMALL_ESTATE, Process, lilong
from lilong_simulator.tables import schema
from lilong_simulator.tables.spare import SparedFile
from lilong_tools import virtual_estates
from lilong_tools.virtual import DAY_MS, JSONL, PARQUET, STEP_MS, Job, simulate
from rich.console import Console

NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
LINES = ("truth.jsonl", "expectations.jsonl", "observed.jsonl")


@pytest.fixture
def job(tmp_path):
    return Job(
        str(SMALL_ESTATE), 1, 7, datetime(2026, 3, 4, 18), 0.5, ("smoke.alarm",), tmp_path / "whole", PARQUET
    )  # fmt: skip


def after(looks):
    """A stop that comes at a number of looks, each after a step of the run."""
    left = iter(range(looks - 1))
    return lambda: next(left, None) is None


def tables(folder):
    written = [table.name for table in schema.TABLES if table is not schema.LABELS]  # which come of data faults alone
    return {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in written}


def test_a_run_that_is_stopped_leaves_what_one_of_so_many_days_leaves(job, tmp_path):
    days = 12 * STEP_MS / DAY_MS
    short = simulate(replace(job, days=days, out=tmp_path / "short"))
    stopped = simulate(job, stopped=after(12))
    assert tables(job.out) == tables(tmp_path / "short")
    assert all((job.out / name).read_bytes() == (tmp_path / "short" / name).read_bytes() for name in LINES)
    warning = f"stopped after {days:.3f} of 0.5 days: judged up to then"
    assert stopped.content == short.content | {"warnings": [warning]}
    assert short.content["alarms"]["true"] == 1
    assert (stopped.days, stopped.messages) == (days, short.messages)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_command_ends_it_in_good_order(tmp_path, number):
    with lilong("simulate", SMALL_ESTATE, "--days", 3660, "--incident", "none", "--out", tmp_path) as process:
        process.wait_for(r"^3660 days of ")
        process.signal(number)
        ended = process.end()
    assert (ended.code, ended.err) == (0, "")
    assert "of 3660 days: judged up to then" in ended.out
    score = json.loads((tmp_path / "score.json").read_text())
    assert max(row["run_ms"] for row in tables(tmp_path)["messages"]) > score["duration_s"] * 1000 - STEP_MS


@pytest.mark.parametrize("workers", [1, 2])
def test_estates_that_were_not_begun_are_named_and_make_the_run_partial(job, tmp_path, workers):
    said = StringIO()
    jobs = [replace(job, copy=copy, days=100, out=tmp_path / str(copy)) for copy in range(1, 5)]
    code = virtual_estates.run_virtual(jobs, workers, Console(file=said, width=200), lambda: True)
    assert code == virtual_estates.PARTIAL == 4
    assert f"{tmp_path / '4'}: not begun when the run was stopped" in said.getvalue()
    for one in jobs:
        begun = f"{one.out}: not begun" not in said.getvalue()
        assert (one.out / "score.json").is_file() == begun
        assert (f"{one.out}: stopped after" in said.getvalue()) == begun


def with_room(room):
    """A file on a disk with so many bytes, until its spare is free."""

    class Small(SparedFile):
        def __init__(self, path, spare):
            super().__init__(path, spare)
            self.spare = spare

        def give(self, data):
            if self.spare.full is None and self.tell() + memoryview(data).nbytes > room:
                raise NO_ROOM
            return super().give(data)

    return Small


def full_at_once(path, spare):
    """As when a row group has found no room."""
    assert spare.release(NO_ROOM)
    return SparedFile(path, spare)


def test_a_disk_that_fills_ends_a_run_with_readable_tables_and_fails_it(job):
    ended = simulate(job, opened=full_at_once)
    score = ended.content
    assert score == json.loads((job.out / "score.json").read_text())
    assert score["verdict"] == "fail"
    assert score["failures"] == [f"{job.out}: No space left on device; make room and run it again"]
    assert score["warnings"] == [f"the disk was full after {ended.days:.3f} of 0.5 days: judged up to then"]
    assert 0 < ended.days < 0.5
    read = tables(job.out)
    assert len(read["messages"]) == ended.messages
    assert max(row["run_ms"] for row in read["messages"]) > ended.days * DAY_MS - STEP_MS


@pytest.mark.long
def test_a_disk_that_fills_at_the_very_end_costs_a_run_nothing(job, tmp_path):
    whole = simulate(replace(job, out=tmp_path / "roomy"))
    ended = simulate(job, opened=with_room(1_000))  # all of it is one row group
    assert ended.content == whole.content
    assert tables(job.out) == tables(tmp_path / "roomy")


def test_lines_on_a_disk_that_fills_are_whole_too(job):
    ended = simulate(replace(job, format=JSONL), opened=with_room(100_000))
    lines = (job.out / "messages.jsonl").read_text().splitlines()
    assert len(lines) == ended.messages == len([json.loads(line) for line in lines])
    assert ended.content["verdict"] == "fail"
    assert 0 < ended.days < 0.5


def test_a_disk_without_even_the_spare_is_told_before_the_run(tmp_path):
    command = ("ulimit -f 1000; exec", LILONG, "simulate", SMALL_ESTATE, "--incident", "none", "--out", tmp_path)
    with Process("bash", "-c", " ".join(map(str, command))) as process:
        ended = process.end()
    assert ended.code == 2
    assert f"lilong: {tmp_path}: File too large; a run holds 32 MB back to end well: make room" in ended.err
