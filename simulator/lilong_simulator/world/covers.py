"""Manhole covers that somebody opens: a knock, the cover on its side, and back again half an hour later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily, befallen
from lilong_simulator.world.local_time import HOUR_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

KNOCK_MS = 200
WORKING_HOURS = (9, 16)


class Covers(Daily):
    """Authorised openings: the cover reports them all the same, the permit is the centre's affair."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._covers = world.estate.of_kind("manhole")
        self._chances = {"opened": world.estate.rates.openings_per_cover_year / YEAR_DAYS}

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for cover, _, stream in befallen(world.streams, self._covers, self._chances, ordinal):
            self._open(cover, stream, midnight)

    def _open(self, cover: Device, stream: Stream, midnight: int) -> None:
        world = self._world
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
