"""The data faults of a run: when each begins and ends, what it keeps from its device, and its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any, Protocol

from lilong_firmware.device import Device as Firmware
from lilong_protocol.registry import KIND, MESSAGES

from ..estate import Device
from ..fleet.plant import Plant
from ..fleet.spoken import said_of
from ..load.faults.base import STUCK
from ..load.faults.excuses import Hindrance
from ..random_streams import Stream, draw
from ..truth import TruthRow, truth_row
from .asked import DataFaultsAsked
from .base import DataFault
from .held import Held, HeldPlant
from .kinds import DATA_FAULTS
from .label import Label

HOUR_MS = 3_600_000
_CLASS = {row.number: row.cls for row in MESSAGES}
RESET_MS = 600_000  # (ours) until somebody has reset an alarm that latches
HEARD_MS = 7_200_000  # (ours) none begins before its device has been silent for as long as it may, or this


class Member(Protocol):
    """A device of a fleet: itself, its channels by name, what hangs on its outputs."""

    device: Any
    slots: dict[str, int]
    plant: Plant


class Host(Protocol):
    """Whoever has the devices."""

    def member(self, device: str) -> Member | None:
        """None: it has burnt, or is no simulated device of this host."""

    def sense(self, device: str, channel: str, value: int | None) -> None:
        """Let a sensor read a value, past what holds it."""

    def expect(self, device: str, row: TruthRow) -> None:
        """Add a row to the truth of the device's world."""


@dataclass(slots=True)
class _Active:
    fault: DataFault
    label: Label
    until: float
    first: int = 0  # the first and the last message that showed it
    last: int = 0
    hindrance: Hindrance | None = None


