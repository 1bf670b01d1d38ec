"""What changed between two reports: what was run, the verdict, counts, latencies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..report.model import SEALED, VERSION, Report
from .thresholds import CLOCK_NAMES

CONDITIONS = (
    "estate", "estates", "devices", "mode", "seed", "rate", "started", "duration_s", "incidents", "broker", "accept",
    "ingest_by", "payload", "machine",
)  # fmt: skip
PLAIN_RATES = ("connects_per_s", "sent_per_s", "acknowledged_per_s")  # more is better
FIGURES = ("p50", "p99", "max")
NOISE = 0.05  # (ours) of a latency: what changes less is told as the same
NOISE_MS = 0.5
LESS_IS_BETTER = {
    "undetected", "missed", "late", "false", "duplicate", "out of order", "lost devices", "impossible times",
}  # fmt: skip


class CompareError(ValueError):
    """A file that is no report of this version; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of both reports. better: None where neither is, or where nobody can say."""

    name: str
    before: float | str | None
    after: float | str | None
    unit: str = ""
    better: bool | None = None

    @property
    def same(self) -> bool:
        return self.before == self.after or (self.better is None and self.unit == "ms" and None not in self.values)

    @property
    def values(self) -> tuple[float | str | None, float | str | None]:
        return self.before, self.after

    @property
    def by(self) -> float | None:
        """The share by which it has grown, where both are numbers and the first is not 0."""
        if isinstance(self.before, (int, float)) and isinstance(self.after, (int, float)) and self.before:
            return self.after / self.before - 1
        return None


def read_report(path: Path) -> dict[str, Any]:
    """A report.json; CompareError for what is none."""
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CompareError(f"{path}: {error.strerror}; give the report.json of a run") from None
    except ValueError as error:
        raise CompareError(f"{path}: not JSON ({error}); give the report.json of a run") from None
    version = content.get("schema") if isinstance(content, dict) else None
    if version != VERSION:
        raise CompareError(f"{path}: a report of schema {version}, this is {VERSION}; run it again with this version")
    try:
        Report.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CompareError(f"{path}: {where}: {first['msg'].lower()}; give the report.json of a run") from None
    report: dict[str, Any] = content
    return report


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Every figure that both reports could have, in the order in which a person reads."""
    for name in CONDITIONS:
        old, new = (one.get(name, SEALED) for one in (before, after))  # older reports have no payload
        if old != new:
            yield Change(name.replace("_", " "), _text(old), _text(new))
    verdicts = (before["verdict"], after["verdict"])
    yield Change("verdict", *verdicts, better=None if verdicts[0] == verdicts[1] else verdicts[1] == "pass")
    counts = [
        (name.replace("_", " "), *(one["alarms"].get(name) for one in (before, after))) for name in before["alarms"]
    ]
    counts += [
        ("messages sent", before["messages"]["total"], after["messages"]["total"]),
        ("connected", before["connected"], after["connected"]),
        ("lost devices", before["lost"], after["lost"]),
        ("impossible times", before["clock_skew"]["impossible"], after["clock_skew"]["impossible"]),
    ]
    for name, old, new in counts:
        better = None
        if old is not None and new is not None and old != new and name in LESS_IS_BETTER:
            better = new < old
        yield Change(name, old, new, better=better)
    for name in PLAIN_RATES if before.get("plain") and after.get("plain") else ():
        old, new = (one["plain"][name] for one in (before, after))
        moved = None not in (old, new) and abs(new - old) > NOISE * old
        yield Change(name.replace("_per_s", " a second"), old, new, better=new > old if moved else None)
    for name, was, now in _histograms(before, after):
        for figure in FIGURES:
            yield _latency(f"{name} {figure}", *(None if one is None else one[figure] for one in (was, now)))
    knees = [one["knee"] and one["knee"]["rate"] for one in (before, after)]
    if any(knee is not None for knee in knees):
        old, new = knees
        yield Change("knee at rate", old, new, better=None if None in knees or old == new else new > old)


def _latency(name: str, old: float | None, new: float | None) -> Change:
    better = None
    if old is not None and new is not None and abs(new - old) > max(NOISE * old, NOISE_MS):
        better = new < old
    return Change(name, old, new, "ms", better)


def _histograms(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    for clock in CLOCK_NAMES:
        yield clock, before["latency_ms"][clock], after["latency_ms"][clock]
    alarms = [*before["by_alarm"], *(name for name in after["by_alarm"] if name not in before["by_alarm"])]
    if len(alarms) > 1:
        for name in alarms:
            old, new = (one["by_alarm"].get(name, {}).get("ingest") for one in (before, after))
            yield f"ingest of {name}", old, new
    for name, key in (("PUBACK", "puback"), ("connect", "online")):
        old, new = ((one["broker_ms"] or {}).get(key) for one in (before, after))
        yield name, old, new
    yield "generator lag", before["generator_lag_ms"], after["generator_lag_ms"]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(_text(part) for part in value.values()) if isinstance(value, dict) else str(value)
