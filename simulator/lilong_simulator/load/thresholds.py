"""Thresholds such as `ingest.p99<=1s` or `missed==0`, held against report.json. What was not observed keeps none.

ingest.p99<=1s            a latency: local, ingest, shown, acknowledged, connack, online, puback, lag
ingest[smoke.alarm].max<2s    of one alarm; puback[alarm] of one class of message
missed==0                 a count: missed, late, false, lost, sent ...
sent_per_s>=1000          of plain clients: connects, messages sent, acknowledged a second
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lilong_protocol.registry import ALARMS

from ..toml_files.errors import nearest
from .measures import CLASS_NAMES

CLOCK_NAMES = ("local", "ingest", "shown", "acknowledged")
BROKER_NAMES = ("connack", "online", "puback")
LATENCIES = (*CLOCK_NAMES, *BROKER_NAMES, "lag")
FIGURES = ("p50", "p90", "p99", "p999", "max", "count")
ALARM_COUNTS = (
    "true", "raised", "stored", "acknowledged", "undetected", "missed", "late", "false", "excused", "duplicate",
    "out_of_order",
)  # fmt: skip
FATES = ("in_flight", "refused", "skipped", "unconfirmed")
PLAIN_RATES = ("connects_per_s", "sent_per_s", "acknowledged_per_s")  # of plain clients
COUNTS = (*ALARM_COUNTS, *FATES, *PLAIN_RATES, "sent", "frames_lost", "devices", "connected", "lost", "clock_skew")
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
NAME = r"\s*([A-Za-z_]+)\s*(?:\[([^\]]*)\])?\s*(?:\.\s*([A-Za-z0-9_]+))?\s*"
FORM = re.compile(NAME + r"(<=|>=|==|!=|<|>)\s*([0-9]*\.?[0-9]+)\s*([A-Za-z%]*)\s*")


class ThresholdError(ValueError):
    """A threshold that cannot be held against anything: what is wrong, and what was meant."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold; `limit` in ms, or a number for a count."""

    text: str
    name: str
    of: str | None
    figure: str | None
    compare: str
    limit: float

    def value(self, report: Mapping[str, Any]) -> float | None:
        """What report.json holds there; None: not observed."""
        if self.figure is None:
            return _count(report, self.name)
        found = _latency(report, self.name, self.of)
        if found is None or (not found["count"] and self.figure != "count"):
            return None
        value: float | None = found[self.figure]
        return value

    def shown(self, value: float) -> str:
        """A value in words."""
        return f"{value:g}" if self.figure in (None, "count") else f"{value:g} ms"


def parse(text: str) -> Threshold:
    """A threshold as it was written; ThresholdError, with the nearest name, for what is none."""
    found = FORM.fullmatch(text)
    if found is None:
        raise ThresholdError(f"--require {text!r}: is no threshold; write one like ingest.p99<=1s or missed==0")
    name, of, figure, compare, number, unit = found.groups()
    if name not in (*LATENCIES, *COUNTS) or (figure is None and name not in COUNTS):
        if name in LATENCIES:
            raise ThresholdError(f"--require {text!r}: which figure of {name}? one of {name}.{', '.join(FIGURES)}")
        raise ThresholdError(f"--require {text!r}: nothing is called {name}; {nearest(name, {*LATENCIES, *COUNTS})}")
    if figure is None:
        if of is not None or unit:
            raise ThresholdError(f"--require {text!r}: {name} is a count; write it like {name}{compare}{number}")
        return Threshold(text, name, None, None, compare, float(number))
    if name not in LATENCIES:
        wanted = f"{name}{compare}{number}"
        raise ThresholdError(f"--require {text!r}: {name} is a count and has no {figure}; write {wanted}")
    if figure not in FIGURES:
        raise ThresholdError(f"--require {text!r}: a latency has no {figure}; {nearest(figure, FIGURES)}")
    if of is not None:
        _qualified(text, name, of)
    if figure == "count":
        if unit:
            raise ThresholdError(f"--require {text!r}: a count has no unit; write {name}.count{compare}{number}")
        return Threshold(text, name, of, figure, compare, float(number))
    if unit not in UNITS_MS:
        given = f"{unit!r} is no unit of time" if unit else "has no unit"
        raise ThresholdError(f"--require {text!r}: {given}; write {number}ms or {number}s")
    return Threshold(text, name, of, figure, compare, float(number) * UNITS_MS[unit])


def judge(thresholds: Iterable[Threshold], report: Mapping[str, Any]) -> list[tuple[Threshold, float | None, bool]]:
    """(threshold, what the report holds, whether it was kept) of each; what was not observed keeps none."""
    judged = []
    for one in thresholds:
        value = one.value(report)
        judged.append((one, value, value is not None and COMPARE[one.compare](value, one.limit)))
    return judged


def _qualified(text: str, name: str, of: str) -> None:
    if name in CLOCK_NAMES:
        known = {row.name for row in ALARMS}
    elif name == "puback":
        known = set(CLASS_NAMES.values())
    else:
        raise ThresholdError(f"--require {text!r}: {name} is not measured apart; leave [{of}] out")
    if of not in known:
        raise ThresholdError(f"--require {text!r}: nothing is called {of}; {nearest(of, known)}")


def _latency(report: Mapping[str, Any], name: str, of: str | None) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None
    if name == "lag":
        found = report["generator_lag_ms"]
    elif name in CLOCK_NAMES:
        found = report["latency_ms"][name] if of is None else report["by_alarm"].get(of, {}).get(name)
    elif report["broker_ms"] is None:
        found = None
    else:
        found = report["broker_ms"][name] if of is None else report["broker_ms"]["by_class"].get(of)
    return found


def _count(report: Mapping[str, Any], name: str) -> float | None:
    fates = report["messages"]["fates"]
    found: float | None
    if name in ALARM_COUNTS:
        # of a lost shard nobody knows its alarms
        found = None if report.get("shards_missing") else report["alarms"][name]
    elif name in FATES or name == "frames_lost":
        key = "lost" if name == "frames_lost" else name
        found = None if fates is None else sum(one[key] for one in fates.values())
    elif name in PLAIN_RATES:
        found = None if report["plain"] is None else report["plain"][name]
    elif name == "sent":
        found = report["messages"]["total"]
    elif name == "clock_skew":
        found = report["clock_skew"]["impossible"]
    else:
        found = report[name]
    return found
