"""Carbon monoxide in kitchens: a charcoal grill indoors, a water heater whose flue is blocked; rare, and real.

When a detector must alarm follows from EN 50291 for any course of the concentration: two doses are kept, one that grows
as fast as its table allows and one as slowly. No alarm before the first is full, an alarm when the second is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Flat
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import TRANSFER, limits, truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily
from lilong_simulator.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

# Base rates (assumed): 0.02 nuisances a detector and year; 0.05 dangers a year among the reference estate's 903 flats.
GRILLS_PER_DETECTOR_YEAR = 0.02
FLUES_PER_DETECTOR_YEAR = 0.05 / 903
EVENING = (17, 20)  # hours: hot pot and showers
STEP_MS = 30_000
SHARE = 6  # of the way to the new level, in a step
LEAST_PPM = 30  # EN 50291 counts nothing below
FULL = 7_200_000_000
# EN 50291 as (ppm, dose a ms, of FULL): 30 ppm not before 120 min, 50 not before 60, 100 not before 10; at 300 there
# is no such limit, half a minute is assumed.
EARLIEST = ((30, 1_000), (50, 2_000), (100, 12_000), (300, 240_000))
# At 50 ppm by 90 min, at 100 by 40, at 300 by 3.
LATEST = ((50, 1_333), (100, 3_000), (300, 40_000))
SAMPLES_MS = 10_000  # two looks at the sensor

Staircase = list[tuple[int, int]]  # (ms of world time, ppm), ascending, each value new
Table = tuple[tuple[int, int], ...]


def rate(table: Table, ppm: int) -> int:
    """How fast a dose grows: nothing below the table, linear within, no faster above."""
    low, low_rate = table[0]
    if ppm < low:
        return 0
    for high, high_rate in table:
        if ppm < high:
            return low_rate + (ppm - low) * (high_rate - low_rate) // (high - low)
        low, low_rate = high, high_rate
    return low_rate


def full_at(table: Table, stairs: Staircase) -> int | None:
    """When the dose of a staircase that ends in clean air is full; None when it never is."""
    dose = 0
    for (at, ppm), (until, _) in pairwise(stairs):
        grows = rate(table, ppm)
        if dose + grows * (until - at) >= FULL:
            return at + (FULL - dose + grows - 1) // grows
        dose += grows * (until - at)
    return None


def spell(from_ms: int, peak_ppm: int, minutes: int) -> Staircase:
    """Rises towards a peak for as long as something burns, then a window is opened."""
    stairs: Staircase = []
    at, ppm, ends = from_ms, 0, from_ms + minutes * 60_000
    while at < ends or ppm > 0:
        at += STEP_MS
        aim = peak_ppm if at <= ends else 0
        step = max(1, abs(aim - ppm) // SHARE)
        new = min(aim, ppm + step) if aim > ppm else max(aim, ppm - step)
        if new != ppm:
            ppm = new
            stairs.append((at, ppm))
    return stairs


class Monoxide(Daily):
    """The carbon monoxide at every gas detector, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        estate = world.estate
        self._gas = [(flat, d) for flat in estate.flats if (d := estate.find(flat.stem, "gas")) is not None]

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for flat, device in self._gas:
            for cause, per_year in (("charcoal grill", GRILLS_PER_DETECTOR_YEAR), ("flue", FLUES_PER_DETECTOR_YEAR)):
                if world.streams.chance(per_year / YEAR_DAYS, flat.key, cause, ordinal):
                    self._burn(flat, device, cause, ordinal, midnight)
                    break

    def _burn(self, flat: Flat, device: Device, cause: str, ordinal: int, midnight: int) -> None:
        world, stream = self._world, self._world.streams.stream(flat.key, cause, ordinal)
        onset = midnight + stream.between(EVENING[0] * HOUR_MS, EVENING[1] * HOUR_MS)
        peak, minutes = _grill(stream) if cause == "charcoal grill" else _flue(stream)
        stairs = spell(onset, peak, minutes)
        if onset < world.agenda.now or not world.claims.free(device.id, "co", onset, stairs[-1][0]):
            return
        for at, ppm in stairs:
            world.change(at, device, "co", ppm)
        earliest, latest = full_at(EARLIEST, stairs), full_at(LATEST, stairs)
        until = next(at for at, ppm in reversed(stairs[:-1]) if ppm >= LEAST_PPM)
        if earliest is None:
            return
        if latest is None:
            world.expect(truth_row(device, "gas.co", earliest, cause, "may", until_ms=until))
            return
        local = latest - earliest + SAMPLES_MS
        bounds = limits(local, local + 10_000, local + 20_000, local + 60_000) | TRANSFER  # then as for gas
        world.expect(truth_row(device, "gas.co", earliest, cause, until_ms=until, bounds=bounds))


def _grill(stream: Stream) -> tuple[int, int]:
    """Peak in ppm and minutes of a charcoal pot in a kitchen with its window ajar (assumed)."""
    return stream.between(80, 160), stream.between(60, 120)


def _flue(stream: Stream) -> tuple[int, int]:
    """Of a shower with a water heater whose flue is blocked (assumed)."""
    return stream.between(200, 380), stream.between(15, 40)
