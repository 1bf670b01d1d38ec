"""The shapes that pass between the parts of the centre."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Json = dict[str, Any]


class CentreError(ValueError):
    """A request that cannot be carried out; the text says what, where and what to do."""


class PlacedDevice(Protocol):
    """What the centre needs to know of a device of the estate."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def core(self) -> int | None: ...
    @property
    def offline_s(self) -> int | None: ...


class Estate(Protocol):
    """What the centre needs of an estate; `lilong_simulator.estate` gives more."""

    @property
    def id(self) -> str: ...
    @property
    def devices(self) -> Sequence[PlacedDevice]: ...
    def plan(self) -> Json: ...
    def escape_doors(self, core: int) -> Sequence[PlacedDevice]: ...


class Row(NamedTuple):
    """One thing to store: a table of `store` and its values in the order of that table's columns."""

    table: str
    values: tuple[Any, ...]


class Publish(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass
class Batch:
    """What the core has decided: `rows` must be durable before anything of `publishes` leaves.

    `feed`: rows of the observed feed. `changes`: messages for the consoles.
    """

    rows: list[Row] = field(default_factory=list)
    publishes: list[Publish] = field(default_factory=list)
    feed: list[Json] = field(default_factory=list)
    changes: list[Json] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.publishes or self.feed or self.changes)


@dataclass
class Saved:
    """What a store gives back after a restart: rows by column name."""

    devices: list[Json] = field(default_factory=list)
    alarms: list[Json] = field(default_factory=list)
    orders: list[Json] = field(default_factory=list)
    incidents: list[Json] = field(default_factory=list)
    numbers: list[tuple[str, str, int, int, bytes]] = field(default_factory=list)  # device, class, boot, seq, tag
    frames: list[tuple[str, str, bytes]] = field(default_factory=list)  # events that wait for their turn
    revocations: list[Json] = field(default_factory=list)  # by stamp
    refused: dict[str, int] = field(default_factory=dict)
