"""When things happen that follow a daily curve: Poisson arrivals whose rate changes, exact to the hour's share."""

from __future__ import annotations

from collections.abc import Sequence

from lilong_simulator.random_streams import Stream, draw_below
from lilong_simulator.world.local_time import HOUR_MS

BLOCK_MS = 300_000
BLOCKS = HOUR_MS // BLOCK_MS
BURST = 1.8  # the busiest five minutes of an hour against its mean (assumed)
_PEAK = range(6, 10)
_SHIFT_H = 3


class Arrivals:
    """A Poisson process that is asked block by block how many it expects there."""

    __slots__ = ("_owed", "_stream")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._owed = stream.exponential()

    def between(self, from_ms: int, to_ms: int, expected: float) -> list[int]:
        """The times in [from_ms, to_ms), ascending, of which `expected` come on average."""
        times: list[int] = []
        used = self._owed
        while used < expected:
            times.append(from_ms + int((to_ms - from_ms) * (used / expected)))
            used += self._stream.exponential()
        self._owed = used - expected
        return times


def weekend_curve(curve: Sequence[float]) -> list[float]:
    """A weekend's hourly shares: half of 06 to 09 comes three hours later, the peak at 10:00 (assumed)."""
    flat = list(curve)
    for hour in _PEAK:
        flat[hour] -= curve[hour] / 2
        flat[hour + _SHIFT_H] += curve[hour] / 2
    return flat


def burst_weight(seed: int, ordinal: int, hour: int, block: int) -> float:
    """The weight of one of an hour's twelve five-minute blocks; one of them, by chance, is the burst."""
    busiest = draw_below(BLOCKS, seed, "burst", ordinal, hour)
    return BURST if block == busiest else (BLOCKS - BURST) / (BLOCKS - 1)


def time_on_curve(curve: Sequence[float], number: int) -> int:
    """A time of day in ms for a uniform 64-bit number: the hour by the curve, the rest evenly within it."""
    target = (number >> 11) * 2.0**-53 * 100.0
    for hour, share in enumerate(curve):
        if target < share:
            return hour * HOUR_MS + min(HOUR_MS - 1, int(target / share * HOUR_MS))
        target -= share
    return 24 * HOUR_MS - 1
