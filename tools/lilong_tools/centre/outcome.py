"""What has been decided and not yet been taken: rows, feed and changes in the making."""

from typing import Any

from lilong_protocol.pc.message import Message
from lilong_protocol.seal import frame_tag

from .alarms import Alarm
from .model import Batch, Json, Post, Row


class Outcome:
    """Gathers a batch. Alarms, devices and states that change several times are told once, as they end up."""

    def __init__(self) -> None:
        self._batch = Batch()
        self._alarms: dict[str, Alarm] = {}
        self._devices: dict[str, None] = {}
        self._states: dict[str, str] = {}

    def alarm(self, alarm: Alarm) -> None:
        self._alarms[alarm.id] = alarm

    def device(self, device: str) -> None:
        self._devices[device] = None

    def state(self, device: str, state: str) -> None:
        self._states[device] = state

    def row(self, row: Row) -> None:
        self._batch.rows.append(row)

    def feed(self, row: Json) -> None:
        self._batch.feed.append(row)

    def post(self, post: Post) -> None:
        """A message for whoever confirmed alarms are forwarded to."""
        self._batch.posts.append(post)

    def tell(self, change: Json) -> None:
        """A message for every console."""
        self._batch.changes.append(change)

    def keep(self, received: Message) -> None:
        """An alarm or event frame, for ever."""
        message = received.frame
        self._batch.rows.append(Row("message", (
            received.device, message.boot, received.cls, message.seq, message.kind, received.at_ms, received.since_ms,
            received.received_ms, frame_tag(received.data), received.data,
        )))  # fmt: skip

    def record(
        self, device: str, at_ms: int, what: str, code: int | None, values: dict[int, Any], counter: int | None = None
    ) -> None:
        """A line in a device's record, for ever."""
        self._batch.rows.append(Row("record", (device, at_ms, what, code, counter, by_text(values))))

    def recent(self, device: str, at_ms: int, what: str, code: int | None, values: dict[int, Any]) -> None:
        """A line in a device's record that is pruned some day."""
        self._batch.rows.append(Row("recent", (device, at_ms, what, code, None, by_text(values))))

    def take(self) -> tuple[Batch, list[Alarm], list[str]]:
        """The batch, with the alarms and the devices whose rows and changes it still lacks."""
        batch, alarms, devices = self._batch, list(self._alarms.values()), list(self._devices)
        if self._states:
            batch.changes.append({"type": "states", "states": self._states})
        self._batch, self._alarms, self._devices, self._states = Batch(), {}, {}, {}
        return batch, alarms, devices


def by_text(values: dict[int, Any]) -> dict[str, Any]:
    """Values by quantity as JSON has them."""
    return {str(quantity): value for quantity, value in values.items()}
