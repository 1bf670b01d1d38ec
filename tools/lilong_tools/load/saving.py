"""Writes what a run leaves behind, what matters most first: a disk that is full costs what comes after."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lilong_simulator.data_faults import write_labels
from lilong_simulator.load.junit import write_junit
from lilong_simulator.load.result import ShardResult
from lilong_simulator.report.html import render
from lilong_simulator.score.witness import Witness
from lilong_simulator.truth import write_rows
from rich.console import Console


def save(
    folder: Path | None,
    junit: Path | None,
    content: Mapping[str, Any],
    result: ShardResult,
    console: Console,
    witness: Witness | None = None,
) -> bool:
    """Write report.json, truth, report.html, JUnit as asked; False, said in words, when not all could be written."""
    files: list[tuple[Path, Callable[[Path], object]]] = []
    if folder is not None:
        files = [
            (folder / "report.json", lambda file: file.write_text(_json(content), encoding="utf-8")),
            (folder / "truth.jsonl", lambda file: write_rows(file, result.truth)),
            (folder / "expectations.jsonl", lambda file: write_rows(file, result.expectations)),
            (folder / "report.html", lambda file: file.write_text(render(content, result.recorder), encoding="utf-8")),
        ]
        if witness is not None:
            told = result.expectations
            files.insert(3, (folder / "witness.json", lambda file: witness.write(file, told)))
        if result.labels:
            files.insert(3, (folder / "labels.jsonl", lambda file: write_labels(file, result.labels)))
    if junit is not None:
        files.append((junit, lambda file: write_junit(file, content)))
    written: list[str] = []
    for file, write in files:
        half = file.with_name(f".{file.name}.part")
        try:
            write(half)
            half.replace(file)
        except OSError as error:
            half.unlink(missing_ok=True)
            there = f"{', '.join(written)} are there" if written else elsewhere(content)
            console.print(
                f"{file}: cannot be written ({error.strerror}); {there}: make room and run again", style="red"
            )
            return False
        written.append(str(file))
    if folder is not None:
        console.print(f"report: {folder / 'report.html'} and report.json")
    return True


def elsewhere(content: Mapping[str, Any], folder: Path | None = None) -> str:
    """What became of report.json where it could not be written: it is kept among temporary files, `folder` or the
    system's, if there is room."""
    try:
        kept = Path(tempfile.mkdtemp(prefix="lilong-report-", dir=folder)) / "report.json"
        kept.write_text(_json(content), encoding="utf-8")
    except OSError:
        return "nothing was written"
    return f"report.json is kept as {kept}"


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
