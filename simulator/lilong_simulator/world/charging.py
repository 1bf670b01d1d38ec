"""Cars at charging piles and cycles at the sockets of sheds: plugged in between seven and ten in the evening.

A pile is started by the person who plugs in, a socket by the app: `World.app`, where whoever hosts the world has one.
What flows is the plant's affair (`fleet.plant`): nothing does before the contactor or relay has closed, or after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.fleet.plant import LOAD
from lilong_simulator.random_streams import Stream
from lilong_simulator.world.daily import Daily
from lilong_simulator.world.local_time import HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

STARTS_H = (19, 22)
ASKS_MS = 8_000  # from the plug to the start
PRESS_MS = 400
VOLTS, FULL_PERCENT = 220, 100
TRIES = 12  # where all are taken one comes again
AGAIN_MS = 20 * MINUTE_MS
TAPER = ((85, 100), (92, 65), (97, 35), (100, 12))  # percent of the charge, percent of the current up to there
IDLE_PERCENT = 1  # of the current, when there is nothing more to do


@dataclass(frozen=True, slots=True)
class Sort:
    """What is charged at a kind of device: the output that feeds it, Wh and W; how long it stays after."""

    kind: str
    output: str
    energy_wh: tuple[int, int]
    power_w: tuple[int, int]
    stays_ms: tuple[int, int]
    by_app: bool


SORTS = (  # (assumed) as short as it takes for so many to have their turn in an evening
    Sort("ev_pile", "contactor", (5_000, 16_000), (6_000, 7_000), (5 * MINUTE_MS, 30 * MINUTE_MS), False),
    Sort("shed_socket", "relay", (100, 500), (180, 360), (5 * MINUTE_MS, 40 * MINUTE_MS), True),
)


class Session:
    """One vehicle at one device: what it takes while it is fed, less and less towards the end."""

    __slots__ = ("_course", "_device", "_fed", "_milliamperes", "_turn", "_world")

    def __init__(self, world: World, device: Device, sort: Sort, stream: Stream) -> None:
        self._world = world
        self._device = device
        self._fed = False
        self._turn = 0  # how often it was switched: what was planned before counts no more
        watts = stream.between(*sort.power_w)
        self._milliamperes = watts * 1_000 // VOLTS
        self._course = _course(stream.between(*sort.energy_wh), watts)
        self._takes(self._turn, FULL_PERCENT)

    @property
    def lasts_ms(self) -> int:
        """How long it charges, if nothing cuts it off."""
        return self._course[-1][0]

    def switched(self, value: int) -> None:
        """The device feeds it, or no more."""
        if bool(value) == self._fed:
            return
        self._fed = bool(value)
        self._turn += 1
        if value:
            for after, percent in self._course:
                self._world.agenda.at(self._world.agenda.now + after, self._takes, self._turn, percent)

    def unplugged(self) -> None:
        """The vehicle is away."""
        self._turn += 1
        self._takes(self._turn, 0)

    def _takes(self, turn: int, percent: int) -> None:
        if turn == self._turn:
            self._world.change(self._world.agenda.now, self._device, LOAD, self._milliamperes * percent // FULL_PERCENT)


class Charging(Daily):
    """All piles and sockets of an estate, an evening at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        rates = world.estate.rates
        per_day = (rates.ev_sessions_per_pile, rates.shed_sessions_per_socket)
        kinds = zip(SORTS, per_day, strict=True)
        self._devices = [(sort, world.estate.of_kind(sort.kind), rate) for sort, rate in kinds]
        self._sessions: dict[str, Session] = {}
        for sort, devices, _ in self._devices:
            for device in devices:
                world.listen(device.id, sort.output, partial(self._switched, device.id))

    def _switched(self, device: str, value: int) -> None:
        if device in self._sessions:
            self._sessions[device].switched(value)

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        evening = (STARTS_H[1] - STARTS_H[0]) * HOUR_MS
        for sort, devices, rate in self._devices:
            stream = world.streams.stream(world.estate.id, sort.kind, ordinal)
            mean, at = rate * len(devices), stream.exponential()
            while at < mean:
                when = midnight + STARTS_H[0] * HOUR_MS + int(evening * at / mean)
                if when >= world.agenda.now:
                    world.agenda.at(when, self._come, sort, devices, stream, TRIES)
                at += stream.exponential()

    def _come(self, sort: Sort, devices: tuple[Device, ...], stream: Stream, tries: int) -> None:
        world, now = self._world, self._world.agenda.now
        idle = (one for one in devices if one.id not in self._sessions)
        free = [one for one in idle if world.claims.free(one.id, LOAD, now, now)]
        if not free:
            if tries:
                world.agenda.at(now + AGAIN_MS, self._come, sort, devices, stream, tries - 1)
            return
        device = stream.pick(free)
        session = self._sessions[device.id] = Session(world, device, sort, stream)
        ends = now + session.lasts_ms + stream.between(*sort.stays_ms)
        vehicle = world.residents.parked_at(device, now, stream)
        if vehicle is not None:
            vehicle.busy_until = ends
        if sort.by_app:
            world.agenda.at(now + ASKS_MS, self._ask, device.id)
        else:
            world.change(now, device, "plug", 1)
            world.change(now + ASKS_MS, device, "start", 1)
            world.change(now + ASKS_MS + PRESS_MS, device, "start", 0)
        world.agenda.at(ends, self._leave, sort, device)

    def _ask(self, device: str) -> None:
        self._world.app(device, "switch_on")

    def _leave(self, sort: Sort, device: Device) -> None:
        self._sessions.pop(device.id).unplugged()
        if not sort.by_app:
            self._world.change(self._world.agenda.now, device, "plug", 0)


def _course(energy_wh: int, watts: int) -> list[tuple[int, int]]:
    """(ms of charging, percent of the power): the last of the charge takes longest."""
    course, at, done = [], 0, 0
    for until, percent in TAPER:
        course.append((at, percent))
        at += energy_wh * (until - done) * HOUR_MS // (watts * percent)
        done = until
    return [*course, (at, IDLE_PERCENT)]
