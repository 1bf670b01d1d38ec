"""The alarm list: one alarm from its raise to its clear, whatever comes late, twice or in another order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lilong_protocol import frame
from lilong_protocol.pc.message import Message
from lilong_protocol.pc.wishes import alarm_cause
from lilong_protocol.registry import ALARM
from lilong_protocol.registry.tables import LEVEL, ORANGE

from .model import CentreError, Json, Row

CLEARED_KEPT = 200  # ended alarms that stay in the list
ACTIVE_AGAIN, RESTORED = 1, 2  # the state that an update tells (firmware: episodes)


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
        """A row of the observed feed."""
        return {
            "at": at_ms, "event": event, "alarm": self.id, "device": self.device, "code": self.code,
            "boot": self.boot, "seq": self.seq,
        }  # fmt: skip

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


class AlarmBook:
    """Alarms by id: all that are open, and the last that ended."""

    def __init__(self) -> None:
        self._alarms: dict[str, Alarm] = {}
        self._open: dict[str, dict[str, Alarm]] = {}  # by device
        self._ended: dict[str, None] = {}  # in the order of their end

    def get(self, alarm: str) -> Alarm:
        found = self._alarms.get(alarm)
        if found is None:
            raise CentreError(f"alarm {alarm!r}: not in the list of this centre; reload the list and choose from it")
        return found

    def find(self, alarm: str) -> Alarm | None:
        return self._alarms.get(alarm)

    def open_of(self, device: str) -> Iterator[Alarm]:
        """The alarms of a device that have not been cleared."""
        return iter(self._open.get(device, {}).values())

    def all(self) -> Iterator[Alarm]:
        """Every open alarm and the last that ended, oldest first."""
        return iter(self._alarms.values())

    def restore(self, alarm: Alarm) -> None:
        """Take back an alarm after a restart."""
        self._add(alarm)
        self._file(alarm)

    def apply(self, now_ms: int, received: Message) -> Alarm | None:
        """A fresh raise, update or clear. Whichever comes first makes the alarm; None when it changes nothing."""
        message = received.frame
        body: dict[int, Any] = message.body
        boot, seq = (message.boot, message.seq) if message.kind == frame.RAISE else message.ref
        alarm = self._alarms.get(alarm_id(received.device, boot, seq))
        if alarm is None:
            code = body[0]
            alarm = Alarm(alarm_id(received.device, boot, seq), received.device, boot, seq, code, level_of(code, body))
            alarm.raised_at_ms, alarm.stored_at_ms = received.at_ms, now_ms
            self._add(alarm)
        if message.kind == frame.RAISE:
            self._raised(alarm, now_ms, received)
        elif alarm.cleared:
            return None
        elif message.kind == frame.CLEAR:
            alarm.cleared, alarm.cleared_at_ms = True, received.at_ms
        else:
            if (message.boot, message.seq) <= (alarm.told_boot, alarm.told_seq):
                return None
            alarm.told_boot, alarm.told_seq = message.boot, message.seq
            alarm.restored = body.get(5) == RESTORED
            if body.get(5) == ACTIVE_AGAIN:
                alarm.acknowledged_at_ms = alarm.operator = None  # what comes back calls again
            if alarm.uptime_ms is None:
                alarm.values = body.get(4) or {}
        self._file(alarm)
        return alarm

    def _raised(self, alarm: Alarm, now_ms: int, received: Message) -> None:
        body: dict[int, Any] = received.frame.body
        alarm.uptime_ms = received.frame.uptime
        alarm.raised_at_ms, alarm.raised_since_ms = received.at_ms, received.since_ms
        alarm.stored_at_ms = now_ms
        alarm.values = body.get(4) or {}
        alarm.level = level_of(alarm.code, body)

    def _add(self, alarm: Alarm) -> None:
        self._alarms[alarm.id] = alarm
        self._open.setdefault(alarm.device, {})[alarm.id] = alarm

    def _file(self, alarm: Alarm) -> None:
        """Move an alarm that has ended out of the open ones, and forget the eldest of those."""
        if not alarm.cleared or alarm.id in self._ended:
            return
        open_here = self._open[alarm.device]
        del open_here[alarm.id]
        if not open_here:
            del self._open[alarm.device]
        self._ended[alarm.id] = None
        if len(self._ended) > CLEARED_KEPT:
            eldest = next(iter(self._ended))
            del self._ended[eldest], self._alarms[eldest]


def level_of(code: int, body: dict[int, Any]) -> int:
    """The warning level, 1 to 4: the device's own severity, else the registry's level, else orange."""
    level = LEVEL.get(body.get(1, 0))
    if level is not None:
        return level
    return ALARM[code].level if code in ALARM else ORANGE
