"""When a sensor's value is past the level of an alarm, so that a truth is computed from what the sensor sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..world.doors import HELD_MS
from ..world.gas import TRIP_TENTHS
from ..world.rain import LEVELS as WATER
from ..world.smoke import TRIP_MDBM
from ..world.wearers import IMPACT_MG
from .physics.base import Curve

HOURS_12_MS = 43_200_000


@dataclass(frozen=True, slots=True)
class Level:
    """On one channel. `holds_ms`: the crossing is so long after the value has come to be past it."""

    channel: str
    past: Callable[[int], bool]
    holds_ms: int = 0

    def span(self, curves: Sequence[Curve]) -> tuple[int, int | None] | None:
        """From when to when the value is past it: ms of world time; None to: for ever. None: it never is."""
        since: int | None = None
        for channel, steps in curves:
            if channel != self.channel:
                continue
            for at, value in steps:
                if since is None and self.past(value):
                    since = at
                elif since is not None and not self.past(value):
                    if at - since > self.holds_ms:
                        return since + self.holds_ms, at
                    since = None
        return None if since is None else (since + self.holds_ms, None)


WATER_MM = {alarm: from_mm for alarm, from_mm, _ in WATER}

LEVELS = {
    "smoke.alarm": Level("obscuration", lambda value: value > TRIP_MDBM),
    "gas.leak": Level("gas", lambda value: value >= TRIP_TENTHS),
    "manhole.level": Level("water", lambda value: value <= WATER_MM["manhole.level"]),
    "manhole.overfull": Level("water", lambda value: value <= WATER_MM["manhole.overfull"]),
    "door.held": Level("contact", bool, HELD_MS),
    "band.fall": Level("accel", lambda value: value >= IMPACT_MG),
    "band.inactive": Level("motion", lambda value: not value, HOURS_12_MS),
}
"""By the name of the alarm. Any other one crosses with the first change of an element, and ends with its last."""


def span(alarm: str, curves: Sequence[Curve]) -> tuple[int, int | None] | None:
    """From when to when what an alarm is about is there, by what the sensors see."""
    if (level := LEVELS.get(alarm)) is not None and any(curve.channel == level.channel for curve in curves):
        return level.span(curves)
    times = [at for curve in curves for at, _ in curve.steps]
    return (min(times), max(times)) if times else None
