"""Manhole covers that somebody opens: a knock, the cover on its side, and back again half an hour later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.truth import truth_row
from lilong_simulator.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

YEAR_DAYS = 365
KNOCK_MS = 200
WORKING_HOURS = (9, 16)


class Covers:
    """Authorised openings: the cover reports them all the same, the permit is the centre's affair."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._covers = world.estate.of_kind("manhole")
        self._chance = min(1.0, world.estate.rates.openings_per_cover_year / YEAR_DAYS)

    def begin(self) -> None:
        """Puts the rest of the first day on the agenda."""
        self._plan(0)

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """All covers lie in their frames when the world begins."""
        return iter(())

    def _plan(self, day: int) -> None:
        world = self._world
        ordinal, midnight = world.local.ordinal(day), world.local.midnight(day)
        for cover in self._covers:
            if world.streams.chance(self._chance, cover.name, "opened", ordinal):
                self._open(cover, midnight, ordinal)
        world.agenda.at(world.local.midnight(day + 1), self._plan, day + 1)

    def _open(self, cover: Device, midnight: int, ordinal: int) -> None:
        world, stream = self._world, self._world.streams.stream(cover.name, "opened", ordinal)
        begin, end = WORKING_HOURS
        opened = midnight + stream.between(begin * HOUR_MS, end * HOUR_MS)
        closed = opened + stream.between(20 * 60_000, 45 * 60_000)
        if opened < world.agenda.now or not world.claims.free(cover.id, "tilt", opened, closed):
            return
        for at, tilt in ((opened, stream.between(700, 900)), (closed, 0)):
            world.change(at, cover, "shock", stream.between(1_500, 2_500))
            world.change(at, cover, "tilt", tilt)
            world.change(at + KNOCK_MS, cover, "shock", 0)
        world.expect(truth_row(cover, "manhole.moved", opened, "authorised opening", until_ms=closed))
