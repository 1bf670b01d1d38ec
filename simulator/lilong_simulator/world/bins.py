"""Waste bins: filled by those who go out, emptied early in the morning and after noon; sometimes too full before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import Daily
from lilong_simulator.world.local_time import HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

# All figures are assumed.
A_DAY_PERCENT = (95, 145)  # what comes in on a day
EMPTIED_H = (6, 14)
FORGOTTEN = 0.03  # of the emptyings
LEFT_PERCENT, FIRST_PERCENT = 3, 20  # after an emptying; when the world begins
FULL_PERCENT, MOST_PERCENT = 90, 100
STEPS = 2  # an hour


class Bins(Daily):
    """All bins of an estate, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._fill = {bin_.id: float(FIRST_PERCENT) for bin_ in world.estate.of_kind("bin")}
        self._full: dict[str, int] = {}

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """How full they are when the world begins, whose first day may have been planned already."""
        for bin_ in self._fill:
            yield bin_, "fill", FIRST_PERCENT

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for bin_ in world.estate.of_kind("bin"):
            stream = world.streams.stream(bin_.name, "waste", ordinal)
            comes = stream.between(*A_DAY_PERCENT)
            emptied = {
                hour * STEPS: stream.between(0, 25) * MINUTE_MS for hour in EMPTIED_H if not stream.chance(FORGOTTEN)
            }
            for step in range(24 * STEPS):
                at = midnight + step * HOUR_MS // STEPS
                if at < world.agenda.now:
                    continue
                if step in emptied:
                    self._set(bin_, at + emptied[step], LEFT_PERCENT)
                elif share := world.estate.curves.door_out[step // STEPS]:
                    fuller = self._fill[bin_.id] + comes * share / 100 / STEPS
                    self._set(bin_, at + stream.between(0, 25) * MINUTE_MS, fuller)

    def _set(self, bin_: Device, at: int, fill: float) -> None:
        """So full it is from `at` on; who finds it full puts things beside it."""
        world = self._world
        before, self._fill[bin_.id] = self._fill[bin_.id], min(fill, MOST_PERCENT)
        if not world.claims.free(bin_.id, "fill", at, at) or int(before) == int(self._fill[bin_.id]):
            return
        world.change(at, bin_, "fill", int(self._fill[bin_.id]))
        if int(before) < FULL_PERCENT <= int(self._fill[bin_.id]):
            # Must be told only when nobody empties it within the quarter of an hour that it takes to be sure.
            world.expect(truth_row(bin_, "bin.full", at, "full", "may"))
