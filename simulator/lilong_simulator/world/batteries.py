"""Batteries that come to their end: a smoke detector's after some five years; somebody changes it in some days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily, befallen
from lilong_simulator.world.local_time import DAY_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

LOW_PERCENT, FULL_PERCENT = (5, 9), 100
CHANGED_DAYS = (2, 6)  # until the battery has been changed (assumed)


class Batteries(Daily):
    """Those of all smoke detectors, a day at a time.

    A detector looks at its battery once a day of its own, so that a low one may be told in a run, and must be only in
    one of several days: the fault `low_battery` of a run says so for its devices.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._devices = world.estate.of_kind("smoke")
        self._chances = {"battery": world.estate.rates.low_batteries_per_detector_year / YEAR_DAYS}
        self._changed: dict[str, int] = {}

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for device, _, stream in befallen(world.streams, self._devices, self._chances, ordinal):
            self._sag(device, stream, midnight)

    def _sag(self, device: Device, stream: Stream, midnight: int) -> None:
        world = self._world
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
