"""What the devices of an estate say by themselves, reckoned from their periods, and what its people make them say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lilong_firmware.session import ROWS_MAX
from lilong_protocol.codes import link
from lilong_protocol.registry import KIND

from .estate import Device, Estate
from .fleet.provision import SHORTEST_MS

DAY_S = 86_400
SESSION_MESSAGES = 4  # of a device that wakes: connect, subscription, birth, leave


@dataclass(frozen=True, slots=True)
class Steady:
    """Of the devices of one kind; rates a second. `wakings`: sessions of those that sleep between their beats."""

    kind: str
    devices: int = 0
    always_on: int = 0
    heartbeats: float = 0.0
    telemetry: float = 0.0
    wakings: float = 0.0

    @property
    def messages(self) -> float:
        """What a backend hears: a heartbeat, a batch of telemetry, the birth of one that wakes."""
        return self.heartbeats + self.telemetry + self.wakings

    def times(self, count: int) -> Steady:
        """Those of so many estates alike."""
        return Steady(
            self.kind, self.devices * count, self.always_on * count, self.heartbeats * count, self.telemetry * count,
            self.wakings * count,
        )  # fmt: skip

    def __add__(self, other: Steady) -> Steady:
        return Steady(
            self.kind, self.devices + other.devices, self.always_on + other.always_on,
            self.heartbeats + other.heartbeats, self.telemetry + other.telemetry, self.wakings + other.wakings,
        )  # fmt: skip


def steady(devices: Iterable[Device], rate: float = 1.0) -> dict[str, Steady]:
    """By kind, in the order in which they first come. rate: periods are divided by it, as by `lilong load --rate`."""
    found: dict[str, Steady] = {}
    for device in devices:
        always_on, _, beat_s, _, telemetry_s = link(KIND[device.kind].number)
        beat = max(SHORTEST_MS / 1000, (device.beat_s or beat_s) / rate)
        told = 1 / min(max(beat, telemetry_s / rate), ROWS_MAX * beat) if telemetry_s else 0.0
        one = Steady(device.kind, 1, always_on, always_on / beat, told, (not always_on) / beat)
        found[device.kind] = found.get(device.kind, Steady(device.kind)) + one
    return found


@dataclass(frozen=True, slots=True)
class Happening:
    """What people cause: a rate of the estate file, messages that each time takes, and the curves of its hours.

    `kind`: the devices that say it; where there is none, nothing is said. `per`: what the rate is by, where it is not
    the whole estate's: each `bay`, each `flat`, each `device` of the kind. `asked`: only where doors ask first.
    """

    rate: str
    messages: float
    curves: tuple[str, ...]
    kind: str
    per: str = "estate"
    asked: bool = False

    def a_day(self, estate: Estate) -> float:
        """Messages on a working day."""
        there = estate.counts.get(self.kind, 0)
        units = {"estate": 1, "bay": estate.bays, "flat": len(estate.flats), "device": there}[self.per]
        said = there and (estate.doors_ask or not self.asked)
        return float(getattr(estate.rates, self.rate) * units * self.messages) if said else 0.0


# Messages: what a simulated day has of each. Charging has no curve: people begin it as they come home.
HAPPENINGS = (
    # A card in at gate and lobby, and out at the gate; out of the lobby without a card, which is told as well.
    Happening("credential_reads", 4 / 3, ("door_in", "door_in", "door_out"), "door"),
    Happening("credential_reads", 0.8, ("door_in", "door_in", "door_out"), "door", asked=True),  # no PINs, no panels
    Happening("door_cycles", 2, ("door_in", "door_out"), "door"),  # opened, closed
    Happening("held_open", 2, ("door_in", "door_out"), "door"),  # raised, cleared
    Happening("smoke_nuisance", 2, ("smoke_nuisance",), "smoke"),
    Happening("car_passages_per_bay", 2, ("car_in", "car_out"), "vehicle_lane", "bay"),  # opened, passed
    Happening("cycle_passages_per_flat", 1.4, ("cycle",), "cycle_gate", "flat"),  # and at the sheds
    Happening("calls_per_flat", 6.6, ("call",), "intercom", "flat"),  # its states, and the door of three in four
    Happening("ev_sessions_per_pile", 3, ("car_in",), "ev_pile", "device"),  # its states
    Happening("shed_sessions_per_socket", 2, ("cycle",), "shed_socket", "device"),  # on, off
)


def events_a_day(estate: Estate) -> float:
    """Messages on a working day."""
    return sum(one.a_day(estate) for one in HAPPENINGS)


def events_in_hour(estate: Estate, hour: int) -> float:
    """Messages from `hour` to the next, 0 to 23, on a working day."""
    total = 0.0
    for one in HAPPENINGS:
        percent = sum(getattr(estate.curves, curve)[hour] for curve in one.curves) / len(one.curves)
        total += one.a_day(estate) * percent / 100
    return total
