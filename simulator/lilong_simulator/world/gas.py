"""Gas in air that mixes well: dC/dt = Q/V - nC, stepped once a second in integers of parts in 10^12.

One rounding is made, downwards, a step: 1 part in 10^12, which is 2e-11 of the lower explosive limit; the error of
the one-second step itself is below n/2 seconds relative, 0.007 % at half an air change an hour.
"""

from __future__ import annotations

METHANE_LEL = 50_000_000_000  # 5 % of the volume, in parts in 10^12
TRIP_TENTHS = 100  # 10 %LEL in 0.1 %LEL
EARLIEST_MS, LATEST_MS = 15_000, 60_000  # new GB 15322.2: no alarm before, alarm by
Staircase = list[tuple[int, int]]  # (ms, 0.1 %LEL), ascending, each value new


class MixedAir:
    """Air of one volume (litres) with an exchange (thousandths of the volume an hour); `tenths` in 0.1 %LEL."""

    def __init__(self, volume_l: int, exchange_milli_per_h: int) -> None:
        self._volume = volume_l
        self.exchange = exchange_milli_per_h
        self._share = 0  # of the gas, in parts in 10^12

    def second(self, litres_per_h: int) -> int:
        """Lets gas flow in for a second; the concentration after it in 0.1 %LEL."""
        inflow = litres_per_h * 10**12 // (3_600 * self._volume)
        outflow = self._share * self.exchange // 3_600_000
        self._share += inflow - outflow
        return self.tenths

    @property
    def tenths(self) -> int:
        """The concentration in 0.1 %LEL, rounded down."""
        return self._share * 1_000 // METHANE_LEL


def leak(from_ms: int, seconds: int, litres_per_h: int, air: MixedAir) -> Staircase:
    """A steady leak for `seconds`, then the air clears until nothing is left to read."""
    return _stairs(from_ms, seconds, litres_per_h, air)


def whiff(from_ms: int, litres: int, turnover_s: int) -> Staircase:
    """Vapour of cooking wine under the ceiling: `litres` in 5 s into a pocket of half a cubic metre."""
    air = MixedAir(500, 3_600_000 // turnover_s)
    return _stairs(from_ms, 5, litres * 720, air)


def _stairs(from_ms: int, seconds: int, litres_per_h: int, air: MixedAir) -> Staircase:
    stairs: Staircase = []
    value, second = air.tenths, 0
    while second < seconds or value > 0:
        now = air.second(litres_per_h if second < seconds else 0)
        second += 1
        if now != value:
            value = now
            stairs.append((from_ms + second * 1_000, value))
    return stairs


def above(stairs: Staircase) -> tuple[int, int] | None:
    """From when to when a staircase is at or above the low alarm, or None when it never is."""
    crossing = next((at for at, value in stairs if value >= TRIP_TENTHS), None)
    if crossing is None:
        return None
    return crossing, next(at for at, value in stairs if at > crossing and value < TRIP_TENTHS)
