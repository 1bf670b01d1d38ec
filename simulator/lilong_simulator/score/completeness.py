"""Completeness: of the heartbeats and the telemetry that a device's periods promise, how many there were.

Counted from a device's first one of its class until the run's end, or until it burnt; what a fault of the run kept it
from is not expected. Where a kind beats more slowly at times, the slow period is what it promises. What comes more
often than that counts no more than it is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from lilong_protocol.registry import KIND

from ..estate import Device
from ..load.faults.excuses import Excuses
from ..recorder import Recorder, Regular

SLOWEST_BEAT_S = {"streetlight": 3_600}  # unlit; lit it beats as its link says
FIRST_MS = 60_000  # (ours) devices come up spread over a minute
SAME_MS = 1_000  # (ours) what is due in the last second may come too late to be counted
WORST = 20  # devices told one by one
HEARTBEAT, TELEMETRY = "heartbeat", "telemetry"


class Periods(NamedTuple):
    """Of one device, in s; 0: it sends none."""

    beat_s: float
    telemetry_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """One class of one device."""

    device: str
    name: str
    kind: str
    cls: str
    received: int
    expected: int

    @property
    def share(self) -> float:
        return self.received / self.expected


def periods_of(kind: str, beat_s: float | None = None) -> Periods:
    """Of a kind, with a device's own beat where it has one."""
    link = KIND[kind].link
    beat = beat_s or SLOWEST_BEAT_S.get(kind, link.beat_s)
    return Periods(beat, max(beat, link.telemetry_s) if link.telemetry_s else 0)


def completeness(
    devices: Iterable[Device],
    recorder: Recorder,
    began: float,
    ended: float,
    rate: float = 1.0,
    excuses: Excuses | None = None,
) -> dict[str, Any]:
    """The part `completeness` of a report; times in ms of the run's clock. rate: by what periods were divided."""
    parts = []
    for one in devices:
        periods = periods_of(one.kind, one.beat_s)
        until = min(ended, recorder.burnt.get(one.id, ended))
        beats = recorder.beats.get(one.id)
        if not KIND[one.kind].link.always_on:  # heard at its beats by a birth; by heartbeats while an alarm is open
            beats = _both(recorder.births.get(one.id), beats)
        for cls, seen, period_s in (
            (HEARTBEAT, beats, periods.beat_s),
            (TELEMETRY, recorder.samples.get(one.id), periods.telemetry_s),
        ):
            if period_s:
                period = max(period_s * 1000 / rate, 10.0)
                expected = _expected(one.id, seen, period, began, until, excuses)
                if expected:
                    received = min(expected, 0 if seen is None else seen.count)
                    parts.append(Part(one.id, one.name, one.kind, cls, received, expected))
    return told(parts)


def told(parts: list[Part]) -> dict[str, Any]:
    """As a report has it."""
    by_kind: dict[str, dict[str, list[Part]]] = {}
    for part in parts:
        by_kind.setdefault(part.kind, {}).setdefault(part.cls, []).append(part)
    lacking = sorted(
        (part for part in parts if part.received < part.expected), key=lambda part: (part.share, part.name)
    )
    return {
        **_sum(parts),
        "devices": len({part.device for part in parts}),
        "whole": len({part.device for part in parts} - {part.device for part in lacking}),
        "by_kind": {
            kind: {cls: _sum(own) for cls, own in classes.items()} for kind, classes in sorted(by_kind.items())
        },
        "worst": [
            {
                "device": part.device, "name": part.name, "kind": part.kind, "class": part.cls,
                "received": part.received, "expected": part.expected, "share": round(part.share, 4),
            }
            for part in lacking[:WORST]
        ],
    }  # fmt: skip


def _sum(parts: list[Part]) -> Mapping[str, Any]:
    received, expected = sum(part.received for part in parts), sum(part.expected for part in parts)
    return {
        "received": received,
        "expected": expected,
        "share": round(received / expected, 6) if expected else None,
    }


def _both(births: Regular | None, beats: Regular | None) -> Regular | None:
    if births is None or beats is None:
        return births or beats
    return Regular(min(births.first, beats.first), births.count + beats.count)


def _expected(
    device: str, seen: Regular | None, period: float, began: float, until: float, excuses: Excuses | None
) -> int:
    """How many of a class; a fault takes away those that fall into it, and the one after. Of a device that was never
    heard nobody knows when it would have been: within a period of when it could."""
    silences = [] if excuses is None else excuses.silences(device)
    first = began + FIRST_MS + period if seen is None else seen.first
    if seen is None:
        for begin, end in silences:
            if begin < first:
                first = max(first, end + period)
    if until < first:
        return 0
    count = int((until - first - SAME_MS) / period) + 1
    for begin, end in silences:
        hindered = min(end, until) - max(begin, first)
        if hindered > 0:
            count -= int(hindered / period) + 1
    return max(count, 0 if seen is None else 1)
