"""`lilong load --workers`: a lost worker ends in exit code 4, Ctrl-C in a full report, bad input in one line."""

import contextlib
import json
import os
import re
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, Process, alive, embedded_broker, lilong, run_lilong
from hardened_broker import free_port
from lilong_simulator.load.recorded import look_through, open_source
from lilong_tools.broker import find_mosquitto
from lilong_tools.inputs import InputError
from lilong_tools.load.shards_asked import shards_of
from lilong_tools.load.target import Access

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


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[tuple[Process, str]]:
    """(process, URL) of a real one."""
    binary = find_mosquitto()
    if binary is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with Process("sh", "-c", f"exec {binary} -c {config} 2>&1") as process:
        process.wait_for("mosquitto version .* running")
        yield process, f"mqtt://127.0.0.1:{port}"


def test_a_worker_that_is_killed_while_the_broker_is_frozen_leaves_a_broker_that_goes_on_and_a_recording(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path) as (broker, url):
        frozen = tmp_path / "frozen"
        os.mkfifo(frozen)
        faults = (
            "--fault", "frozen_broker at=0.3 for=1", "--broker-freeze", f"kill -STOP {broker.pid}; echo > {frozen}",
            "--broker-thaw", f"kill -CONT {broker.pid}; sleep 20 & echo a child that stays holds nothing up",
        )  # fmt: skip
        recording = tmp_path / "run.lilong"
        with load(url, tmp_path, "--duration", 2, "--workers", 3, "--record", recording, *faults) as run:
            run.wait_for(r"^all 40 devices online")
            workers = workers_of(run)
            with os.fdopen(os.open(frozen, os.O_RDONLY | os.O_NONBLOCK)) as now:
                assert readable_within(now.fileno(), PATIENCE_S)
            os.kill(workers[1], signal.SIGKILL)
            told = run.wait_for(r"^LOST at \S+ s: shard (\d) of 3")
            ended = run.end(PATIENCE_S)
            left = {pid: command for pid, command in alive(run.family).items() if "sleep 20" not in command}
        state = Path(f"/proc/{broker.pid}/stat").read_text().rpartition(")")[2].split()[0]
    assert (ended.code, ended.err, left) == (4, "", {})
    assert state != "T", "the broker goes on"
    report = report_in(tmp_path)
    assert (report["verdict"], report["shards_missing"]) == ("partial", 1)
    (fault,) = report["faults"]
    assert fault["fault"].startswith("frozen_broker at=0.3")
    assert not [one for one in report["failures"] if "could not be played" in one]
    source = open_source(recording)
    found = look_through(source)
    assert len(found.devices) == DEVICES
    assert found.frames["st"] >= DEVICES
    assert source.cut is not None
    assert re.fullmatch(rf".*: lacks after \d+\.\d s what shard {told[1]} sent", source.cut)
    assert sorted(one.name for one in tmp_path.glob("run*")) == ["run.lilong"]


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
    assert report["warnings"] == [f"stopped after {report['duration_s']:g} of 600 s: judged up to then"]
    assert report["duration_s"] < 600


def test_workers_end_with_a_command_that_is_killed(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker), load(broker, tmp_path, "--duration", 600, "--workers", 2) as run:
        run.wait_for(r"^all 40 devices online")
        workers = workers_of(run)
        pipes = [os.pidfd_open(pid) for pid in workers]
        run.signal(signal.SIGKILL)
        run.end(PATIENCE_S)
        for pipe in pipes:
            with os.fdopen(pipe) as ended:
                assert readable_within(ended.fileno(), PATIENCE_S), "it can be read once its process has ended"


def readable_within(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


@pytest.mark.parametrize(
    ("cluster", "files", "told"),
    [
        ("tls://10.0.0.1:8786", (), "needs --cluster-ca, --cluster-cert, --cluster-key; give all of them"),
        ("tls://10.0.0.1:8786", ("ca", "cert"), "needs --cluster-ca, --cluster-cert, --cluster-key; give all of them"),
        ("tcp://10.0.0.1:8786", ("ca",), "are for --cluster tls://...; leave them out"),
        (None, ("ca", "cert", "key"), "are for --cluster tls://...; leave them out"),
    ],
)
def test_a_cluster_by_tls_has_three_files_and_no_other_has(cluster: str | None, files: tuple, told: str) -> None:
    given = [Path(name) if name in files else None for name in ("ca", "cert", "key")]
    with pytest.raises(InputError, match=re.escape(told)):
        shards_of(None, cluster, given, 40, "mqtt://10.0.0.9", "10.0.0.9", Access())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--workers", 0), "--workers"),
        (("--workers", DEVICES + 1), "--workers 41: more than there are devices; give 40 at most"),
        (("--cluster", "somewhere"), "--cluster somewhere: give a scheduler as tcp://10.0.0.1:8786, or a number"),
        (("--cluster", "tcp://192.0.2.1:8786"), "--broker 127.0.0.1: on each node of tcp://192.0.2.1:8786 that is the"),
        (("--cluster", "0"), "--cluster 0: out of bounds; give 1 to 1000 nodes"),
        (
            ("--workers", 2, "--fault", "broker_restart at=1 for=2"),
            "the broker at 127.0.0.1:1 is not ours; give --broker-restart 'a shell command'",
        ),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(options: tuple[object, ...], told: str) -> None:
    ended = run_lilong("load", SMALL_ESTATE, "--broker", "mqtt://127.0.0.1:1", *OPTIONS, *options)
    assert ended.code == 2
    assert told in " ".join(ended.err.replace("│", " ").split())
