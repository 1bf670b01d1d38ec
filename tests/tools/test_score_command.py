"""`lilong score`: a recorded run judged from files alone, by the same words as the run itself."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import PATIENCE_S, SMALL_ESTATE, lilong, run_lilong
from lilong_simulator.report.model import schema
from lilong_simulator.score.witness import WitnessError
from lilong_simulator.score.witness import read as read_witness
from lilong_simulator.truth import Expectation
from test_cli_errors import refusal

DAY = ("--days", "0.3", "--start", "2026-03-04 08:00:00", "--seed", "3", "--incident", "smoke.alarm")
FIRE = ("--days", "0.012", "--start", "2026-03-04 18:38:00", "--incident", "kitchen_fire")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a simulated day leaves: tables, and lines of the same."""
    folder = tmp_path_factory.mktemp("day")
    for format in ("parquet", "jsonl"):
        ended = run_lilong("simulate", SMALL_ESTATE, *DAY, "--format", format, "--out", folder / format)
        assert ended.code == 0, ended
    return folder


def score(folder: Path, *options: object, form: str = "jsonl", **files: Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, report, what was said."""
    out = folder / "scored"
    shutil.rmtree(out, ignore_errors=True)
    given = {
        "messages": folder / f"messages.{form}", "truth": folder / f"truth.{form}",
        "observed": folder / "observed.jsonl",
        "expectations": folder / f"expectations.{form}",
    } | files  # fmt: skip
    named = [part for option, file in given.items() for part in (f"--{option}", file)]
    with lilong("score", *named, "--report", out, *options) as process:
        ended = process.end(PATIENCE_S)
    assert ended.err == "", ended
    report = json.loads((out / "report.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema()).validate(report)
    assert (out / "report.html").is_file()
    return ended.code, report, ended.out


def own(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "score.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_simulated_run_is_judged_as_it_judged_itself(day: Path, form: str) -> None:
    folder = day / form
    code, report, said = score(folder, form=form)
    itself = own(folder)
    assert (code, report["verdict"], report["mode"]) == (0, "pass", "recorded")
    assert report["alarms"] == itself["alarms"]
    assert report["alarms"]["true"] > 2
    assert [one["told"] for one in report["by_incident"]] == [one["told"] for one in itself["by_incident"]]
    assert report["completeness"]["share"] == itself["completeness"]["share"] == 1.0
    assert report["ingest_by"] == "observed feed"
    for clock in ("ingest", "shown"):
        assert report["latency_ms"][clock] == itself["latency_ms"][clock], "decided as the devices had it"
    assert "verdict: pass" in said


def test_what_the_run_saw_of_its_devices_is_judged_too(day: Path) -> None:
    _, report, _ = score(day / "jsonl")
    itself = own(day / "jsonl")
    assert itself["latency_ms"]["local"]["count"] > 0
    for key in ("latency_ms", "alarm_rows", "linkage", "by_incident", "completeness"):
        assert report[key] == itself[key], key


def alone(folder: Path, into: Path) -> Path:
    """Its truth, with no more beside it than when it was."""
    for name in ("truth.jsonl", "score.json"):
        shutil.copy(folder / name, into)
    return into / "truth.jsonl"


def test_what_is_not_on_the_wire_is_null(day: Path, tmp_path: Path) -> None:
    _, report, _ = score(day / "jsonl", truth=alone(day / "jsonl", tmp_path))
    assert report["latency_ms"]["local"]["count"] == 0
    assert report["connected"] is None
    assert all(row["after_crossing_ms"]["local"] is None for row in report["alarm_rows"])
    assert report["quality"] is None
    assert report["warnings"] == [
        "no witness.json of the run: no local output is known, and no fault of the run is taken into account"
    ]


def test_data_faults_are_judged_by_their_labels(tmp_path: Path) -> None:
    ended = run_lilong(
        "simulate", SMALL_ESTATE, "--days", "0.2", "--data-faults", "0.02", "--incident", "smoke.alarm", "--format",
        "jsonl", "--out", tmp_path,
    )  # fmt: skip
    assert own(tmp_path)["quality"] is not None, ended
    _, report, _ = score(tmp_path)
    assert report["quality"] == own(tmp_path)["quality"]


def test_what_a_load_did_not_ask_of_its_backend_is_not_asked_again(day: Path, tmp_path: Path) -> None:
    folder = day / "jsonl"
    for name in ("truth", "expectations"):
        shutil.copy(folder / f"{name}.jsonl", tmp_path)
    seen = json.loads((folder / "witness.json").read_text("utf-8"))
    seen["judging"]["asks"] = False
    (tmp_path / "witness.json").write_text(json.dumps(seen), "utf-8")
    expected = Expectation("x", "x", "events", "tell_events", "0" * 16, "x", (), 0, 1, 0, 1)
    (tmp_path / "expectations.jsonl").write_text(json.dumps(asdict(expected)) + "\n", "utf-8")
    named = [folder / f"{name}.jsonl" for name in ("messages", "observed")]
    asked = ("score", "--messages", named[0], "--truth", tmp_path / "truth.jsonl", "--observed", named[1])
    for options, rows in (((), 0), (("--expectations", tmp_path / "expectations.jsonl"), 1)):
        ended = run_lilong(*asked, "--report", tmp_path / "out", *options)
        assert ended.err == ""
        assert len(json.loads((tmp_path / "out/report.json").read_text("utf-8"))["linkage"]) == rows


def test_faults_of_the_run_are_known_by_its_witness(tmp_path: Path) -> None:
    """A fire while the estate is cut off: told when the link is back, in time then."""
    fault = "partition at=80 for=300"
    ended = run_lilong(
        "simulate", SMALL_ESTATE, "--days", "0.012", "--incident", "smoke.alarm@+120", "--fault", fault,
        "--format", "jsonl", "--out", tmp_path,
    )  # fmt: skip
    assert ended.code == 0, ended
    code, report, _ = score(tmp_path)
    assert (code, report["alarm_rows"]) == (0, own(tmp_path)["alarm_rows"])
    assert any(row["possible_after_ms"] for row in report["alarm_rows"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, report, _ = score(tmp_path, truth=alone(tmp_path, elsewhere))
    assert code == 1
    assert any(text.startswith("late: smoke.alarm") for text in report["failures"]), "nobody said why"


def test_a_fire_is_judged_with_what_had_to_follow(tmp_path: Path) -> None:
    ended = run_lilong("simulate", "music_plaza", *FIRE, "--out", tmp_path)
    assert ended.code == 0, ended
    code, report, _ = score(tmp_path, form="parquet", messages=tmp_path)
    assert code == 0
    (fire,) = report["by_incident"]
    assert fire["told"] == own(tmp_path)["by_incident"][0]["told"]
    assert any(action["done"] for action in fire["linkage"])


def edited(folder: Path, into: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Path:
    """Its feed, changed."""
    rows = [json.loads(line) for line in (folder / "observed.jsonl").read_text("utf-8").splitlines()]
    file = into / "observed.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in change(rows)), "utf-8")
    return file


def first(rows: list[dict[str, Any]], event: str) -> dict[str, Any]:
    return next(row for row in rows if row["event"] == event)


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("missed", lambda rows: [row for row in rows if row is not first(rows, "stored")]),
        ("duplicate", lambda rows: [*rows, first(rows, "stored")]),
        ("false", lambda rows: [*rows, {**first(rows, "stored"), "boot": 77, "alarm": "haunted-77-1"}]),
        ("late", lambda rows: [{**row, "at": row["at"] + 90_000} if row["event"] == "stored" else row for row in rows]),
        ("cleared", lambda rows: [{**first(rows, "stored"), "event": "cleared"}, *rows]),
    ],
)  # fmt: skip
def test_what_a_backend_did_wrong_is_named(day: Path, tmp_path: Path, word: str, change: Any) -> None:
    code, report, said = score(day / "jsonl", observed=edited(day / "jsonl", tmp_path, change))
    assert (code, report["verdict"]) == (1, "fail")
    assert word in {text.split(":")[0] for text in report["failures"]}
    assert f"  {word}: " in said


def test_who_tells_of_no_console_is_not_held_to_one_unless_that_is_asked(day: Path, tmp_path: Path) -> None:
    strict = tmp_path / "truth.jsonl"
    text = (day / "jsonl" / "truth.jsonl").read_text("utf-8")
    strict.write_text(text.replace('"shown_ms": null', '"shown_ms": 20000'), "utf-8")
    shutil.copy(day / "jsonl" / "score.json", tmp_path)
    blind = edited(day / "jsonl", tmp_path, lambda rows: [row for row in rows if row["event"] != "shown"])
    code, report, _ = score(day / "jsonl", observed=blind, truth=strict)
    assert (code, report["latency_ms"]["shown"]["count"]) == (0, 0)
    code, report, _ = score(day / "jsonl", "--console", observed=blind, truth=strict)
    assert code == 1
    assert any("shown was never seen" in text for text in report["failures"])


def test_what_lies_outside_of_the_recording_is_not_judged_and_that_is_said(day: Path, tmp_path: Path) -> None:
    folder = day / "jsonl"
    lines = (folder / "messages.jsonl").read_text("utf-8").splitlines(keepends=True)
    shutil.copy(folder / "score.json", tmp_path)
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(line for line in lines if json.loads(line)["t"] > 200_000), "utf-8")
    _, report, _ = score(folder, messages=file)
    assert any("crossed before the recording began" in text for text in report["warnings"])
    assert report["alarms"]["true"] < own(folder)["alarms"]["true"]


def test_a_threshold_that_is_breached_has_its_own_exit_code(day: Path) -> None:
    code, report, _ = score(day / "jsonl", "--require", "ingest.p99<=1ms")
    assert (code, report["verdict"]) == (99, "threshold breached")


# ---- bad input


def wrong(folder: Path, **files: Path | str) -> str:
    given = {name: folder / f"{name}.jsonl" for name in ("messages", "truth", "observed")} | files
    return refusal("score", *(part for name, file in given.items() for part in (f"--{name.replace('_', '-')}", file)))


def test_a_file_that_is_not_there_is_named(day: Path, tmp_path: Path) -> None:
    folder, gone = day / "jsonl", tmp_path / "gone.jsonl"
    assert wrong(folder, truth=gone) == f"--truth {gone}: is not there; name the file"
    assert wrong(folder, observed=tmp_path) == f"--observed {tmp_path}: is a folder; name the file"
    assert wrong(folder, expectations=gone) == f"--expectations {gone}: is not there; name the file"
    assert wrong(folder, messages=gone).startswith(f"{gone}: is not there; give a recording")


def test_a_wrong_line_is_told_with_its_place(day: Path, tmp_path: Path) -> None:
    folder, file = day / "jsonl", tmp_path / "file.jsonl"
    file.write_text('{"id": "x"}\n')
    assert wrong(folder, truth=file).startswith(f"{file}:1: a row of truth.jsonl lacks the field ")
    file.write_text('\n{"at": 1, "event": "lost"}\n')
    assert wrong(folder, observed=file).startswith(f"{file}:2: not a line of an observed feed")


def test_a_feed_that_is_about_other_devices_alone_is_told(day: Path, tmp_path: Path) -> None:
    folder, feed = day / "jsonl", tmp_path / "observed.jsonl"
    rows = [json.loads(line) for line in (folder / "observed.jsonl").read_text("utf-8").splitlines()]
    about = [row for row in rows if row["device"]]
    feed.write_text("".join(json.dumps(row | {"device": row["device"].upper()}) + "\n" for row in rows), "utf-8")
    code, report, _ = score(folder, observed=feed)
    told = f"the observed feed is about no device of this run, but about others, as {about[0]['device'].upper()}: "
    assert code == 1
    assert [warning for warning in report["warnings"] if warning.startswith(told)]
    _, report, _ = score(folder)
    assert not [warning for warning in report["warnings"] if "observed feed" in warning]


def test_a_feed_that_numbers_alarms_in_its_own_way_is_told(day: Path, tmp_path: Path) -> None:
    folder, feed = day / "jsonl", tmp_path / "observed.jsonl"
    rows = [json.loads(line) for line in (folder / "observed.jsonl").read_text("utf-8").splitlines()]
    first = next(row["alarm"] for row in rows if row["event"] == "stored" and "finding" not in row)
    named = [row | {"alarm": "A17"} if row["alarm"] == first else row for row in rows]
    feed.write_text("".join(json.dumps(row) + "\n" for row in named), "utf-8")
    _, report, _ = score(folder, observed=feed)
    (told,) = [warning for warning in report["warnings"] if "observed feed" in warning]
    assert f"have ids of its own, as 'A17': this one is {first}, " in told


def test_a_witness_that_is_none_is_told(day: Path, tmp_path: Path) -> None:
    folder, file = day / "jsonl", tmp_path / "witness.json"
    assert wrong(folder, witness=file) == f"{file}: No such file or directory; name the witness.json of the run"
    for text in ("{", "{}", '{"format": "lilong witness 9"}', "[]"):
        file.write_text(text)
        with pytest.raises(WitnessError, match=r"is no witness\.json of a run \("):
            read_witness(file)


def test_a_table_under_the_wrong_name_is_told(day: Path, tmp_path: Path) -> None:
    table, text = tmp_path / "truth.jsonl", tmp_path / "truth.parquet"
    shutil.copy(day / "parquet" / "truth.parquet", table)
    shutil.copy(day / "jsonl" / "truth.jsonl", text)
    assert "is no text of JSON lines" in wrong(day / "jsonl", truth=table)
    assert "is no truth.parquet of lilong simulate" in wrong(day / "jsonl", truth=text)


def test_a_truth_without_a_date_asks_for_one(day: Path, tmp_path: Path) -> None:
    folder, alone = day / "jsonl", tmp_path / "truth.jsonl"
    shutil.copy(folder / "truth.jsonl", alone)
    assert "nothing says when its world began" in wrong(folder, truth=alone)
    assert wrong(folder, truth=alone, world_began="noon").startswith("--world-began noon: is no time")
    code, report, _ = score(folder, "--world-began", "2026-03-04T00:00:00", truth=alone)
    assert (code, report["alarms"]) == (0, own(folder)["alarms"])
    alone.write_text("")
    assert "holds no row" in wrong(folder, truth=alone, world_began="0")
