"""An hour of people at the doors: exactly so many card reads and door cycles, one lobby that is crowded, doors held.

The residents' own curve makes about as many; their plan of the hour is taken, and people are added or left out until
the numbers are exact, so nothing is counted twice. Card reads include denied ones. A read or an opening counts when it
falls into the hour, whichever hour its trip began in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device, Estate
from ...world.doors import GAP_MS, Cycle
from ...world.local_time import HOUR_MS, MINUTE_MS
from ...world.residents import Plan, Window
from ...world.trips import AWAY_MS
from ..base import IncidentError
from .base import Curve, Element, Scene

if TYPE_CHECKING:
    from ...world import World

BURST_PER_MINUTE = 10
TRIES = 100_000


class Rush(Element):
    """The hour from `after_s` on, at the doors of the place: `reads`, `cycles`; `held` doors of lobbies are left open
    for longer than is allowed; `burst_s` after the beginning ten people a minute leave by the fullest core's lobby."""

    model: Literal["rush"]
    reads: Annotated[int, Field(ge=1, le=1_000_000)]
    cycles: Annotated[int, Field(ge=1, le=1_000_000)]
    held: Annotated[int, Field(ge=0, le=20)] = 2
    burst_s: Annotated[float, Field(ge=60, le=3_000)] = 1_800.0
    burst_minutes: Annotated[int, Field(ge=1, le=10)] = 5

    @model_validator(mode="after")
    def _fits(self) -> Rush:
        if not self.reads < self.cycles:
            raise ValueError(f"has {self.reads} reads and {self.cycles} cycles; let there be more cycles than reads")
        return self

    @property
    def ends_s(self) -> float:
        return self.after_s + HOUR_MS / 1000

    def told(self) -> str:
        return self.says or f"an hour of {self.reads} card reads and {self.cycles} door cycles"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        """Whoever passes is drawn when the hour begins."""
        return []

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        begins = scene.at(self.after_s)
        hour = _Hour(self, scene, world)
        world.residents.add_window(Window(begins, begins + HOUR_MS, hour.shape))
        for door in seen:
            world.claims.add(door.id, "forced", begins - MINUTE_MS, begins + HOUR_MS)


@dataclass(slots=True)
class _Doors:
    """When each door and each card is in use, so that somebody can be put into a gap."""

    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    reads: dict[int, list[int]] = field(default_factory=dict)

    def free(self, door: Device, from_ms: int, to_ms: int) -> bool:
        return all(to_ms + GAP_MS < a or b + GAP_MS < from_ms for a, b in self.spans.get(door.id, ()))

    def away(self, card: int, at: int) -> bool:
        """Whoever has it is at no other door just then."""
        return all(abs(at - read) >= AWAY_MS for read in self.reads.get(card, ()))

    def take(self, cycle: Cycle) -> None:
        self.spans.setdefault(cycle.door.id, []).append((cycle.at, cycle.closed))
        if cycle.card:
            self.reads.setdefault(cycle.card, []).append(cycle.at)

    def leave(self, cycle: Cycle) -> None:
        self.spans[cycle.door.id].remove((cycle.at, cycle.closed))
        if cycle.card:
            self.reads[cycle.card].remove(cycle.at)


