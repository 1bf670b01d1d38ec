"""The things an estate is made of once its file has been read: devices, flats, residents."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

GROUND = 0
BASEMENT = -1


def device_id(estate: str, name: str) -> str:
    """The 8-byte id of a device as 16 hex digits: of its estate and its name only, so no other device changes it."""
    return blake2b(f"{estate}\x1f{name}".encode(), digest_size=8, person=b"lilong-device").hexdigest()


@dataclass(frozen=True, slots=True)
class Device:
    """One device in its place; `x`, `y` in metres, `z` the storey as people count it (12F is 12, outdoors 0).

    `mains`: its power comes from a feeder, from `feeder` where the file says which there are. `fence`: what a fence
    zone is made of, where the file says so.
    """

    id: str
    kind: str
    name: str
    x: float
    y: float
    z: int
    building: str | None
    core: int | None
    unit: str | None
    grid: tuple[str, ...]
    beat_s: int | None = None
    offline_s: int | None = None
    mains: bool = True
    fence: str | None = None
    feeder: str | None = None


@dataclass(frozen=True, slots=True)
class Flat:
    """One flat with the position that its devices share; `key` is `core/flat`, for example `3/1203`."""

    key: str
    building: str
    core: int
    storey: int
    unit: str
    x: float
    y: float

    def number_at(self, core: int | None) -> int:
        """What is dialled for it at the panels of its core, 1203, and at those that belong to no core, 31203."""
        return int(self.unit) if core is not None else self.core * 10_000 + int(self.unit)

    @property
    def stem(self) -> str:
        """How the names of its devices begin: `core3/12F/1203`."""
        return f"core{self.core}/{self.storey:02d}F/{self.unit}"


@dataclass(frozen=True, slots=True)
class Cell:
    """The grid cell of the street's government that an estate lies in, and the officer who walks it."""

    id: str
    name: dict[str, str]
    officer: str


@dataclass(frozen=True, slots=True)
class Resident:
    """One person: `key` is flat and number (`3/1203/p1`), `card` a 30-bit card number."""

    key: str
    flat: Flat
    age: int
    card: int
