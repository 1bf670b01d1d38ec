"""A run that was played in virtual time, judged once more from what it leaves in files, and not from what it saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incident_world import Played
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.lines import Said
from lilong_simulator.report.rows import alarm_row, linkage_row
from lilong_simulator.score.recorded import Given, judge
from lilong_simulator.score.recorded_run import read
from lilong_simulator.score.witness import Judging, Witness
from lilong_simulator.score.witness import read as read_witness
from lilong_simulator.truth import read_expectations, read_truth, write_rows


@dataclass
class _Rows:
    """A recording."""

    said: list[Said]
    epoch_zero: float | None
    name: str = "rows"
    cut: str | None = None

    def rows(self) -> Iterator[Said]:
        yield from self.said


def scored(run: Played, folder: Path, witness: bool = True, shift_ms: float = 0.0) -> dict[str, Any]:
    """The report of its recording, with or without what the run saw; `shift_ms`: the recording's clock begins so long
    before the run's."""
    write_rows(folder / "truth.jsonl", [row for row in run.run.world.truth if row.crossing_ms <= run.horizon])
    expectations = run.run.world.expectations
    write_rows(folder / "expectations.jsonl", expectations)
    hindrances = [] if run.run.faults is None else run.run.faults.timeline.hindrances
    judging = Judging(float(run.epoch_zero), 0.0, run.horizon, float(run.run.env.now), run.horizon, arrivals=True)
    Witness(judging, run.recorder, hindrances).write(folder / "witness.json", expectations)
    asked = read_expectations(folder / "expectations.jsonl")
    source = _Rows([row._replace(at=row.at + shift_ms) for row in run.frames], run.epoch_zero - shift_ms)
    return judge(
        Given(
            read(source, {one.device for one in asked}), read_truth(folder / "truth.jsonl"), asked,
            [FeedEvent.of(row) for row in run.feed], float(run.epoch_zero), "rows",
            witness=read_witness(folder / "witness.json") if witness else None,
        )
    )  # fmt: skip


def own(run: Played) -> dict[str, Any]:
    """The same parts of the run's own report."""
    return {
        "alarms": run.score.counts(),
        "findings": run.score.findings.counts(),
        "alarm_rows": [alarm_row(one) for one in run.score.judged],
        "linkage": [linkage_row(one) for one in run.linked],
    }


BY_THE_CLOCK = ("crossing_ms", "until_ms", "trigger_ms")


def differing(one: Mapping[str, Any], other: Mapping[str, Any], shift_ms: float = 0.0) -> list[str]:
    """Where two judgements are not the same; `shift_ms`: the other's clock began so long before."""
    found = [key for key in ("alarms", "findings") if one[key] != other[key]]
    for table in ("alarm_rows", "linkage"):
        if len(one[table]) != len(other[table]):
            found.append(f"{table}: {len(one[table])} and {len(other[table])}")
            continue
        for mine, theirs in zip(one[table], other[table], strict=True):
            moved = {name: theirs[name] - shift_ms for name in BY_THE_CLOCK if theirs.get(name) is not None}
            now = {**theirs, **moved}
            names = sorted(name for name in mine if mine[name] != now[name])
            found += [f"{table}: {mine['name']}: {name}: {mine[name]}, {now[name]}" for name in names]
    return found
