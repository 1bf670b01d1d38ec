"""The shapes that pass between the parts of the centre."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from lilong_protocol import topics
from lilong_protocol.pc.decided import Decided, Publish, StateRow
from lilong_protocol.pc.errors import RequestError as CentreError

__all__ = [
    "Batch", "CentreError", "Estate", "Json", "PlacedDevice", "Post", "Publish", "Row", "Saved", "StateRow",
    "state_rows",
]  # fmt: skip

_NUMBERS = (f"{topics.ALARM}/", f"{topics.EVENT}/")  # names of rows of an engine's state

Json = dict[str, Any]


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
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def z(self) -> int: ...
    @property
    def unit(self) -> str | None: ...


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


class Post(NamedTuple):
    """A message for the receiver of what is forwarded; `id`: its key, the same however often it is tried."""

    id: str
    message: str


@dataclass
class Batch:
    """What the core has decided: `rows` must be durable before anything of `publishes` and `posts` leaves.

    `feed`: rows of the observed feed; `decided`: what its details are made of. `changes`: messages for the consoles.
    """

    rows: list[Row] = field(default_factory=list)
    publishes: list[Publish] = field(default_factory=list)
    feed: list[Json] = field(default_factory=list)
    changes: list[Json] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    decided: Decided | None = None

    def __bool__(self) -> bool:
        return bool(self.rows or self.publishes or self.feed or self.changes or self.posts)


@dataclass
class Saved:
    """What a store gives back after a restart: rows by column name."""

    devices: list[Json] = field(default_factory=list)
    alarms: list[Json] = field(default_factory=list)
    incidents: list[Json] = field(default_factory=list)
    findings: list[Json] = field(default_factory=list)  # all that stand and the last that ended, oldest first
    numbers: list[tuple[str, str, int, int, bytes]] = field(default_factory=list)  # device, class, boot, seq, tag
    frames: list[tuple[str, str, int, int, bytes]] = field(default_factory=list)  # events that wait for their turn
    forwards: list[Json] = field(default_factory=list)  # what has no receipt or is not over, and the last; oldest first
    used: list[Json] = field(default_factory=list)  # where each credential was last
    revocations: list[Json] = field(default_factory=list)  # by stamp
    artifacts: list[Json] = field(default_factory=list)  # oldest first
    passages: list[Json] = field(default_factory=list)  # that wait, or have no exit yet
    passage_numbers: list[tuple[str, int]] = field(default_factory=list)  # device, number of all
    stays: list[Json] = field(default_factory=list)  # the last ones, oldest first
    state: list[StateRow] = field(default_factory=list)  # of the engine, without its numbers
    refused: dict[str, int] = field(default_factory=dict)

    def engine_state(self, tenant: str) -> list[StateRow]:
        """What an engine goes on from: its numbers are those of the messages that were stored for ever."""
        rows = list(self.state)
        rows += [StateRow(tenant, d, f"{cls}/{boot}/{seq}", tag) for d, cls, boot, seq, tag in self.numbers]
        rows += [StateRow(tenant, d, f"{cls}/{boot}/{seq}", data) for d, cls, boot, seq, data in self.frames]
        return rows


def state_rows(state: Iterable[StateRow]) -> list[Row]:
    """An engine's state as rows, without its numbers: each is a message, stored for ever."""
    kept, gone = [], []
    for _, device, name, value in state:
        if value is None:
            gone.append(Row("state_gone", (device, name)))
        elif not name.startswith(_NUMBERS):
            kept.append(Row("state", (device, name, value)))
    return kept + gone
