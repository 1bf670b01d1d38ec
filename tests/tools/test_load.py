"""`lilong load`: the live fleet against a broker and a backend that somebody else runs, or does not run."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, Ended, centre_of_small_estate, embedded_broker, lilong, run_lilong
from lilong_simulator.fleet import image
from lilong_simulator.fleet import process as board_process

DEVICES = 40
ONLY_VIRTUAL = "--no-real-micropython"


def load(broker: str, folder: Path, *options: object) -> tuple[Ended, dict[str, Any]]:
    ended = run_lilong(
        "load", SMALL_ESTATE, "--broker", broker, "--duration", 2, "--incident", "none", "--report", folder, *options
    )
    assert "Traceback" not in ended.err, ended.err
    return ended, json.loads((folder / "report.json").read_text())


@pytest.fixture
def image_of_the_boards() -> None:
    """Built before the command is waited for: it takes its seconds once, after the firmware has changed."""
    if board_process.available() is None:
        image.build()


@pytest.mark.usefixtures("image_of_the_boards")
def test_a_backend_that_answers_passes_and_what_was_not_observed_is_null(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path):
        ended, report = load(broker, tmp_path / "out")
    assert ended.code == 0, ended.out
    assert ended.err == ""
    assert (report["devices"], report["connected"]) == (DEVICES, DEVICES)
    assert report["broker"].endswith("(external)")
    assert report["alarms"] == {
        "true": 0, "raised": 0, "stored": 0, "undetected": 0, "missed": 0, "late": 0, "false": 0,
        "excused": 0, "wrongly_cleared": None,
        "early": 0, "untrue": None, "forgotten": None,
        "acknowledged": None, "duplicate": None, "out_of_order": None,
    }  # fmt: skip
    assert report["latency_ms"]["ingest"] == {**dict.fromkeys(("p50", "p90", "p99", "p999", "max")), "count": 0}
    assert "? acknowledged" in ended.out


def test_the_backends_own_feed_makes_order_and_repetition_known(tmp_path: Path) -> None:
    out, recording = tmp_path / "out", tmp_path / "run.lilong"
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path) as observed:
        ended = run_lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 2, "--incident", "door.forced@+1", "--report", out,
            "--observed", observed, "--record", recording, ONLY_VIRTUAL,
        )  # fmt: skip
    assert ended.code == 0, ended.out
    report = json.loads((out / "report.json").read_text())
    assert (report["alarms"]["duplicate"], report["alarms"]["out_of_order"]) == (0, 0)
    assert report["real_micropython"] == {}

    # And all that it left in files is judged as it was.
    scored = run_lilong(
        "score", "--messages", recording, "--truth", out / "truth.jsonl", "--observed", observed, "--report",
        tmp_path / "again",
    )  # fmt: skip
    again = json.loads((tmp_path / "again/report.json").read_text())
    assert (scored.code, again["alarms"], again["warnings"]) == (0, report["alarms"], [])
    assert again["alarms"]["true"] == 1
    (mine,), (theirs,) = ([row for row in one["alarm_rows"] if row["expect"] == "must"] for one in (report, again))
    assert mine["after_crossing_ms"]["local"] is not None
    assert theirs["after_crossing_ms"] == pytest.approx(mine["after_crossing_ms"], abs=0.01)
    (before,), (after,) = report["by_incident"], again["by_incident"]
    assert (after["told"], after["linkage"]) == (before["told"], before["linkage"])


def test_without_a_backend_all_connect_and_the_verdict_says_what_was_not_seen(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, report = load(broker, tmp_path / "out", ONLY_VIRTUAL)
    assert ended.code == 1
    assert "all 40 devices online" in ended.out
    assert report["verdict"] == "fail"
    assert report["connected"] is None
    assert report["failures"] == ["not observed: no backend answered a birth or stored an alarm"]
    assert "to judge the broker alone: --accept puback counts its PUBACKs, --probe what it delivers" in ended.out
    assert report["failures"][0] in ended.out
    assert "acceptance not observed" in ended.out


def test_a_broker_that_goes_away_ends_no_run_and_stands_in_the_report(tmp_path: Path) -> None:
    with (
        embedded_broker() as (process, broker),
        lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 3, "--incident", "none", ONLY_VIRTUAL,
            "--report", tmp_path,
        ) as run,
    ):  # fmt: skip
        run.wait_for(r"^all 40 devices online")
        process.signal(signal.SIGKILL)
        ended = run.end(PATIENCE_S)
    assert ended.err == ""
    assert ended.code == 1
    troubles = json.loads((tmp_path / "report.json").read_text())["link_troubles"]
    assert sum(troubles.values()) >= DEVICES
    assert any("no connection to 127.0.0.1:" in trouble for trouble in troubles)


def test_ctrl_c_ends_a_load_with_its_report(tmp_path: Path) -> None:
    with (
        embedded_broker() as (_, broker),
        centre_of_small_estate(broker, tmp_path),
        lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 600, "--incident", "none", ONLY_VIRTUAL,
            "--report", tmp_path / "out",
        ) as run,
    ):  # fmt: skip
        run.wait_for(r"^all 40 devices online")
        run.signal(signal.SIGINT)
        ended = run.end(PATIENCE_S)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["verdict"] == "pass"


def test_a_feed_that_is_none_is_told_before_anything_is_powered_on(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text("12:00 all is well\n")
    with embedded_broker() as (_, broker):
        ended = run_lilong("load", SMALL_ESTATE, "--broker", broker, "--incident", "none", "--observed", feed)
    assert ended.code == 2
    assert [line.partition(":")[0] for line in ended.out.splitlines()] == ["broker"]
    assert ended.err.startswith(f"lilong: {feed}:1: not a line of an observed feed ")
    assert len(ended.err.splitlines()) == 1


def test_a_feed_that_goes_wrong_ends_the_run_at_once(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    with (
        embedded_broker() as (_, broker),
        lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 600, "--incident", "none", ONLY_VIRTUAL,
            "--observed", feed,
        ) as run,
    ):  # fmt: skip
        run.wait_for(r"^all 40 devices online")
        feed.write_text('{"at": 1, "event": "eaten"}\n')
        ended = run.end(PATIENCE_S)
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {feed}:1: not a line of an observed feed ")
