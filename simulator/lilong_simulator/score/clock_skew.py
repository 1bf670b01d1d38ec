"""Clocks that disagree: times of a backend that cannot be, how far its clock is ahead of the generator's, its zone.

A commit lies between the publish of an alarm and the arrival of its stored-ack, both seen here. So each alarm says
between which the backend's clock is ahead, and all together say it best.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import Judged

RESOLUTION_MS = 1.0  # a feed tells whole milliseconds
ZONE_MS, LAST_ZONE = 1_800_000, 28  # zones lie half hours apart, up to 14 h
NEAR_MS = 60_000  # (ours) what else a clock may be off, and a backend take


@dataclass(frozen=True, slots=True)
class Skew:
    """impossible: times before their cause, and commits after their own stored-ack. worst_ms: the farthest of them.

    ahead_ms: (at least, at most) by which the backend's clock is ahead; None: it was not observed. zone_h: all its
    times lie so many hours after what they are of, as if it told local time; None: they do not.
    """

    impossible: int
    worst_ms: float | None
    ahead_ms: tuple[float, float] | None
    zone_h: float | None = None


def skew(judged: Iterable[Judged], acknowledged_by_backend: bool) -> Skew:
    """acknowledged_by_backend: stored-acks are the backend's own, not made here (`--accept`)."""
    wrong: list[float] = []
    least: list[float] = []
    most: list[float] = []
    took: list[float] = []
    for one in judged:
        alarm = one.alarm
        if alarm is None:
            continue
        for at in (one.ingest, one.shown, one.acknowledged):
            if at is not None and at < alarm.decided - RESOLUTION_MS:
                wrong.append(at - alarm.decided)
        if one.ingest is not None:
            took.append(one.ingest - (alarm.decided if alarm.sent is None else alarm.sent))
        if one.ingest is None or not acknowledged_by_backend or one.ingest == alarm.stored:
            continue
        if alarm.stored is not None:
            least.append(one.ingest - alarm.stored)
            if least[-1] > RESOLUTION_MS:
                wrong.append(least[-1])
        most.append(one.ingest - (alarm.decided if alarm.sent is None else alarm.sent))
    ahead = (round(max(least), 3), round(min(most) + RESOLUTION_MS, 3)) if least and most else None
    worst = max(wrong, key=abs, default=None)
    return Skew(len(wrong), None if worst is None else round(worst, 3), ahead, _zone_h(took))


def _zone_h(took: list[float]) -> float | None:
    zones = {round(ms / ZONE_MS) for ms in took}
    zone = zones.pop() if len(zones) == 1 else 0
    if not 0 < abs(zone) <= LAST_ZONE or any(abs(ms - zone * ZONE_MS) > NEAR_MS for ms in took):
        return None
    return zone * ZONE_MS / 3_600_000
