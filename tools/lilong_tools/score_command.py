"""`lilong score`: a recorded run of anybody's backend, judged from its observed feed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from lilong_simulator import report as reports
from lilong_simulator.data_faults.label import Label, read_labels
from lilong_simulator.feed import FeedEvent, parse_line
from lilong_simulator.load.recorded import open_source
from lilong_simulator.load.thresholds import parse
from lilong_simulator.score.recorded import Given, judge
from lilong_simulator.score.recorded_run import read
from lilong_simulator.score.witness import read as read_witness
from lilong_simulator.tables import read as tables
from lilong_simulator.truth import Expectation, TruthError, TruthRow, read_expectations, read_truth
from rich.console import Console

from .inputs import InputError, output_folder
from .summary import summarise

Row = TypeVar("Row", TruthRow, Expectation)
REPORTS = ("score.json", "report.json")  # beside a truth.jsonl, they date it


def score(
    messages: Annotated[Path, typer.Option(help="a file of --record, messages.parquet or .jsonl, or their folder")],
    truth: Annotated[Path, typer.Option(help="truth.jsonl or truth.parquet of the run")],
    observed: Annotated[Path, typer.Option(help="the backend's observed feed, JSON lines")],
    expectations: Annotated[
        Path | None,
        typer.Option(help="expectations.jsonl or .parquet: what had to follow; else the one beside the truth, where "
                          "the run asked for it"),
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option(help="witness.json: what the run saw that no frame tells; else the one beside the truth, if any"),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="labels.jsonl of --data-faults; else the one beside the truth, if any")
    ] = None,
    world_began: Annotated[
        str | None, typer.Option(help="world time 0, in Unix ms or as a UTC time; else by the report beside the truth")
    ] = None,
    console: Annotated[
        bool | None,
        typer.Option("--console/--no-console", help="alarms had to be shown; else as the feed says"),
    ] = None,
    people: Annotated[
        bool | None, typer.Option("--people/--no-people", help="people had to answer; else as the feed says")
    ] = None,
    require: Annotated[
        list[str] | None, typer.Option(help="a threshold, as ingest.p99<=1s or missed==0; several")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="folder for report.json and report.html")] = None,
) -> None:
    """A recorded run of anybody's backend, judged from its observed feed: missed, late, false, by incident."""
    screen = Console(highlight=False, soft_wrap=True, markup=False)
    thresholds = tuple(parse(text) for text in require or ())
    folder = None if report is None else output_folder("--report", report)
    rows, began = _truth(truth)
    witness = witness or _sibling(truth, "witness")
    seen = None if witness is None else read_witness(witness)
    if expectations is None and (seen is None or seen.judging.asks is not False):
        expectations = _sibling(truth, "expectations")
    followed = [] if expectations is None else _expectations(expectations)
    labels = labels or _sibling(truth.with_suffix(".jsonl"), "labels")
    feed = _feed(observed)
    source = open_source(messages, sealed=False)
    began = _date(world_began) if world_began is not None else began if began is not None else _beside(truth)
    if began is None and seen is not None:
        began = seen.judging.epoch_zero + seen.judging.world_zero
    run = read(source, {one.device for one in followed})
    if source.epoch_zero is None and began is not None:
        run.epoch_zero = began  # of lines of lilong simulate: virtual time begins with the world
    if began is None:
        raise InputError(
            f"--truth {truth}: nothing says when its world began; keep {' or '.join(REPORTS)} of the run beside it, or "
            "give --world-began"
        )
    if run.epoch_zero is None:
        raise InputError(f"--messages {messages}: nothing dates them; record them again")
    if not rows:
        raise InputError(f"--truth {truth}: holds no row, so nothing can be judged; give that of the run")
    content = judge(
        Given(
            run, rows, followed, feed, began, source.name, console, people, thresholds,
            () if source.cut is None else (source.cut,), seen, source.cut is not None,
            None if labels is None else _labels(labels),
        )
    )  # fmt: skip
    summarise(content, screen)
    if folder is not None:
        try:
            reports.write(folder, content, run.recorder)
        except OSError as error:
            raise InputError(f"--report {folder}: {error.strerror}; make room, or name another folder") from error
        screen.print(f"report: {folder / 'report.html'}")
    sys.exit(reports.EXIT_CODES[content["verdict"]])


def _truth(path: Path) -> tuple[list[TruthRow], float | None]:
    _there("--truth", path)
    if path.suffix == ".parquet":
        return tables.truth(path)
    return _text(path, read_truth), None


def _expectations(path: Path) -> list[Expectation]:
    _there("--expectations", path)
    return tables.expectations(path) if path.suffix == ".parquet" else _text(path, read_expectations)


def _text(path: Path, reads: Callable[[Path], list[Row]]) -> list[Row]:
    try:
        return reads(path)
    except UnicodeDecodeError:
        raise TruthError(f"{path}: is no text of JSON lines; give the .jsonl, or a .parquet by that name") from None


def _labels(path: Path) -> list[Label]:
    _there("--labels", path)
    return read_labels(path)


def _sibling(truth: Path, name: str) -> Path | None:
    """What the run of a truth has left beside it, in the truth's own format where there are two."""
    beside = (truth.with_name(f"{name}{suffix}") for suffix in (truth.suffix, ".jsonl", ".json"))
    return next((file for file in beside if file.is_file()), None)


def _feed(path: Path) -> list[FeedEvent]:
    """Every line; a last one without its end too, since nobody writes on."""
    _there("--observed", path)
    lines = path.read_bytes().split(b"\n")
    return [parse_line(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _there(option: str, path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{option} {path}: is {'a folder' if path.is_dir() else 'not there'}; name the file")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"{option} {path}: {error.strerror}; name a file that can be read") from None


def _beside(truth: Path) -> float | None:
    """When the world began, by the report of the run."""
    for name in REPORTS:
        try:
            began = json.loads(truth.with_name(name).read_text("utf-8"))["world_began"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(began, (int, float)):
            return float(began)
    return None


def _date(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--world-began {text}: is no time; give Unix ms, or UTC like 2026-03-04T10:38:00") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000
