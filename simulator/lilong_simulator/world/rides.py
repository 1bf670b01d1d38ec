"""How a cycle passes a cycle gate: its tag is read, and again while it is near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

IN, OUT = 1, 2  # quantity direction
NEAR_DBW = (-78, -45)
READ_MS = (700, 1_200)  # from one read to the next
GAP_MS = 800  # until the next tag is read


@dataclass(frozen=True, slots=True)
class Ride:
    """A cycle that passes a gate; `reads`: ms from one read to the next, strength of each."""

    at: int
    gate: Device
    direction: int
    tag: int
    reads: tuple[tuple[int, int], ...]


def ride(stream: Stream, at: int, gates: tuple[Device, ...], direction: int, tag: int) -> Ride:
    """A passage of one of the gates, read twice or three times."""
    reads = [(stream.between(*READ_MS), stream.between(*NEAR_DBW)) for _ in range(stream.between(2, 3))]
    return Ride(at, stream.pick(gates), direction, tag, tuple(reads))


class Rides:
    """What happens at all cycle gates: one tag at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._free: dict[str, int] = {}
        self._direction: dict[str, int] = {}

    def perform(self, cycle: Ride) -> None:
        """Puts a passage on the agenda, unless an incident has the gate."""
        world, gate = self._world, cycle.gate
        at = max(cycle.at, self._free.get(gate.id, 0))
        if not world.claims.free(gate.id, "tag", at, at + sum(after for after, _ in cycle.reads)):
            return
        if self._direction.get(gate.id) != cycle.direction:
            self._direction[gate.id] = cycle.direction
            world.change(at, gate, "direction", cycle.direction)
        for after, strength in cycle.reads:
            world.change(at, gate, "rssi", strength)
            world.change(at, gate, "tag", cycle.tag)
            at += after
        world.change(at, gate, "tag", 0)
        self._free[gate.id] = at + GAP_MS
