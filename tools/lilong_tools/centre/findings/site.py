"""What an estate's data say about a device beyond its kind: its feeder, its cell, its gateway, its place in metres."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, cast

from lilong_simulator.wiring import wirings

from ..model import Estate, PlacedDevice

STOREY_M = 3.0  # (ours) from floor to floor
HELPLESS = frozenset(("disabled", "lives_alone", "bedridden", "dementia", "child_at_risk"))
"""(ours) Of the classes of care those in which somebody may not get out of a flat without help."""


class Cell(NamedTuple):
    """A grid cell, and who goes there."""

    name: str
    officer: str


class Wired(Protocol):
    """An estate that has more to say than the centre needs."""

    def feeder_of(self, device_id: str) -> str | None: ...
    households: Sequence[Any]
    def cell_of(self, device: Any) -> Any: ...


class Site:
    """An estate that does not say one of these has none: whose feeder nobody knows is never one of a lost feeder."""

    def __init__(self, estate: Estate) -> None:
        self._placed = {device.id: device for device in estate.devices}
        self.feeders: dict[str, list[str]] = {}
        if hasattr(estate, "feeder_of"):
            feeder_of = cast(Wired, estate).feeder_of
            for device in self._placed:
                if (feeder := feeder_of(device)) is not None:
                    self.feeders.setdefault(feeder, []).append(device)
        self.feeder_of = {device: feeder for feeder, those in self.feeders.items() for device in those}
        self.children: dict[str, Sequence[str]] = {}
        """Of each gateway, in the order in which it numbers them from 1."""
        if any(device.kind == "gateway" for device in self._placed.values()):
            wired = wirings(cast(Any, estate)).values()
            self.children = {one.gateway.id: tuple(child.id for child in one.children) for one in wired}
        helpless = {
            (home.flat.core, home.flat.unit)
            for home in getattr(estate, "households", ())
            if home.care & HELPLESS and not home.confidential
        }
        self.helpless = {one.id for one in self._placed.values() if (one.core, one.unit) in helpless}
        """The devices of flats in which somebody needs help to get out; who is confidential is in no list."""
        self._cell_of = cast(Wired, estate).cell_of if hasattr(estate, "cell_of") else lambda device: None

    @property
    def devices(self) -> Iterable[PlacedDevice]:
        return self._placed.values()

    def __contains__(self, device: str) -> bool:
        return device in self._placed

    def placed(self, device: str) -> PlacedDevice:
        return self._placed[device]

    def cell(self, device: str) -> Cell | None:
        """Where a device is, if anybody has said who goes there."""
        cell = self._cell_of(self._placed[device])
        return None if cell is None else Cell(str(cell.id), str(cell.officer))

    def apart_m(self, one: str, other: str) -> float:
        """How far it is from one device to another, as the crow flies."""
        a, b = self._placed[one], self._placed[other]
        return math.dist((a.x, a.y, a.z * STOREY_M), (b.x, b.y, b.z * STOREY_M))
