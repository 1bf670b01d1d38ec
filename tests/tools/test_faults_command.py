"""`--fault` as a user has it: refused in words, or played and told in the report."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import SMALL_ESTATE, embedded_broker, run_lilong

NOWHERE = "mqtt://127.0.0.1:1"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("blackout at=1 for=2 feeder=cor1", "no feeder is called 'cor1'; did you mean \"core1\"?"),
        ("blackout at=90 for=2", "the run is over after 60 s; begin earlier"),
        ("broker_restart at=1 for=2", "the broker at 127.0.0.1:1 is not ours; give --broker-restart 'a shell command'"),
    ],
)
def test_a_fault_that_cannot_be_played_is_bad_input(fault: str, told: str) -> None:
    given = ("--broker", NOWHERE, "--duration", 60, "--incident", "none", "--fault", fault)
    ended = run_lilong("load", SMALL_ESTATE, *given)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert told in ended.err


def test_a_load_tells_what_its_faults_caused(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended = run_lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--no-real-micropython", "--incident", "none", "--duration", 2,
            "--accept", "puback", "--report", tmp_path, "--fault", "blackout at=0.3 for=0.5 feeder=core1",
        )  # fmt: skip
    assert "Traceback" not in ended.err, ended.err
    (fault,) = json.loads((tmp_path / "report.json").read_text())["faults"]
    assert fault["fault"] == "blackout at=0.3 for=0.5 feeder=core1"
    assert fault["links_lost"] == fault["reconnect_ms"]["count"] > 0
    assert "blackout at=0.3 for=0.5 feeder=core1" in (tmp_path / "report.html").read_text()
    assert f"{fault['links_lost']} links lost" in ended.out


def test_a_day_in_virtual_time_has_faults_and_the_same_seed_the_same_bytes(tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "other")
    faults = ("--fault", "bad_radio at=100 for=900 loss=0.2 share=0.5", "--fault", "blackout at=300 for=300")
    for folder in folders:
        days = ("--days", 0.02, "--format", "jsonl", "--incident", "none")
        ended = run_lilong("simulate", SMALL_ESTATE, "--out", folder, *days, *faults)
        assert ended.code == 0, ended
    one, other = ((folder / "messages.jsonl").read_bytes() for folder in folders)
    assert one == other
    radio, blackout = json.loads((folders[0] / "score.json").read_text())["faults"]
    assert radio["frames"]["lost"] > 0
    assert blackout["links_lost"] == blackout["reconnect_ms"]["count"] > 0


def test_faults_in_virtual_time_begin_when_devices_have_their_power(tmp_path: Path) -> None:
    given = ("--out", tmp_path, "--incident", "none", "--fault", "partition at=1 for=5")
    ended = run_lilong("simulate", SMALL_ESTATE, *given)
    assert ended.code == 2
    assert "devices get their power within the first 60 s; begin later" in ended.err


def test_wrong_data_of_a_virtual_run_has_its_labels_in_both_formats(tmp_path: Path) -> None:
    for form in ("jsonl", "parquet"):
        given = ("--days", 0.5, "--format", form, "--incident", "none", "--data-faults", "0.05,stuck=0")
        ended = run_lilong("simulate", SMALL_ESTATE, "--out", tmp_path / form, *given)
        assert ended.err == ""
        score = json.loads((tmp_path / form / "score.json").read_text())
        assert score["alarms"]["false"] == 0
        assert score["quality"]["labels"] > 10
        assert score["quality"]["precision"] == score["quality"]["recall"] == 1
        assert score["quality"]["by_kind"]["stuck"]["recall"] is None
    lines = [json.loads(line) for line in (tmp_path / "jsonl/labels.jsonl").read_text("utf-8").splitlines()]
    table = pq.read_table(tmp_path / "parquet/labels.parquet").to_pylist()
    assert len(lines) == len(table) > 10
    for line, row in zip(lines, table, strict=True):
        assert row["quantity"] == (line["quantity"] or None)
        assert bool(row["evident"]) is line["evident"]
        same = ("device", "name", "kind", "from_ms", "to_ms", "class", "boot", "seq", "messages")
        assert {name: row[name] for name in same} == {name: line[name] for name in same}
    assert "stuck" not in {line["kind"] for line in lines}


@pytest.mark.parametrize("command", ["simulate", "load", "demo"])
def test_rates_of_wrong_data_that_are_none_are_bad_input(command: str, tmp_path: Path) -> None:
    given = {
        "simulate": (SMALL_ESTATE, "--out", tmp_path, "--incident", "none"),
        "load": (SMALL_ESTATE, "--broker", NOWHERE),
        "demo": ("--estate", SMALL_ESTATE),
    }
    ended = run_lilong(command, *given[command], "--data-faults", "0.1,stuk=2")
    assert (ended.code, ended.out) == (2, "")
    assert "no kind is called 'stuk'; did you mean \"stuck\"?" in ended.err
