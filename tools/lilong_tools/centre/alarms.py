"""The alarm list: one alarm from its raise to its clear, whatever comes late, twice, never or in another order.

Its memory is bounded. Open alarms of a device: `OPEN_MAX`, beyond which the mildest, then the eldest, is given up. A
device has one episode of a code at a time, a gateway one of a code and a child, so the later of two that are open
proves that the earlier has ended unheard: its clear was given up in the device's outbox. Alarms that ended: the last
`CLEARED_KEPT`; beyond them those whose raise is still to come, `UNRAISED_MAX` of each device, and below these a mark of
the device, under which a raise that was never heard is taken for ended.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from lilong_firmware.session import AWAKE_FOR_ALARM_MS
from lilong_protocol import frame
from lilong_protocol.pc.message import Message
from lilong_protocol.registry import ALARM

from .alarm import Alarm, alarm_id, level_of
from .model import CentreError

__all__ = ["Alarm", "AlarmBook", "GivenUp", "alarm_id"]

CLEARED_KEPT = 200  # ended alarms that stay in the list
OPEN_MAX = 64  # (ours) of one device: more than the registry has alarms for any kind
UNRAISED_MAX = 64  # (ours) of one device: more than an outbox holds
ACTIVE_AGAIN, RESTORED = 1, 2  # the state that an update tells (firmware: episodes)
LATCHING = frozenset(row.number for row in ALARM.values() if row.latches)
SUPERSEDED, CROWDED_OUT = "superseded", "crowded out"

Ref = tuple[int, int]


class GivenUp(NamedTuple):
    """An alarm that the centre has ended without a clear. `why`: SUPERSEDED or CROWDED_OUT."""

    alarm: Alarm
    why: str


class AlarmBook:
    """Alarms by id: all that are open, and the last that ended."""

    def __init__(self) -> None:
        self._alarms: dict[str, Alarm] = {}
        self._open: dict[str, dict[str, Alarm]] = {}  # by device
        self._ended: dict[str, None] = {}  # in the order of their end
        self._unraised: dict[str, dict[Ref, Alarm]] = {}  # by device: have left the list before their raise came
        self._passed: dict[str, Ref] = {}  # by device: the highest that has left those
        self._heard: dict[str, int] = {}  # by device: when the last frame of an alarm that latches was stored
        self._given_up: list[GivenUp] = []

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

    def keeps_awake(self, now_ms: int, device: str) -> bool:
        """Whether an alarm that waits for its reset does so, of a kind that sleeps (LIL-SESSION-022)."""
        heard_ms = self._heard.get(device)
        if heard_ms is None or now_ms - heard_ms >= AWAKE_FOR_ALARM_MS:
            return False
        return any(alarm.code in LATCHING for alarm in self.open_of(device))

    def open(self) -> list[Alarm]:
        """Those that have not been cleared."""
        return [alarm for those in self._open.values() for alarm in those.values()]

    def all(self) -> Iterator[Alarm]:
        """Every open alarm and the last that ended, oldest first."""
        return iter(self._alarms.values())

    def restore(self, alarm: Alarm) -> None:
        """Take back an alarm after a restart, those that ended in the order of their end."""
        if alarm.id not in self._alarms:
            self._hear(alarm.stored_at_ms, alarm.device, alarm.code)
            self._add(alarm)
            self._file(alarm)

    def take_given_up(self) -> list[GivenUp]:
        """What `apply` has ended beside the alarm that it gave, since the last call."""
        given_up, self._given_up = self._given_up, []
        return given_up

    def apply(self, now_ms: int, received: Message) -> Alarm | None:
        """A fresh raise, update or clear. Whichever comes first makes the alarm; None when it changes nothing."""
        message = received.frame
        body: dict[int, Any] = message.body
        boot, seq = (message.boot, message.seq) if message.kind == frame.RAISE else message.ref
        self._hear(now_ms, received.device, body[0])
        alarm = self._alarms.get(alarm_id(received.device, boot, seq))
        if alarm is None:
            alarm = self._left(received, (boot, seq))
            if alarm is None:
                return None
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
        if alarm.id in self._alarms:
            self._file(alarm)
        self._bound(received, alarm)
        return alarm

    # ---- inside

    def _hear(self, stored_ms: int, device: str, code: int) -> None:
        if code in LATCHING:
            self._heard[device] = max(stored_ms, self._heard.get(device, stored_ms))

    def _left(self, received: Message, ref: Ref) -> Alarm | None:
        """An alarm that is not in the list: a new one; or one that has left it and whose raise comes now, else None."""
        device, is_raise = received.device, received.kind == frame.RAISE
        unraised = self._unraised.get(device, {})
        if ref in unraised:
            if not is_raise:
                return None
            alarm = unraised.pop(ref)
            if not unraised:
                del self._unraised[device]
            return alarm
        over = ref <= self._passed.get(device, (-1, 0))
        if over and not is_raise:
            return None
        body = received.body
        alarm = Alarm(alarm_id(device, *ref), device, *ref, body[0], level_of(body[0], body))
        alarm.raised_at_ms, alarm.stored_at_ms = received.at_ms, received.received_ms
        self._add(alarm)
        if over:
            self._give_up(received, alarm, SUPERSEDED)
        return alarm

    def _bound(self, received: Message, alarm: Alarm) -> None:
        """What an alarm that has opened proves or leaves no room for is given up."""
        here = list(self.open_of(alarm.device))
        if received.kind == frame.RAISE and not alarm.cleared:
            same = [one for one in here if one.what == alarm.what]
            last = max(one.ref for one in same)
            for one in same:
                if one.ref < last:
                    self._give_up(received, one, SUPERSEDED)
        while len(self._open.get(alarm.device, ())) > OPEN_MAX:
            victim = min(self.open_of(alarm.device), key=lambda one: (-one.level, one.ref))
            self._give_up(received, victim, CROWDED_OUT)

    def _give_up(self, received: Message, alarm: Alarm, why: str) -> None:
        alarm.cleared, alarm.cleared_at_ms = True, received.at_ms
        self._file(alarm)
        self._given_up.append(GivenUp(alarm, why))

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
        """Move an alarm that has ended out of the open ones, and the eldest of those out of the list."""
        if not alarm.cleared or alarm.id in self._ended:
            return
        open_here = self._open[alarm.device]
        del open_here[alarm.id]
        if not open_here:
            del self._open[alarm.device]
        self._ended[alarm.id] = None
        if len(self._ended) > CLEARED_KEPT:
            eldest = next(iter(self._ended))
            del self._ended[eldest]
            self._forget(self._alarms.pop(eldest))

    def _forget(self, alarm: Alarm) -> None:
        if alarm.uptime_ms is not None:
            return  # its raise will only ever be a repeat
        unraised = self._unraised.setdefault(alarm.device, {})
        unraised[alarm.ref] = alarm
        if len(unraised) > UNRAISED_MAX:
            lowest = min(unraised)
            del unraised[lowest]
            self._passed[alarm.device] = max(lowest, self._passed.get(alarm.device, lowest))
