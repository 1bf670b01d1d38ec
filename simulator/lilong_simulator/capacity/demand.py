"""What devices ask of a broker and of gateways: steadily, in the busiest hour, and when all come back at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .. import traffic
from ..estate import Device, Estate
from ..load.places import Place
from ..wiring import WIRED, place_of
from .frames import Sizes, sizes_of

BUSIEST = 18  # the hour from 18:00, when people come home
BURST = 1.8  # five minutes of it against the whole
STORM_MESSAGES = 4  # of each device that comes back: connect, subscription, birth, configuration
RELEASED = ("door", "vehicle_lane", "cycle_gate")  # what a fire in a core opens


@dataclass(frozen=True, slots=True)
class Riser:
    """What hangs together in an estate: its children, and how many of them a fire opens at once."""

    name: str
    children: int
    released: int


@dataclass
class Demand:
    """Rates a second. `connections`: of devices that stay; `gateways`: (a place, how many there are alike)."""

    name: str
    estates: int = 0
    devices: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    heartbeats: float = 0.0
    telemetry: float = 0.0
    wakings: float = 0.0
    events: float = 0.0
    events_peak: float = 0.0
    bytes_mean: float = 0.0
    bytes_peak: float = 0.0
    bytes_birth: float = 0.0  # of all births together
    placed: int = 0  # gateways that the files place
    gateways: list[tuple[Riser, int]] = field(default_factory=list)

    @property
    def steady(self) -> float:
        return self.heartbeats + self.telemetry + traffic.SESSION_MESSAGES * self.wakings

    @property
    def mean(self) -> float:
        return self.steady + self.events

    @property
    def peak(self) -> float:
        return self.steady + self.events_peak


def demand_of(name: str, places: Iterable[Place]) -> Demand:
    """Of all places, those that stand for several counted so many times."""
    total = Demand(name)
    sizes: dict[str, Sizes] = {}
    for place in places:
        estate, times = place.estate, place.copies
        share = len(place.devices) / len(estate.devices) if estate.devices else 0.0
        total.estates += times
        for kind, one in traffic.steady(place.devices).items():
            if kind not in sizes:
                sizes[kind] = sizes_of(estate, next(device for device in place.devices if device.kind == kind))
            size = sizes[kind]
            total.devices += one.devices * times
            total.kinds[kind] += one.devices * times
            total.connections += one.always_on * times
            total.heartbeats += one.heartbeats * times
            total.telemetry += one.telemetry * times
            total.wakings += one.wakings * times
            total.bytes_mean += times * (
                one.heartbeats * size.heartbeat + one.telemetry * size.telemetry + one.wakings * size.birth
            )
            total.bytes_birth += times * one.always_on * size.birth
        total.events += times * share * traffic.events_a_day(estate) / traffic.DAY_S
        total.events_peak += times * share * BURST * traffic.events_in_hour(estate, BUSIEST) / 3600
        total.placed += times * sum(device.kind == "gateway" for device in place.devices)
        total.gateways += [(one, times) for one in _hangs_together(estate, place.devices)]
    event = max((size.event for size in sizes.values()), default=0)
    total.bytes_peak = total.bytes_mean + total.events_peak * event
    total.bytes_mean += total.events * event
    return total


def _hangs_together(estate: Estate, devices: Iterable[Device]) -> list[Riser]:
    """Riser by riser and what stands in the open, whether or not the file places gateways."""
    there = {device.id for device in devices}
    risers = {one["id"]: f"core{one['cores'][0]['id']}" for one in estate.plan()["buildings"] if one["cores"]}
    by_place: Counter[str] = Counter()
    for device in estate.devices:
        if device.id in there and device.kind in WIRED:
            place = place_of(device)
            by_place[risers.get(place, place)] += 1  # a pump room hangs on a riser of its building
    opened = {
        core: sum(device.id in there for device in estate.escape_doors(core))
        + sum(d.id in there for d in estate.devices if d.core is None and d.kind in RELEASED[1:])
        for core in estate.cores
    }
    found = []
    for name, children in by_place.items():
        core = int(name.removeprefix("core")) if name.startswith("core") else None
        own = 0 if core is None else sum(door.id in there for door in estate.doors_of_core(core))
        released = opened.get(core, 0) if core is not None else 0
        found.append(Riser(name, children + released - own, released))
    return found
