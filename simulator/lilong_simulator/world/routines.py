"""How likely somebody is under way at a time of the day: office and school go in the morning, the old before noon."""

from __future__ import annotations

from lilong_simulator.estate import Estate

NIGHT, MORNING, DAY, EVENING = range(4)
# Against those of their neighbours who are under way most then (assumed).
UNDER_WAY = {
    "office": (0.1, 1.0, 0.2, 1.0),
    "family": (0.1, 1.0, 0.45, 0.9),
    "shift": (1.0, 0.5, 0.5, 0.5),
    "home": (0.15, 0.4, 0.9, 0.6),
    "retired": (0.05, 0.4, 1.0, 0.4),
}
_PARTS = [NIGHT] * 6 + [MORNING] * 3 + [DAY] * 7 + [EVENING] * 6 + [NIGHT] * 2


def likely(estate: Estate) -> dict[int, tuple[float, ...]]:
    """By card of each resident: how likely in each part of a day."""
    return {who.card: UNDER_WAY[one.routine] for one in estate.households for who in one.persons}


def part_of(hour: int) -> int:
    """NIGHT, MORNING, DAY or EVENING."""
    return _PARTS[hour]