class DataFaults:
    """Times in ms of world time; `zero`: world time 0 on the run's clock, by which hindrances count. The n-th fault of
    a kind at a device depends on the seed, the device, the kind and n alone; where one would begin while another is on,
    there is none."""

    def __init__(
        self, host: Host, asked: DataFaultsAsked, devices: Sequence[Device], seed: int, zero: float = 0.0,
        pace: float = 1.0,
    ) -> None:  # fmt: skip
        self._host = host
        self._seed = seed
        self._zero = zero
        self._pace = pace
        self._gaps = {kind: HOUR_MS / rate / pace for kind, rate in asked.items()}  # ms, on average
        self._held: Held = {}
        self._active: dict[str, _Active] = {}
        self.labels: list[Label] = []
        self.hindrances: list[Hindrance] = []
        self._devices = {device.id: device for device in devices}
        self._ends: list[tuple[float, str]] = []
        self._begins: list[tuple[float, str, str, int]] = []
        for device in devices:
            for kind in asked:
                if device.kind in DATA_FAULTS[kind].KINDS:
                    heard = min(KIND[device.kind].link.offline_s * 1000, HEARD_MS) / pace
                    self._begins.append((heard + self._gap(device.id, kind, 0), device.id, kind, 0))
        heapify(self._begins)

    @property
    def due(self) -> float:
        """When it wants to be called again; infinity: not at all."""
        return min(self._ends[0][0] if self._ends else inf, self._begins[0][0] if self._begins else inf)

    def step(self, now: float) -> None:
        """Do what is due: what ends at an instant ends before another begins."""
        while self.due <= now:
            if self._ends and self._ends[0][0] <= self._begins[0][0]:
                at, device = heappop(self._ends)
                one = self._active.get(device)
                if one is not None and one.until == at:
                    self._end(int(at), device)
            else:
                at, device, kind, number = heappop(self._begins)
                heappush(self._begins, (at + self._gap(device, kind, number + 1), device, kind, number + 1))
                if device not in self._active:
                    self._begin(int(at), device, kind, number)

    def finish(self) -> None:
        """The run is over: what is on is let go, and its label has no end."""
        for device, one in list(self._active.items()):
            if self._host.member(device) is not None:
                one.fault.end(self)
        self._active.clear()
        self._begins.clear()
        self._ends.clear()

    def keeps(self, device: str, channel: str, value: int | None) -> bool:
        """Whether a change of the world is kept from its device."""
        if (device, channel) not in self._held:
            return False
        self._held[device, channel] = value
        hindrance = self._active[device].hindrance
        if hindrance is not None:
            hindrance.counts = True
        return True

    def sent(self, at: float, device: str, frame: bytes) -> None:
        """A device has sent a frame."""
        one = self._active.get(device)
        if one is None:
            return
        now, said = int(at - self._zero), said_of(frame)
        if said.uptime is None or not one.fault.shows(now, said):
            return
        label = one.label
        if not label.messages:
            one.first = now
            label.boot, label.seq = said.boot, said.seq
            label.cls = _CLASS[said.kind]
        one.last = now
        label.messages += 1
        label.evident = one.fault.evident(label.messages, one.first, one.last)
        if one.fault.ONCE:
            self._end(now, device)

    # ---- Hands

    def firmware(self, device: str) -> Firmware:
        firmware: Firmware = self._member(device).device
        return firmware

    def value(self, device: str, channel: str) -> int:
        member = self._member(device)
        value: int = member.device.sampling.values[member.slots[channel]]
        return value

    def hold(self, device: str, channel: str, value: int) -> None:
        member = self._member(device)
        self._held[device, channel] = self.value(device, channel)
        member.plant = HeldPlant(member.plant, device, self._held)
        self._host.sense(device, channel, value)

    def let_go(self, device: str, channel: str) -> None:
        member = self._member(device)
        if isinstance(member.plant, HeldPlant):
            member.plant = member.plant.plant
        self._host.sense(device, channel, self._held.pop((device, channel)))

    # ---- inside

    def _member(self, device: str) -> Member:
        member = self._host.member(device)
        assert member is not None
        return member

    def _gap(self, device: str, kind: str, number: int) -> float:
        """From one of a kind at a device to the next: they come as at random, as in a Poisson process."""
        stream = Stream(draw(self._seed, "data fault", device, kind, number))
        return self._gaps[kind] * stream.exponential()

    def _begin(self, at: int, device: str, kind: str, number: int) -> None:
        member = self._host.member(device)
        if member is None:
            return
        placed = self._devices[device]
        stream = Stream(draw(self._seed, "data fault", device, kind, number, "what"))
        fault = DATA_FAULTS[kind](placed, member.device.session._beat_ms, stream, self._pace)
        label = Label(device, placed.name, fault.quantity, kind, at)
        one = self._active[device] = _Active(fault, label, at + fault.for_ms)
        if not fault.begin(self):
            del self._active[device]
            return
        self.labels.append(label)
        heappush(self._ends, (one.until, device))
        if fault.quantity:
            one.hindrance = Hindrance(device, STUCK, self._zero + at, counts=False)
            self.hindrances.append(one.hindrance)
        self._may(at, device, fault.MAY_RAISE, fault.NAME)

    def _end(self, at: int, device: str) -> None:
        one = self._active[device]
        one.label.to_ms = at
        if one.hindrance is not None:
            latched = RESET_MS if self._devices[device].kind in one.fault.MAY_RAISE else 0
            one.hindrance.end = self._zero + at + latched
        self._may(at, device, one.fault.MAY_FOLLOW, one.fault.NAME)
        if self._host.member(device) is not None:
            one.fault.end(self)
        del self._active[device]
        for key in [key for key in self._held if key[0] == device]:
            del self._held[key]  # of what has burnt

    def _may(self, at: int, device: str, alarms: Mapping[str, Sequence[str]], name: str) -> None:
        placed = self._devices[device]
        for alarm in alarms.get(placed.kind, ()):
            self._host.expect(device, truth_row(placed, alarm, at, f"a data fault: {name}", "may"))
