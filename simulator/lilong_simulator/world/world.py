"""The world: people, kitchens, light, rain and incidents of one estate, driving the sensors of its devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import simpy
from lilong_protocol.pc.findings import RAIN_LEVEL

from lilong_simulator.estate import Device, Estate
from lilong_simulator.random_streams import Streams
from lilong_simulator.truth import Expectation, TruthRow
from lilong_simulator.world.agenda import Agenda
from lilong_simulator.world.batteries import Batteries
from lilong_simulator.world.bins import Bins
from lilong_simulator.world.breakdowns import Breakdowns
from lilong_simulator.world.charging import Charging
from lilong_simulator.world.claims import Claims
from lilong_simulator.world.covers import Covers
from lilong_simulator.world.daylight import Daylight
from lilong_simulator.world.facades import Facades
from lilong_simulator.world.fences import Fences
from lilong_simulator.world.kitchens import Kitchens
from lilong_simulator.world.lamps import Lamps
from lilong_simulator.world.lobbies import Lobbies
from lilong_simulator.world.local_time import LocalTime
from lilong_simulator.world.lockers import Lockers
from lilong_simulator.world.locks import Locks
from lilong_simulator.world.monoxide import Monoxide
from lilong_simulator.world.rain import Drains
from lilong_simulator.world.residents import Residents
from lilong_simulator.world.sewers import Sewers
from lilong_simulator.world.watched import Watch
from lilong_simulator.world.wearers import Wearers

if TYPE_CHECKING:
    from lilong_simulator.incidents import Incident
    from lilong_simulator.incidents.attacks import Attack

Sink = Callable[[str, str, int | None], None]


def nobody(_: int) -> None:
    """Hears of no weather."""


class World:
    """One estate from `start` (naive local time) on; the same seed gives the same calls of `sink` in the same order.

    `sink(device_id, channel, value)` is called when a sensor's value changes, at `env.now` ms of world time; None: it
    gives none. The caller steps `env`. `destroyed(device_id)` is called when a device burns: it is not heard of again.
    """

    def __init__(
        self,
        estate: Estate,
        seed: int,
        start: datetime,
        incidents: Sequence[Incident] = (),
        sink: Sink = lambda device_id, channel, value: None,
        destroyed: Callable[[str], None] = lambda device_id: None,
    ) -> None:
        self.estate = estate
        self.env = simpy.Environment()
        self.truth: list[TruthRow] = []
        """Grows as the world crosses."""
        self.expectations: list[Expectation] = []
        """What must follow from alarms; grows when the alarms that call for it have cause."""
        self.planned: list[Expectation] = []
        """All expectations that are known by now, those that are to come too."""
        self.local = LocalTime(start)
        self.streams = Streams(seed)
        self.agenda = Agenda(self.env)
        self.claims = Claims()
        self.lockers = Lockers(self)
        self.app: Callable[[str, str], object] = lambda device, command: None
        """Carries out what people ask for by the estate's app (device id, command); whoever hosts the world has one."""
        self.weather: Callable[[int], object] = nobody
        """Is told by the weather service what fell in the last hour, in 0.1 mm; whoever hosts the world has one."""
        self.watches: list[Watch] = []
        """Who looks whether people are let in."""
        self.withdrawn: dict[int, int] = {}
        """Cards whose owners stay at home, and since when: they wait for another one."""
        self._listeners: dict[tuple[str, str], list[Callable[[int], object]]] = {}
        self.locks = Locks(self)
        self.residents = Residents(self)
        self.stranger: Callable[[Attack, Device | None], None] = lambda attack, victim: None
        """What lets a stranger publish at the broker; whoever hosts the world gives it."""
        self._sink = sink
        self._destroyed = destroyed
        self._actors = (
            self.residents, Kitchens(self), Wearers(self), Daylight(self), Covers(self), Monoxide(self), Drains(self),
            Sewers(self), Fences(self), Batteries(self), Breakdowns(self), self.lockers, Bins(self), Charging(self),
            Facades(self), Lamps(self), Lobbies(self),
        )  # fmt: skip
        for incident in incidents:
            incident.install(self)
        for actor in self._actors:
            actor.begin()

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """(device id, channel, value) of all sensors that are not idle when the world begins."""
        for actor in self._actors:
            yield from actor.initial()

    def change(self, at_ms: int, device: Device, channel: str, value: int | None) -> None:
        """Lets a sensor see a value from `at_ms` on; None: it falls silent."""
        self.agenda.at(at_ms, self._sink, device.id, channel, value)

    def listen(self, device_id: str, output: str, heard: Callable[[int], object]) -> None:
        """Lets the world feel an output of a device: `heard` is told each value."""
        self._listeners.setdefault((device_id, output), []).append(heard)

    def felt(self, device_id: str, output: str, value: int) -> None:
        """A device has driven an output."""
        for heard in self._listeners.get((device_id, output), ()):
            heard(value)

    def powerless(self, device_id: str) -> None:
        """A device has lost its power, and what it held by it gives way."""
        self.locks.powerless(device_id)

    def attack(self, at_ms: int, attack: Attack, victim: Device | None) -> None:
        """Lets a stranger publish at `at_ms`; `victim`: of whom it has heard what it says again."""
        self.agenda.at(at_ms, lambda: self.stranger(attack, victim))

    def destroy(self, at_ms: int, device: Device) -> None:
        """Lets a device burn at `at_ms`."""
        self.agenda.at(at_ms, self._destroyed, device.id)

    def rain(self, at_ms: int, tenths: int) -> None:
        """Lets the weather service tell at `at_ms` what fell in the last hour, in 0.1 mm."""
        self.agenda.at(at_ms, lambda: self.weather(tenths))

    def expect(self, row: TruthRow) -> None:
        """Adds a row to the truth at its crossing; of weather that nobody is told of nothing must be concluded."""
        if row.alarm == RAIN_LEVEL.name:
            self.agenda.at(row.crossing_ms, self._expect_weather, row)
        else:
            self.agenda.at(row.crossing_ms, self.truth.append, row)

    def _expect_weather(self, row: TruthRow) -> None:
        self.truth.append(replace(row, expect="may", limits={}) if self.weather is nobody else row)

    def passes(self, at_ms: int, device: Device) -> None:
        """Somebody who may pass is read at `at_ms`."""
        for watch in self.watches:
            if watch.sees(at_ms, device):
                self.follow(at_ms, [watch.wanted(at_ms, device)])

    def follow(self, at_ms: int, expectations: Iterable[Expectation]) -> None:
        """Adds expectations at `at_ms`."""
        expectations = list(expectations)
        self.planned += expectations
        self.agenda.at(at_ms, self.expectations.extend, expectations)
