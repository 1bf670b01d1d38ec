"""Parcels: couriers who find nobody at home, and those who do not ring at all, put them into a locker at the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.world.arrivals import time_on_curve
from lilong_simulator.world.daily import Daily
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

BOXES = 120  # of a locker (assumed)
EVENING_H = (17, 22)  # when parcels are collected (assumed)
SAME_DAY = 0.7  # of them (assumed)
LEFT_OPEN = 0.005  # of all uses (assumed)
PRESS_MS = 300
OPENS_MS, USES_MS, FORGETS_MS = (1_000, 3_000), (5_000, 20_000), (70_000, 200_000)
GAP_MS = 2_000
WALK_MS = (120_000, 300_000)  # from a panel to the gates


class Lockers(Daily):
    """All lockers of an estate: which box has a parcel, and until when."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._lockers = world.estate.of_kind("locker")
        self._parcels = world.estate.rates.parcels_per_flat * len(world.estate.flats) * bool(self._lockers)
        self._until = {locker.id: [0] * BOXES for locker in self._lockers}
        self._free: dict[str, int] = {}
        self._stream = world.streams.stream(world.estate.id, "parcels")

    def unanswered(self, at: int) -> None:
        """A courier stands before a flat where nobody opens."""
        if self._lockers:
            self._world.agenda.at(at + self._stream.between(*WALK_MS), self._deliver)

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        stream, parcels = world.streams.stream(world.estate.id, "parcels", ordinal), -1
        expected, due = self._parcels, 0.0
        while due <= expected:
            parcels, due = parcels + 1, due + stream.exponential()
        for parcel in range(parcels):
            at = midnight + time_on_curve(
                world.estate.curves.call, world.streams.draw(world.estate.id, "parcel", ordinal, parcel)
            )
            if at >= world.agenda.now:
                world.agenda.at(at, self._deliver)

    def _deliver(self) -> None:
        stream, now = self._stream, self._world.agenda.now
        locker = stream.pick(self._lockers)
        boxes = [box for box, until in enumerate(self._until[locker.id]) if until < now]
        if boxes:
            box = stream.pick(boxes)
            collected = self._collected(stream, now)
            self._until[locker.id][box] = collected + HOUR_MS
            self._use(stream, locker, "deliver", box + 1, now)
            self._world.agenda.at(collected, self._use, stream, locker, "collect", box + 1, collected)

    def _collected(self, stream: Stream, at: int) -> int:
        """When somebody comes home and takes it out."""
        local = self._world.local
        day = local.day(at)
        evening = stream.between(EVENING_H[0] * HOUR_MS, EVENING_H[1] * HOUR_MS)
        if not stream.chance(SAME_DAY) or local.midnight(day) + evening < at + HOUR_MS:
            evening += DAY_MS
        return local.midnight(day) + evening

    def _use(self, stream: Stream, locker: Device, what: str, box: int, at: int) -> None:
        """A box is asked for, opens, and is shut; somebody else waits."""
        world = self._world
        at = max(at, self._free.get(locker.id, 0))
        opened = at + stream.between(*OPENS_MS)
        shut = opened + stream.between(*(FORGETS_MS if stream.chance(LEFT_OPEN) else USES_MS))
        self._free[locker.id] = shut + GAP_MS
        if not world.claims.free(locker.id, "open", at, shut):
            return
        world.change(at, locker, what, box)
        world.change(at + PRESS_MS, locker, what, 0)
        world.change(opened, locker, "open", box)
        world.change(shut, locker, "open", 0)