class _Hour:
    """The hour of one world."""

    def __init__(self, rush: Rush, scene: Scene, world: World) -> None:
        estate = world.estate
        self._rush = rush
        self._name = scene.name
        self._world = world
        self._stream = world.streams.stream(scene.name, "shape")
        self._busiest = self._lobby(estate)
        self._gates = [leaf for leaves in estate.gates.values() for leaf in leaves]
        self._lobbies = [door for core in estate.cores for door in estate.doors_of_core(core)]

    def shape(self, plan: Plan) -> None:
        """Makes reads and cycles exact: burst and held doors first, then people added or left out."""
        kept = [cycle.shut() if cycle.held else cycle for cycle in plan.cycles]
        burst = self._burst(plan)
        clear = (burst[0].at - 2 * GAP_MS, burst[-1].closed + 2 * GAP_MS)
        lobby = burst[0].door
        kept = [
            cycle for cycle in kept if cycle.door != lobby or cycle.closed < clear[0] or cycle.at > clear[1]
        ]
        doors = _Doors()
        for cycle in (*plan.before, *kept, *burst):
            doors.take(cycle)
        held = self._hold(plan, kept, doors)
        fixed = [*plan.before, *burst, *held]
        free = [cycle for cycle in kept if cycle not in held]
        self._settle(plan, fixed, free, doors, card=True, wanted=self._rush.reads)
        self._settle(plan, fixed, free, doors, card=False, wanted=self._rush.cycles)
        plan.cycles = sorted([*burst, *held, *free], key=lambda cycle: (cycle.at, cycle.door.name))

    def _burst(self, plan: Plan) -> list[Cycle]:
        """Ten people a minute who leave by one lobby."""
        lobby = self._busiest
        slot = MINUTE_MS // BURST_PER_MINUTE
        first = plan.from_ms + round(self._rush.burst_s * 1000)
        people = range(self._rush.burst_minutes * BURST_PER_MINUTE)
        times = [first + n * slot + self._stream.between(0, 800) for n in people]
        return [Cycle(lobby, at, "button", 0, at + 700, at + 3_500) for at in times]

    def _hold(self, plan: Plan, kept: list[Cycle], doors: _Doors) -> list[Cycle]:
        """Lets two doors be held open for longer than allowed, where nobody else is waiting."""
        held: list[Cycle] = []
        for _ in range(TRIES):
            if len(held) == self._rush.held:
                return held
            at = self._stream.below(len(kept))
            cycle = kept[at]
            longer = replace(cycle.shut(self._stream.between(45_000, 75_000)), incident=self._name)
            inside = plan.from_ms <= cycle.opened and longer.closed < plan.to_ms - MINUTE_MS
            used = {other.door.id for other in held}
            if inside and cycle.opens and cycle.door.id not in used and cycle.door.core is not None:
                doors.leave(cycle)
                if doors.free(cycle.door, cycle.at, longer.closed):
                    kept[at] = longer
                    held.append(longer)
                doors.take(kept[at])
        what = f"no {self._rush.held} doors are quiet long enough to be held open"
        raise IncidentError(f"{self._name}: {what}; lower cycles")

    def _settle(
        self, plan: Plan, fixed: list[Cycle], free: list[Cycle], doors: _Doors, card: bool, wanted: int
    ) -> None:
        """Adds or leaves out people with a card (or with the button) until reads (or cycles) are as wanted."""

        def count(cycle: Cycle) -> bool:
            at, counts = (cycle.at, cycle.reads) if card else (cycle.opened, cycle.opens)
            return counts and plan.from_ms <= at < plan.to_ms

        def movable(cycle: Cycle) -> bool:
            whole = plan.from_ms <= cycle.at and cycle.closed < plan.to_ms
            return whole and cycle.means == ("card" if card else "button")

        now = sum(map(count, (*fixed, *free)))
        while now > wanted:
            candidates = [n for n, cycle in enumerate(free) if movable(cycle)]
            if not candidates:
                raise IncidentError(f"{self._name}: {now} are there and {wanted} wanted; raise reads or cycles")
            doors.leave(free.pop(self._stream.pick(candidates)))
            now -= 1
        while now < wanted:
            free.append(self._somebody(plan, doors, card))
            now += 1

    def _somebody(self, plan: Plan, doors: _Doors, card: bool) -> Cycle:
        """One more person: out by a gate with a card, or out by a lobby with the button."""
        estate, stream = self._world.estate, self._stream
        for _ in range(TRIES):
            door = stream.pick(self._gates if card else self._lobbies)
            # Who reads a card at the very end may be drawn at another door by the next hour.
            at = stream.between(plan.from_ms, plan.to_ms - (AWAY_MS if card else 10_000))
            number = stream.pick(estate.residents).card if card else 0
            if doors.free(door, at, at + 6_000) and (not card or doors.away(number, at)):
                cycle = Cycle(door, at, "card" if card else "button", number, at + 1_200, at + 4_800)
                doors.take(cycle)
                return cycle
        raise IncidentError(f"{self._name}: the doors of {estate.id} are too few for so many people; lower cycles")

    def _lobby(self, estate: Estate) -> Device:
        """The ground lobby of the core with most people."""
        doors = {core: estate.doors_of_core(core) for core in estate.cores}
        crowds = {core: sum(p.flat.core == core for p in estate.residents) for core, here in doors.items() if here}
        if not crowds or not estate.gates:
            raise IncidentError(f"{self._name}: {estate.id} has no lobby doors or no gates; add door rules to its file")
        return doors[max(crowds, key=lambda core: (crowds[core], -core))][0]
