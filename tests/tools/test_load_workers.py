"""`lilong load --workers`: a lost worker ends in exit code 4, Ctrl-C in a full report, bad input in one line."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, Process, alive, embedded_broker, lilong, run_lilong

DEVICES = 40
OPTIONS = ("--incident", "none", "--no-real-micropython", "--accept", "puback")


def load(broker: str, folder: Path, *options: object) -> Process:
    return lilong("load", SMALL_ESTATE, "--broker", broker, *OPTIONS, "--report", folder, *options)


def workers_of(run: Process) -> list[int]:
    """The processes that play its shards."""
    return sorted(pid for pid, command in run.remember_family().items() if "lilong_tools.load.shard" in command)


def report_in(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text())


def test_a_killed_worker_is_shown_and_the_run_is_partial(tmp_path: Path) -> None:
    with (
        embedded_broker() as (_, broker),
        load(broker, tmp_path, "--duration", 3, "--workers", 4, "--require", "missed==0") as run,
    ):
        run.wait_for(r"^all 40 devices online")
        workers = workers_of(run)
        os.kill(workers[0], signal.SIGKILL)
        told = run.wait_for(r"^LOST at (\S+) s: shard (\d) of 4 with 10 devices, process (\d+) on \S+: (.*)$")
        ended = run.end(PATIENCE_S)
        assert alive(run.family) == {}
    assert (ended.code, ended.err) == (4, "")
    assert len(workers) == 4
    assert int(told[3]) == workers[0]
    assert "SIGKILL" in told[4]
    report = report_in(tmp_path)
    assert (report["verdict"], report["shards"], report["shards_missing"]) == ("partial", 4, 1)
    assert report["devices"] == DEVICES - 10
    assert report["failures"][0] == (
        "partial: 1 of 4 shards were lost; their part is unknown: 10 devices, 0 alarms of the truth"
    )
    assert report["thresholds"] == [{"text": "missed==0", "value": None, "kept": False}], "nobody knows what is missed"
    rows = {row["shard"]: row for row in report["workers"]}
    lost = rows.pop(int(told[2]))
    assert (lost["ended"], lost["devices"]) == (False, 10)
    assert lost["lost_at_s"] == float(told[1])
    assert [row["ended"] for row in rows.values()] == [True] * 3
    fates = report["messages"]["fates"].values()
    assert all(
        one["sent"] == sum(one[fate] for fate in one if fate not in ("sent", "skipped")) for one in fates
    ), fates


def test_ctrl_c_ends_all_workers_with_their_report(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker), load(broker, tmp_path, "--duration", 600, "--workers", 2) as run:
        run.wait_for(r"^all 40 devices online")
        workers = workers_of(run)
        run.signal(signal.SIGINT)
        ended = run.end(PATIENCE_S)
        assert alive(run.family) == {}
    assert (ended.code, ended.err) == (0, "")
    assert len(workers) == 2
    report = report_in(tmp_path)
    assert (report["verdict"], report["devices"], report["shards_missing"]) == ("pass", DEVICES, 0)
    assert report["messages"]["by_class"]["birth"] >= DEVICES


def test_workers_end_with_a_command_that_is_killed(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker), load(broker, tmp_path, "--duration", 600, "--workers", 2) as run:
        run.wait_for(r"^all 40 devices online")
        workers = workers_of(run)
        pipes = [os.pidfd_open(pid) for pid in workers]
        run.signal(signal.SIGKILL)
        run.end(PATIENCE_S)
        for pipe in pipes:
            with os.fdopen(pipe) as ended:
                assert ended_within(ended.fileno(), PATIENCE_S)


def ended_within(pidfd: int, seconds: float) -> bool:
    """A process's descriptor can be read once it has ended."""
    import select  # noqa: PLC0415

    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", 0), "--workers"),
        (("--cluster", "somewhere"), "--cluster somewhere: give a scheduler as tcp://10.0.0.1:8786, or a number"),
        (("--cluster", "tcp://192.0.2.1:8786"), "--broker 127.0.0.1: on each node of tcp://192.0.2.1:8786 that is the"),
        (("--cluster", "0"), "--cluster 0: out of bounds; give 1 to 1000 nodes"),
        (("--workers", 2, "--record", "/tmp/none.jsonl"), "--record: one process keeps what it sends"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(options: tuple[object, ...], told: str) -> None:
    ended = run_lilong("load", SMALL_ESTATE, "--broker", "mqtt://127.0.0.1:1", *OPTIONS, *options)
    assert ended.code == 2
    assert told in " ".join(ended.err.replace("│", " ").split())
