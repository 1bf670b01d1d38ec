"""Batteries that come to their end: a smoke detector's after some five years; somebody changes it in some days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.truth import truth_row
from lilong_simulator.world.local_time import DAY_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

YEAR_DAYS = 365
LOW_PERCENT, FULL_PERCENT = (5, 9), 100
CHANGED_DAYS = (2, 6)  # until the battery has been changed (assumed)


class Batteries:
    """Those of all smoke detectors, a day at a time.

    A detector looks at its battery once a day of its own, so that a low one may be told in a run, and must be only in
    one of several days: the fault `low_battery` of a run says so for its devices.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._devices = world.estate.of_kind("smoke")
        self._chance = min(1.0, world.estate.rates.low_batteries_per_detector_year / YEAR_DAYS)
        self._changed: dict[str, int] = {}

    def begin(self) -> None:
        """Puts the rest of the first day on the agenda."""
        self._plan(0)

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """All batteries are good when the world begins."""
        return iter(())

    def _plan(self, day: int) -> None:
        world = self._world
        midnight, ordinal = world.local.midnight(day), world.local.ordinal(day)
        for device in self._devices:
            if world.streams.chance(self._chance, device.name, "battery", ordinal):
                self._sag(device, midnight, ordinal)
        world.agenda.at(world.local.midnight(day + 1), self._plan, day + 1)

    def _sag(self, device: Device, midnight: int, ordinal: int) -> None:
        world, stream = self._world, self._world.streams.stream(device.name, "battery", ordinal)
        at = midnight + stream.below(DAY_MS)
        changed = at + stream.between(CHANGED_DAYS[0] * DAY_MS, CHANGED_DAYS[1] * DAY_MS)
        if at < max(world.agenda.now, self._changed.get(device.id, 0)):
            return
        if not world.claims.free(device.id, "battery", at, changed):
            return
        self._changed[device.id] = changed
        world.change(at, device, "battery", stream.between(*LOW_PERCENT))
        world.change(changed, device, "battery", FULL_PERCENT)
        world.expect(truth_row(device, "battery.low", at, "at its end", "may", until_ms=changed))
