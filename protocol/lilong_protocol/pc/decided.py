"""What an engine has decided: what the application gets, what must be durable, what may leave after that."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .message import Message
from .order import Order
from .received import Gap, Incident


class Publish(NamedTuple):
    """A sealed message to a device."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class StateRow(NamedTuple):
    """One thing that an engine must find again after a restart: (tenant, device, name) is its key, None deletes it."""

    tenant: str
    device: str
    name: str
    value: bytes | None


@dataclass
class Decided:
    """One step of an engine. `state` must be durable, together with what the application makes of `messages`, before
    anything of `publishes` leaves.

    `messages`: each once, in the order in which they count. `kept`: alarm and event frames as they arrived, each once,
    also those that wait for their turn or that nobody understands: for an archive. `sessions`: never, online, asleep
    or offline, of each device where that changed; `lost`: devices whose silence has proved it. `orders`: those that
    changed, `given_up`: those that ended without an answer, with the code SILENT, or STALE when the boot that they
    were given for has ended before they could leave.
    """

    messages: list[Message] = field(default_factory=list)
    kept: list[Message] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    given_up: list[Order] = field(default_factory=list)
    state: list[StateRow] = field(default_factory=list)
    publishes: list[Publish] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.messages or self.kept or self.gaps or self.incidents or self.sessions or self.orders or self.state
            or self.publishes or self.given_up
        )  # fmt: skip
