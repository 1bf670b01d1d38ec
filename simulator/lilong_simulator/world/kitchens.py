"""Kitchens: meals that make a little smoke, pots that burn, cooking wine under the gas detector.

A nuisance is not a false signal: the smoke or vapour is really there, so a detector that it crosses must alarm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Flat
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import Expect, truth_row
from lilong_simulator.world import gas, smoke
from lilong_simulator.world.arrivals import time_on_curve
from lilong_simulator.world.daily import YEAR_DAYS, Daily

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

PAUSE_MS = 120_000  # between two meals in one kitchen


class Kitchens(Daily):
    """All kitchens of an estate, a day at a time; each draws from streams of its own flat and day."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        estate = world.estate
        self._smoke = [(flat, d) for flat in estate.flats if (d := estate.find(flat.stem, "smoke")) is not None]
        self._gas = [(flat, d) for flat in estate.flats if (d := estate.find(flat.stem, "gas")) is not None]
        self._curve = estate.curves.smoke_nuisance
        rates = estate.rates
        self._meals = rates.cookings_per_household
        meals = self._meals * len(estate.flats)
        self._burnt = min(1.0, rates.smoke_nuisance / meals) if meals else 0.0
        self._vapour = min(1.0, rates.gas_nuisance_per_detector_year / YEAR_DAYS)
        self._whiff = min(1.0, rates.gas_whiffs_per_detector_year / YEAR_DAYS)
        self._busy: dict[str, int] = {}

    def _plan(self, midnight: int, ordinal: int) -> None:
        world, streams = self._world, self._world.streams
        for flat, device in self._smoke:
            for meal in range(int(self._meals) + 1):
                if meal < int(self._meals) or streams.chance(self._meals % 1, flat.key, "another meal", ordinal):
                    at = midnight + time_on_curve(self._curve, streams.draw(flat.key, "meal", ordinal, meal))
                    if at >= world.agenda.now:
                        world.agenda.at(at, self._cook, flat, device, ordinal, meal)
        for flat, device in self._gas:
            for habit, chance in (("vapour", self._vapour), ("whiff", self._whiff)):
                if streams.chance(chance, flat.key, habit, ordinal):
                    at = midnight + time_on_curve(self._curve, streams.draw(flat.key, f"{habit} at", ordinal))
                    if at >= world.agenda.now:
                        world.agenda.at(at, self._splash, flat, device, habit, ordinal)

    def _cook(self, flat: Flat, device: Device, ordinal: int, meal: int) -> None:
        stream = self._world.streams.stream(flat.key, "meal", ordinal, meal)
        onset = max(self._world.agenda.now, self._busy.get(device.id, 0))
        if not stream.chance(self._burnt):
            self._drive(device, "obscuration", smoke.cooking(onset, stream.between(20, 150), stream.between(4, 15)))
            return
        stairs = smoke.burnt_pan(
            onset, onset + stream.between(30_000, 90_000), stream.between(300, 700), stream.between(40_000, 180_000),
            smoke.IDLE_MDBM,
        )  # fmt: skip
        crossing = next(at for at, value in stairs if value > smoke.TRIP_MDBM)
        if self._drive(device, "obscuration", stairs):
            until = smoke.below_trip_at(stairs)
            self._world.expect(truth_row(device, "smoke.alarm", crossing, "burnt pan", until_ms=until))

    def _splash(self, flat: Flat, device: Device, habit: str, ordinal: int) -> None:
        stream = self._world.streams.stream(flat.key, habit, ordinal)
        onset = max(self._world.agenda.now, self._busy.get(device.id, 0))
        litres, turnover = _whiff(stream) if habit == "whiff" else _vapour(stream)
        stairs = gas.whiff(onset, litres, turnover)
        if not self._drive(device, "gas", stairs) or (span := gas.above(stairs)) is None:
            return
        seconds = span[1] - span[0]
        expect: Expect = "may"
        if seconds < gas.EARLIEST_MS:
            expect = "must_not"
        elif seconds > gas.LATEST_MS:
            expect = "must"
        cause = "cooking wine"
        self._world.expect(truth_row(device, "gas.leak", span[0], cause, expect, until_ms=span[1]))

    def _drive(self, device: Device, channel: str, stairs: list[tuple[int, int]]) -> bool:
        """Puts a staircase on the agenda unless an incident drives the channel; whether it did."""
        if not self._world.claims.free(device.id, channel, stairs[0][0], stairs[-1][0]):
            return False
        for at, value in stairs:
            self._world.change(at, device, channel, value)
        self._busy[device.id] = stairs[-1][0] + PAUSE_MS
        return True


def _whiff(stream: Stream) -> tuple[int, int]:
    """Litres of vapour and seconds of turnover of a whiff that is gone before it counts."""
    return stream.between(3, 4), stream.between(8, 11)


def _vapour(stream: Stream) -> tuple[int, int]:
    """Of a splash that stays in the corner for more than the minute within which a detector must alarm."""
    return stream.between(6, 9), stream.between(110, 150)
