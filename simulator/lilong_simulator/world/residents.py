"""People who come and go: what happens at every door, lane, cycle gate and panel, planned five minutes at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import Expect, truth_row
from lilong_simulator.world.arrivals import BLOCK_MS, burst_weight
from lilong_simulator.world.calls import Call, Calls
from lilong_simulator.world.doors import BUTTON_MS, CARD_MS, HELD_MS, Cycle, Doorways, Passage
from lilong_simulator.world.lanes import Drive, Lanes
from lilong_simulator.world.local_time import HOUR_MS
from lilong_simulator.world.locks import LEAST_MS, TRY_MS, WAIT_MS
from lilong_simulator.world.rides import Rides
from lilong_simulator.world.staff import OfficersRound, Staff, StaffRounds, officer_and_staff
from lilong_simulator.world.trips import CorePeople, Movement, Volume, forcings
from lilong_simulator.world.vehicles import Vehicle
from lilong_simulator.world.ways import Ways

if TYPE_CHECKING:
    from lilong_simulator.world.world import World


@dataclass(slots=True)
class Plan:
    """The use of all doors from `from_ms` to `to_ms`; `before` was planned earlier and reaches into it."""

    from_ms: int
    to_ms: int
    cycles: list[Cycle]
    before: list[Cycle] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Window:
    """A span that is planned in one piece; `shape` may change its plan before it happens."""

    from_ms: int
    to_ms: int
    shape: Callable[[Plan], None]


class Residents:
    """All coming and going of one estate."""

    def __init__(self, world: World) -> None:
        self._world = world
        estate, streams = world.estate, world.streams
        volume = Volume.of(estate)
        self._ways = Ways(estate, volume)
        hour = world.local.hour(0)
        cores = [CorePeople(estate, streams, core, volume, self._ways, hour) for core in estate.cores]
        self._driving = [core.driving for core in cores]
        staff = Staff(officer_and_staff(estate)[1])
        rooms = (StaffRounds(streams, door, staff, volume) for door in estate.staff_doors)
        self._people: list[CorePeople | StaffRounds | OfficersRound] = [
            *cores, *rooms, OfficersRound(estate, streams, world.local)
        ]  # fmt: skip
        self._lanes, self._rides, self._calls = Lanes(world), Rides(world), Calls(world)
        self._windows: list[Window] = []
        self._doorways = Doorways()
        self._coming: list[tuple[int, int, Movement]] = []  # a heap; the number keeps equal times in order
        self._number = 0
        self._before: list[Cycle] = []
        self._forced_day = -1

    @property
    def parked(self) -> int:
        """How many cars stand in the estate."""
        return self._ways.parking.taken

    def parked_at(self, device: Device, at_ms: int, stream: Stream) -> Vehicle | None:
        """A vehicle that somebody may charge at a device, or None."""
        standing = [vehicle for driving in self._driving for vehicle in driving.standing(device, at_ms)]
        return stream.pick(standing) if standing else None

    def add_window(self, window: Window) -> None:
        """Lets an incident shape a span; spans must not overlap."""
        if any(other.from_ms < window.to_ms and window.from_ms < other.to_ms for other in self._windows):
            raise ValueError(f"two incidents shape the doors between {window.from_ms} and {window.to_ms} ms; drop one")
        self._windows.append(window)

    def begin(self) -> None:
        """Puts the first plan on the agenda."""
        self._world.agenda.at(0, self._plan)

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """All doors are closed when the world begins."""
        return iter(())

    def _plan(self) -> None:
        from_ms = self._world.agenda.now
        window = next((w for w in self._windows if w.from_ms <= from_ms < w.to_ms), None)
        to_ms = window.to_ms if window else self._block_end(from_ms)
        if not window:
            to_ms = min([to_ms, *(w.from_ms for w in self._windows if w.from_ms > from_ms)])
        at = from_ms
        while at < to_ms:
            end = min(to_ms, self._block_end(at))
            self._set_out(at, end)
            at = end
        plan = Plan(from_ms, to_ms, self._doorways.resolve(self._due(to_ms)), self._before)
        if window:
            window.shape(plan)
            for cycle in plan.cycles:
                self._doorways.occupy(cycle)
        self._before = [cycle for cycle in (*self._before, *plan.cycles) if cycle.closed >= to_ms]
        for cycle in plan.cycles:
            self._perform(cycle)
        self._world.agenda.at(to_ms, self._plan)

    def _block_end(self, at_ms: int) -> int:
        midnight = self._world.local.midnight(self._world.local.day(at_ms))
        return midnight + ((at_ms - midnight) // BLOCK_MS + 1) * BLOCK_MS

    def _set_out(self, from_ms: int, to_ms: int) -> None:
        """Everybody who sets out within one block, or a part of one."""
        local = self._world.local
        day, hour = local.day(from_ms), local.hour(from_ms)
        midnight, ordinal = local.midnight(day), local.ordinal(day)
        block = (from_ms - midnight) % HOUR_MS // BLOCK_MS
        weight = burst_weight(self._world.streams.seed, ordinal, hour, block) * (to_ms - from_ms) / BLOCK_MS
        span = self._ways.span(local.weekend(day), hour, weight)
        for people in self._people:
            for who in people.passages(from_ms, to_ms, span):
                self._put(who)
        if day != self._forced_day:
            self._forced_day = day
            for who in forcings(self._world.estate, self._world.streams, ordinal, midnight):
                if who.at >= from_ms:
                    self._put(who)

    def _put(self, who: Movement) -> None:
        heappush(self._coming, (who.at, self._number, who))
        self._number += 1

    def _due(self, to_ms: int) -> Iterator[Passage]:
        """Who is at a door before `to_ms`, in order; what others do till then is put on the agenda on the way."""
        claims = self._world.claims
        while self._coming and self._coming[0][0] < to_ms:
            who = heappop(self._coming)[2]
            if isinstance(who, Drive):
                self._lanes.perform(who)
            elif isinstance(who, Call):
                for entry in self._calls.perform(who):
                    self._put(entry)
                if not who.answered_ms:
                    self._world.lockers.unanswered(who.at)
            elif not isinstance(who, Passage):
                self._rides.perform(who)
            elif not claims.free(who.doors[0].id, "contact", who.at, who.at + who.push_ms + who.open_ms):
                continue  # an incident is at that door
            elif who.card and self._world.withdrawn.get(who.card, who.at + 1) <= who.at:
                continue
            elif who.means != "force" or claims.free(who.doors[0].id, "forced", who.at, who.at + HOUR_MS):
                yield who

    def _perform(self, cycle: Cycle) -> None:
        """Puts one cycle on the agenda; whether its door opens is its lock's affair."""
        world, door = self._world, cycle.door
        if cycle.reads:
            world.change(cycle.at, door, "credential", cycle.card)
            world.change(cycle.at + CARD_MS, door, "credential", 0)
            if cycle.opens:
                world.passes(cycle.at, door)
        elif cycle.means == "button" and cycle.panel is None:
            self._press(cycle.at, door)
        if not cycle.opens:
            return
        if cycle.held and not world.claims.free(door.id, "held", cycle.opened, cycle.closed):
            cycle = cycle.shut()
        if cycle.means == "force":
            world.agenda.at(cycle.opened, self._force, cycle)
        elif cycle.panel is not None:
            world.agenda.at(cycle.at, self._let_in, cycle, cycle.panel)
        else:
            world.locks.push(cycle.opened, door, cycle.closed, partial(self._opened, cycle))

    def _press(self, at: int, door: Device) -> None:
        self._world.change(at, door, "exit_button", 1)
        self._world.change(at + BUTTON_MS, door, "exit_button", 0)

    def _let_in(self, cycle: Cycle, panel: Device) -> None:
        """The lock of a panel is wired to the door's button; who is not let in goes away."""
        world = self._world
        now, locks = world.agenda.now, world.locks
        if locks.freed_since(panel, cycle.called):
            self._press(now, cycle.door)
            locks.push(max(cycle.opened, now + BUTTON_MS), cycle.door, cycle.closed, partial(self._opened, cycle))
        elif now + TRY_MS <= cycle.at + WAIT_MS and now + TRY_MS + BUTTON_MS + LEAST_MS <= cycle.closed:
            world.agenda.at(now + TRY_MS, self._let_in, cycle, panel)

    def _force(self, cycle: Cycle) -> None:
        """Of a door whose lock is free anyway nobody knows that somebody meant to force it."""
        world, door = self._world, cycle.door
        world.change(cycle.opened, door, "contact", 1)
        world.change(cycle.closed, door, "contact", 0)
        released = world.locks.known_free(door)
        self._expect(cycle, "door.forced", "forced", cycle.opened, "forced open", "may" if released else "must")

    def _opened(self, cycle: Cycle, at: int) -> None:
        """Somebody goes through from `at` on."""
        if cycle.closed - at > HELD_MS:
            self._world.agenda.at(at + HELD_MS, self._held, cycle, at + HELD_MS)

    def _held(self, cycle: Cycle, at: int) -> None:
        """A door that is free for fire may stay open."""
        released = self._world.locks.known_free(cycle.door)
        self._expect(cycle, "door.held", "held", at, "held open", "may" if released else "must")

    def _expect(self, cycle: Cycle, alarm: str, matter: str, crossing_ms: int, cause: str, expect: Expect) -> None:
        if not self._world.claims.free(cycle.door.id, f"{matter} for sure", cycle.opened, cycle.closed):
            expect = "may"
        self._world.expect(truth_row(cycle.door, alarm, crossing_ms, cause, expect, cycle.incident, cycle.closed))
