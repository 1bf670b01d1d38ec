"""One alarm from its raise to its clear, as it is stored and shown."""

from dataclasses import dataclass, field
from typing import Any

from lilong_protocol.codes import Q_CHILD
from lilong_protocol.pc.wishes import alarm_cause
from lilong_protocol.registry import ALARM, QUANTITIES
from lilong_protocol.registry.tables import LEVEL, ORANGE

from .model import Json, Row

NAMES = {quantity.number: quantity.name for quantity in QUANTITIES}


def alarm_id(device: str, boot: int, seq: int) -> str:
    """The name of an alarm: the key of its raise."""
    return f"{device}-{boot}-{seq}"


@dataclass
class Alarm:
    """Times are epoch ms. `raised_since_ms` is below `raised_at_ms` when nobody can tell better."""

    id: str
    device: str
    boot: int
    seq: int
    code: int
    level: int
    values: dict[int, Any] = field(default_factory=dict)
    uptime_ms: int | None = None  # of the raise; None while only an update or a clear has come
    raised_at_ms: int = 0
    raised_since_ms: int | None = None
    stored_at_ms: int = 0
    shown_at_ms: int | None = None
    acknowledged_at_ms: int | None = None
    operator: str | None = None
    restored: bool = False
    cleared: bool = False
    cleared_at_ms: int | None = None
    told_boot: int = -1  # the latest update, by (boot, seq)
    told_seq: int = -1

    @property
    def ref(self) -> tuple[int, int]:
        return self.boot, self.seq

    @property
    def what(self) -> tuple[int, Any]:
        """Its code, and the child of which it is, where a gateway has it: a device has one of these at a time."""
        return self.code, self.values.get(Q_CHILD)

    @property
    def told(self) -> tuple[int, int]:
        """(boot, seq) of its latest frame that moved it."""
        return max(self.ref, (self.told_boot, self.told_seq))

    @property
    def cause(self) -> str:
        """Of the orders that it gives."""
        return alarm_cause(self.device, self.ref)

    @property
    def state(self) -> str:
        """The furthest that it has come."""
        if self.cleared:
            return "cleared"
        if self.restored:
            return "restored"
        return "raised" if self.acknowledged_at_ms is None else "acknowledged"

    def row(self) -> Row:
        values = {str(q): v for q, v in self.values.items()}
        return Row("alarm", (
            self.id, self.device, self.boot, self.seq, self.code, self.level, values, self.uptime_ms,
            self.raised_at_ms, self.raised_since_ms, self.stored_at_ms, self.shown_at_ms, self.acknowledged_at_ms,
            self.operator, self.restored, self.cleared, self.cleared_at_ms, self.told_boot, self.told_seq,
        ))  # fmt: skip

    @classmethod
    def load(cls, saved: Json) -> "Alarm":
        saved = dict(saved)
        saved["values"] = {int(q): v for q, v in saved["values"].items()}
        return cls(**saved)

    def feed(self, at_ms: int, event: str) -> Json:
        """A row of the observed feed; that it is stored is told with what was seen, and when it was raised."""
        row: Json = {
            "at": at_ms, "event": event, "alarm": self.id, "device": self.device, "code": self.code,
            "boot": self.boot, "seq": self.seq,
        }  # fmt: skip
        if event != "stored":
            return row
        row["level"] = self.level
        if self.raised_since_ms == self.raised_at_ms:
            row["raised_at"] = self.raised_at_ms
        if self.values:
            row["values"] = {NAMES[quantity]: value for quantity, value in self.values.items() if quantity in NAMES}
        return row

    def happened(self) -> list[Json]:
        """The rows of the observed feed that must be there by now."""
        times = {
            "stored": None if self.uptime_ms is None else self.stored_at_ms, "shown": self.shown_at_ms,
            "acknowledged": self.acknowledged_at_ms, "cleared": self.cleared_at_ms,
        }  # fmt: skip
        return [self.feed(at_ms, event) for event, at_ms in times.items() if at_ms is not None]

    def shown_as(self, name: str, kind: str) -> Json:
        """As consoles get it."""
        return {
            "id": self.id, "device": self.device, "name": name, "kind": kind, "code": self.code, "level": self.level,
            "values": {str(q): v for q, v in self.values.items()}, "state": self.state,
            "acknowledged": self.acknowledged_at_ms is not None, "restored": self.restored, "cleared": self.cleared,
            "raised_at": self.raised_at_ms, "raised_since": self.raised_since_ms, "stored_at": self.stored_at_ms,
            "shown_at": self.shown_at_ms, "acknowledged_at": self.acknowledged_at_ms, "operator": self.operator,
            "cleared_at": self.cleared_at_ms,
        }  # fmt: skip


def level_of(code: int, body: dict[int, Any]) -> int:
    """The warning level, 1 to 4: the device's own severity, else the registry's level, else orange."""
    level = LEVEL.get(body.get(1, 0))
    if level is not None:
        return level
    return ALARM[code].level if code in ALARM else ORANGE
