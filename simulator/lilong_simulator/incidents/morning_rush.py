"""Morning rush: an hour of exactly 645 card reads and 1,130 door cycles, and one real fire in it.

The residents' own curve makes about as many; the incident takes their plan of the hour and adds or leaves out
people until the numbers are exact, so nothing is counted twice. Card reads include denied ones. A read or an
opening counts when it falls into the hour, whichever hour its trip began in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Estate
from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.truth import truth_row
from lilong_simulator.world.doors import GAP_MS, Cycle
from lilong_simulator.world.local_time import HOUR_MS, MINUTE_MS
from lilong_simulator.world.residents import Plan, Window
from lilong_simulator.world.smoke import below_trip_at, burnt_pan

if TYPE_CHECKING:
    from lilong_simulator.world import World

BEGINS = time(7)
READS, CYCLES, HELD = 645, 1_130, 2
BURST_AT_MS, BURST_MINUTES, BURST_PER_MINUTE = 30 * MINUTE_MS, 5, 10
FIRE_AT_MS = 42 * MINUTE_MS
TRIES = 100_000


@dataclass(slots=True)
class _Doors:
    """When each door is in use, so that somebody can be put into a gap."""

    spans: dict[str, list[tuple[int, int]]]

    def free(self, door: Device, from_ms: int, to_ms: int) -> bool:
        return all(to_ms + GAP_MS < a or b + GAP_MS < from_ms for a, b in self.spans.get(door.id, ()))

    def take(self, cycle: Cycle) -> None:
        self.spans.setdefault(cycle.door.id, []).append((cycle.at, cycle.closed))

    def leave(self, cycle: Cycle) -> None:
        self.spans[cycle.door.id].remove((cycle.at, cycle.closed))


class MorningRush(Incident):
    """The hour from local time `at`: `reads` card reads, `cycles` door cycles, two doors held, a fire at 42 min."""

    name = "morning_rush"

    def __init__(self, at: time = BEGINS, reads: int = READS, cycles: int = CYCLES, flat: str = "9/1502") -> None:
        if not 0 < reads < cycles:
            raise IncidentError(f"{self.name}: {reads} reads and {cycles} cycles; let there be more cycles than reads")
        self._at = at
        self._reads = reads
        self._cycles = cycles
        self._flat = flat
        self.timeline = (
            Step(0, f"the hour of {reads} card reads and {cycles} door cycles begins"),
            Step(BURST_AT_MS, f"one lobby: {BURST_PER_MINUTE} people a minute for {BURST_MINUTES} minutes"),
            Step(FIRE_AT_MS, f"a real fire in flat {flat}"),
            Step(HOUR_MS, "the hour ends"),
        )

    def device_names(self, estate: Estate) -> list[str]:
        """The detector of the fire, then the lobby of the burst."""
        return [self._detector(estate).name, self._lobby(estate).name]

    def install(self, world: World) -> None:
        """Takes the hour's plan of all doors, and sets the fire."""
        begins = world.local.next(self._at)
        self._world, self._stream = world, world.streams.stream(self.name, "shape")
        world.residents.add_window(Window(begins, begins + HOUR_MS, self._shape))
        for door in world.estate.of_kind("door"):
            world.claims.add(door.id, "forced", begins - MINUTE_MS, begins + HOUR_MS)
        estate = world.estate
        self._busiest = self._lobby(estate)
        self._gates = [leaf for leaves in estate.gates.values() for leaf in leaves]
        self._lobbies = [door for core in estate.cores for door in estate.doors_of_core(core)]
        self._fire(world, begins + FIRE_AT_MS)

    def _fire(self, world: World, crossing: int) -> None:
        detector = self._detector(world.estate)
        stairs = burnt_pan(crossing - 80_000, crossing, peak=2_000, hold_ms=300_000, base=5)
        world.claims.add(detector.id, "obscuration", stairs[0][0] - HOUR_MS, stairs[-1][0])
        for at, value in stairs:
            if at >= 0:
                world.change(at, detector, "obscuration", value)
        until = below_trip_at(stairs)
        world.expect(truth_row(detector, "smoke.alarm", crossing, "kitchen fire", "must", self.name, until))

    # ---- the hour's plan

    def _shape(self, plan: Plan) -> None:
        """Makes reads and cycles exact: burst and held doors first, then people added or left out."""
        kept = [cycle.shut() if cycle.held else cycle for cycle in plan.cycles]
        burst = self._burst(plan)
        clear = (burst[0].at - 2 * GAP_MS, burst[-1].closed + 2 * GAP_MS)
        lobby = burst[0].door
        kept = [
            cycle for cycle in kept if cycle.door != lobby or cycle.closed < clear[0] or cycle.at > clear[1]
        ]
        doors = _Doors({})
        for cycle in (*plan.before, *kept, *burst):
            doors.take(cycle)
        held = self._hold(plan, kept, doors)
        fixed = [*plan.before, *burst, *held]
        free = [cycle for cycle in kept if cycle not in held]
        self._settle(plan, fixed, free, doors, card=True, wanted=self._reads)
        self._settle(plan, fixed, free, doors, card=False, wanted=self._cycles)
        plan.cycles = sorted([*burst, *held, *free], key=lambda cycle: (cycle.at, cycle.door.name))

    def _burst(self, plan: Plan) -> list[Cycle]:
        """Ten people a minute who leave by one lobby."""
        lobby = self._busiest
        slot = MINUTE_MS // BURST_PER_MINUTE
        first = plan.from_ms + BURST_AT_MS
        times = [first + n * slot + self._stream.between(0, 800) for n in range(BURST_MINUTES * BURST_PER_MINUTE)]
        return [Cycle(lobby, at, "button", 0, at + 700, at + 3_500) for at in times]

    def _hold(self, plan: Plan, kept: list[Cycle], doors: _Doors) -> list[Cycle]:
        """Lets two doors be held open for longer than allowed, where nobody else is waiting."""
        held: list[Cycle] = []
        for _ in range(TRIES):
            if len(held) == HELD:
                return held
            at = self._stream.below(len(kept))
            cycle = kept[at]
            longer = replace(cycle.shut(self._stream.between(45_000, 75_000)), incident=self.name)
            inside = plan.from_ms <= cycle.opened and longer.closed < plan.to_ms - MINUTE_MS
            used = {other.door.id for other in held}
            if inside and cycle.opens and cycle.door.id not in used and cycle.door.core is not None:
                doors.leave(cycle)
                if doors.free(cycle.door, cycle.at, longer.closed):
                    kept[at] = longer
                    held.append(longer)
                doors.take(kept[at])
        raise IncidentError(f"{self.name}: no two doors are quiet long enough to be held open; lower cycles")

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
                raise IncidentError(f"{self.name}: {now} are there and {wanted} wanted; raise reads or cycles")
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
            at = stream.between(plan.from_ms, plan.to_ms - 10_000)
            if doors.free(door, at, at + 6_000):
                number = stream.pick(estate.residents).card if card else 0
                cycle = Cycle(door, at, "card" if card else "button", number, at + 1_200, at + 4_800)
                doors.take(cycle)
                return cycle
        raise IncidentError(f"{self.name}: the doors of {estate.id} are too few for so many people; lower cycles")

    def _detector(self, estate: Estate) -> Device:
        try:
            flat = estate.flat(self._flat)
        except LookupError as error:
            raise IncidentError(f"{self.name}: {error}; choose a flat of this estate") from None
        return self.device(estate, flat.stem, "smoke")

    def _lobby(self, estate: Estate) -> Device:
        """The ground lobby of the core with most people."""
        doors = {core: estate.doors_of_core(core) for core in estate.cores}
        crowds = {core: sum(p.flat.core == core for p in estate.residents) for core, here in doors.items() if here}
        if not crowds or not estate.gates:
            raise IncidentError(f"{self.name}: {estate.id} has no lobby doors or no gates; add door rules to its file")
        return doors[max(crowds, key=lambda core: (crowds[core], -core))][0]
