"""E-bikes that somebody takes up in the lift, to charge them at home: read before the lifts, where there is a reader.

Nobody counts how often that is; both rates are ours. A camera's analytics know nothing of the kind (`camera` has a
falling object, a line that is crossed and movement), so where no reader stands before a lift, nobody is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.estate.vehicles import bicycles, cycles, tags
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import truth_row
from lilong_simulator.world.arrivals import time_on_curve
from lilong_simulator.world.daily import Daily, befallen
from lilong_simulator.world.rides import IN, Rides, ride

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

ALARM = "gate.ebike_in_lobby"
E_BIKE, BICYCLE = "e-bike in the lobby", "bicycle in the lobby"
HEARD_MS = 32_000  # a reader waits so long for the next read until it believes that the e-bike has gone
RESET_MS = 3_600_000  # an alarm that nobody has cleared by then may hide a second one


class Lobbies(Daily):
    """The readers before the lifts of an estate; rides there are its residents', whose cycle goes home with them."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        estate = world.estate
        self._readers = [gate for gate in estate.of_kind("cycle_gate") if gate.core is not None]
        rates = estate.rates
        self._chances = {E_BIKE: rates.ebikes_per_lobby_reader, BICYCLE: rates.bicycles_per_lobby_reader}
        self._rides = Rides(world)
        self._last: dict[str, int] = {}  # by reader: until when an e-bike was there
        self._owned: dict[tuple[int | None, bool], list[int]] = {}  # by core, and whether they are bicycles': tags
        if self._readers:
            flats = tuple(flat.key for flat in estate.flats)
            light = frozenset(bicycles(tags(estate.id, flats)))
            for flat, tag in cycles(estate.id, flats):
                self._owned.setdefault((int(flat.split("/")[0]), tag in light), []).append(tag)

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for reader, what, stream in befallen(world.streams, self._readers, self._chances, ordinal):
            at = midnight + time_on_curve(world.estate.curves.cycle, world.streams.draw(reader.name, what, ordinal))
            if at >= world.agenda.now:
                world.agenda.at(at, self._comes, reader, what, stream)

    def _comes(self, reader: Device, what: str, stream: Stream) -> None:
        """One thing at a time is before a lift; what there is of an incident goes before."""
        world, now = self._world, self._world.agenda.now
        owned = self._owned.get((reader.core, what == BICYCLE))
        calm = now - HEARD_MS, now + 2 * HEARD_MS
        if owned is None or now < self._last.get(reader.id, -HEARD_MS) + HEARD_MS:
            return
        if not world.claims.free(reader.id, "tag", *calm):
            return
        cycle = ride(stream, now, (reader,), IN, stream.pick(owned))
        self._rides.perform(cycle)
        if what == BICYCLE:
            world.expect(truth_row(reader, ALARM, now, "a bicycle", "must_not", until_ms=calm[1]))
            return
        gone = now + sum(after for after, _ in cycle.reads)
        before = self._last.get(reader.id)
        self._last[reader.id] = gone + HEARD_MS
        sure = before is None or now > before + RESET_MS
        world.expect(truth_row(reader, ALARM, now, "an e-bike for the lift", "must" if sure else "may", until_ms=gone))
