"""A board as its board.toml says: pins by function, buses, and for each kind of device what is wired where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .chips import Chip

LINES = "lines"
"""`peripherals` of a board without pins: the unix port, whose channels come in as lines."""


@dataclass(frozen=True)
class Pin:
    """A function and the GPIO that it is on. `pull`: "up", "down" or None.

    `starts`: the level of an output at power-on; `safe`: why a strapping pin may be used for it.
    """

    name: str
    key: str
    gpio: int
    printed: str
    pull: str | None = None
    starts: int = 0
    safe: str | None = None
    analogue: bool = False


@dataclass(frozen=True)
class Bus:
    """A bus on pins by function: `lines` as {"sda": "SDA"}; `settings`: numbers such as {"hz": 400000}."""

    bus: str
    name: str
    key: str
    unit: int
    lines: Mapping[str, str]
    settings: Mapping[str, int]


@dataclass(frozen=True)
class Part:
    """A driver at a channel or output. `parameters`: what board.toml says of it, by the driver's names."""

    name: str
    key: str
    driver: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Wiring:
    """A kind of device on a board. `pins` and `buses` (by "i2c.sensors") are the board's and the kind's own.

    `shares`: channel or output -> the one whose part serves it too; `absent`: what this board does not have, and why.
    """

    kind: str
    pins: Mapping[str, Pin]
    buses: Mapping[str, Bus]
    parts: Mapping[str, Part] = field(default_factory=dict)
    shares: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Modem:
    """The cellular modem of a board with `radio = "ppp"`."""

    uart: str
    outputs: Mapping[str, str]
    """{"power_key": function, "reset": function}"""


@dataclass(frozen=True)
class Flash:
    """`partitions`: the table's file beside board.toml; else `layout`, sizes in KiB by part (rp2)."""

    mib: int
    partitions: str | None
    layout: Mapping[str, int]


@dataclass(frozen=True)
class Board:
    id: str
    file: Path
    name: str
    chip: Chip
    radio: str
    power: Mapping[str, str]
    flash: Flash
    proved: tuple[str, ...]
    """What hardware has proved: a sentence each; none yet."""
    pins: Mapping[str, Pin]
    buses: Mapping[str, Bus]
    kinds: Mapping[str, Wiring]
    modem: Modem | None = None
    peripherals: str = "pins"
