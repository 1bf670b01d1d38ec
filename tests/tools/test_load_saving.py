"""A disk that is full costs what comes last, never what there is, and it is said in clear words."""

import errno
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lilong_simulator.recorder import Recorder
from lilong_tools.load import saving
from lilong_tools.load.saving import elsewhere, save
from rich.console import Console


@dataclass
class Result:
    recorder: Recorder = field(default_factory=Recorder)
    truth: list = field(default_factory=list)
    expectations: list = field(default_factory=list)
    labels: list = field(default_factory=list)


CONTENT = {"verdict": "pass", "failures": [], "thresholds": [], "estate": "lane_house", "duration_s": 1.0,
           "alarms": {"duplicate": 0, "out_of_order": 0}}  # fmt: skip


def saved(folder: Path, junit: Path | None = None) -> tuple[bool, str]:
    screen = io.StringIO()
    whole = save(folder, junit, CONTENT, Result(), Console(file=screen, soft_wrap=True))
    return whole, screen.getvalue()


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "render", lambda *_: "<html>")


def full(*_: object, **__: object) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_everything_is_written_and_nothing_half(tmp_path: Path) -> None:
    whole, said = saved(tmp_path, tmp_path / "junit.xml")
    assert whole
    assert said == f"report: {tmp_path / 'report.html'} and report.json\n"
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"report.json", "truth.jsonl", "expectations.jsonl", "report.html", "junit.xml"}
    assert json.loads((tmp_path / "report.json").read_text()) == CONTENT


def test_a_disk_that_fills_keeps_what_was_written_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "render", full)
    whole, said = saved(tmp_path)
    assert not whole
    assert said.startswith(f"{tmp_path / 'report.html'}: cannot be written (No space left on device); ")
    assert f"{tmp_path / 'report.json'}, {tmp_path / 'truth.jsonl'}" in said
    assert said.endswith("are there: make room and run again\n")
    assert {file.name for file in tmp_path.iterdir()} == {"report.json", "truth.jsonl", "expectations.jsonl"}


def test_a_disk_that_is_full_from_the_first_leaves_an_earlier_report_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text("of yesterday")
    monkeypatch.setattr(Path, "write_text", full)
    whole, said = saved(tmp_path)
    assert not whole
    assert "nothing was written: make room and run again" in said, "nor among temporary files"
    monkeypatch.undo()
    assert (tmp_path / "report.json").read_text() == "of yesterday"


def test_a_report_that_finds_no_room_is_kept_among_temporary_files(tmp_path: Path) -> None:
    said = elsewhere(CONTENT, tmp_path)
    (kept,) = tmp_path.glob("lilong-report-*/report.json")
    assert said == f"report.json is kept as {kept}"
    assert json.loads(kept.read_text()) == CONTENT
