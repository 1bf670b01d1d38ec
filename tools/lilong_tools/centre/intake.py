"""What each kind of message makes the centre decide."""

from typing import Any

from lilong_protocol import frame, topics
from lilong_protocol.codes import EVENT_DOOR_ASKED
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.message import Message

from .alarms import CROWDED_OUT, Alarm, AlarmBook, alarm_id
from .cards import Cards
from .findings import Findings
from .forwarding import Forwarding
from .linkage import Linkages
from .outcome import Outcome, by_text
from .presence import Presence
from .register import Register
from .stays import Stays

TOO_MANY_ALARMS = "too many open alarms"  # among the counts of what was refused
WAITED_MS = 10_000  # (ours) of an event that waited longer before it came the feed tells that it is recorded
CORRECTION_MS = 1_000  # a better clock than this moves the times of open alarms
_WHAT = {frame.RAISE: "alarm", frame.UPDATE: "alarm update", frame.CLEAR: "alarm clear"}


class Intake:
    """`take` for each message that the engine gives, in its order."""

    def __init__(
        self,
        engine: Engine,
        register: Register,
        alarms: AlarmBook,
        presence: Presence,
        linkages: Linkages,
        cards: Cards,
        stays: Stays,
        findings: Findings,
        forwarding: Forwarding,
        outcome: Outcome,
    ) -> None:
        self._engine = engine
        self._receiver = engine.receiver
        self._register = register
        self._alarms = alarms
        self._presence = presence
        self._linkages = linkages
        self._cards = cards
        self._stays = stays
        self._findings = findings
        self._forwarding = forwarding
        self._outcome = outcome

    def take(self, now_ms: int, received: Message) -> None:
        """Decide what a message means."""
        kind = received.kind
        self._findings.said(now_ms, received)
        if received.cls == topics.ALARM:
            self._episode(now_ms, received)
        elif kind == frame.EVENT:
            self._event(now_ms, received)
        elif kind == frame.BIRTH:
            self._birth(now_ms, received)
        elif kind == frame.DEATH:
            self._outcome.recent(received.device, received.at_ms, "death", None, {})
        elif kind == frame.RESPONSE:
            self._response(now_ms, received)
        elif kind == frame.ERROR:
            self._outcome.recent(received.device, received.at_ms, "error", received.code, {})
        elif kind == frame.UPDATE_RESULT:
            self._outcome.record(received.device, received.at_ms, "update ended", received.body[1], {})
        elif kind in (frame.HEARTBEAT, frame.TELEMETRY):
            self._values(now_ms, received)

    # ---- alarms

    def _episode(self, now_ms: int, received: Message) -> None:
        device, message = received.device, received.frame
        body: dict[int, Any] = message.body
        self._outcome.record(device, received.at_ms, _WHAT[message.kind], body[0], body.get(4) or {})
        if received.since_ms is not None:  # else nobody can tell whether there are newer ones
            self._take_values(device, received.at_ms, body.get(4) or {})
        if message.kind != frame.RAISE and self._long_over(received):
            return
        alarm = self._alarms.apply(now_ms, received)
        if alarm is None:
            return
        if message.kind == frame.RAISE:
            self._outcome.feed(alarm.feed(now_ms, "stored"))
        elif message.kind == frame.CLEAR:
            self._outcome.feed(alarm.feed(now_ms, "cleared"))
        self._outcome.alarm(alarm)
        self._linkages.alarm(now_ms, alarm)
        self._forwarding.alarm(now_ms, alarm)
        self._findings.alarm(now_ms, alarm)
        for ended, why in self._alarms.take_given_up():
            self._outcome.record(device, now_ms, f"alarm {why}", ended.code, {})
            self._outcome.feed(ended.feed(now_ms, "cleared"))
            self._outcome.alarm(ended)
            self._linkages.alarm(now_ms, ended)
            self._forwarding.alarm(now_ms, ended)
            self._findings.alarm(now_ms, ended)
            self._engine.orders.withdraw(now_ms, device, ended.cause)
            if why == CROWDED_OUT:
                self._receiver.refusals.count(TOO_MANY_ALARMS)
        self._presence.restate(device)

    def _long_over(self, received: Message) -> bool:
        """An update to an alarm whose raise was seen but which has left the list: it was cleared."""
        boot, seq = received.frame.ref
        if self._alarms.find(alarm_id(received.device, boot, seq)) is not None:
            return False
        return self._receiver.peer(received.device).tag(topics.ALARM, boot, seq) is not None

    # ---- the rest

    def _event(self, now_ms: int, received: Message) -> None:
        device = received.device
        body: dict[int, Any] = received.frame.body
        values = body.get(4) or {}
        self._outcome.record(device, received.at_ms, "late event" if received.late else "event", body[0], values)
        if now_ms - received.at_ms > WAITED_MS:
            self._outcome.feed({
                "at": now_ms, "event": "recorded", "alarm": "", "device": device, "code": 0,
                "boot": received.frame.boot, "seq": received.frame.seq,
            })  # fmt: skip
        self._stays.passed(now_ms, received)
        exact = received.since_ms is not None
        self._findings.event(now_ms, device, body[0], values, received.at_ms, exact)
        if received.late:
            return  # what came after it has had its effect
        if body[0] == EVENT_DOOR_ASKED:
            elsewhere = self._findings.elsewhere(now_ms, device, values, received.at_ms)
            if elsewhere is not None:
                self._engine.answer(received, elsewhere)
        self._take_values(device, received.at_ms, values)
        placed = self._register.get(device)
        self._outcome.tell({
            "type": "event", "device": device, "name": placed.name, "kind": placed.kind, "code": body[0],
            "values": by_text(values), "at": received.at_ms, "boot": received.frame.boot, "seq": received.frame.seq,
        })  # fmt: skip

    def _birth(self, now_ms: int, received: Message) -> None:
        device = received.device
        body: dict[int, Any] = received.frame.body
        values = body.get(7) or {}
        self._outcome.recent(device, received.at_ms, "birth", None, values)
        if received.since_ms is not None or not received.retained:
            self._take_values(device, received.at_ms, values)
        if not received.retained:
            self._correct(now_ms, device)
            self._cards.reported(now_ms, device, values, True)
            self._stays.reported(now_ms, device, received.at_ms, values)

    def _values(self, now_ms: int, received: Message) -> None:
        values, at_ms = received.raw_values, received.at_ms
        if received.kind == frame.HEARTBEAT:
            self._cards.reported(now_ms, received.device, values, False)
            self._stays.reported(now_ms, received.device, at_ms, values)
        else:
            at_ms -= min(received.body[1])
        if values and self._take_values(received.device, at_ms, values):
            self._outcome.recent(received.device, at_ms, "telemetry", None, values)

    def _take_values(self, device: str, at_ms: int, values: dict[int, Any]) -> bool:
        if values:
            self._outcome.device(device)
        return self._register.take_values(device, at_ms, values)

    def _response(self, now_ms: int, received: Message) -> None:
        order, code = received.order, received.body[0]
        if order is not None:
            self._outcome.record(received.device, received.at_ms, "response", code, {}, order.counter)
            self._cards.answered(now_ms, order, code)

    def _correct(self, now_ms: int, device: str) -> None:
        """A birth has shown better when this boot began: an alarm that overtook it was dated too late."""
        session = self._receiver.peer(device).session
        if session.clock is None:
            return
        for alarm in self._alarms.open_of(device):
            if alarm.boot == session.boot and alarm.uptime_ms is not None:
                at_ms = min(now_ms, session.clock.wall(alarm.uptime_ms))
                if alarm.raised_at_ms - at_ms >= CORRECTION_MS:
                    self._redate(now_ms, alarm, at_ms)

    def _redate(self, now_ms: int, alarm: Alarm, at_ms: int) -> None:
        alarm.raised_at_ms = alarm.raised_since_ms = at_ms
        self._outcome.alarm(alarm)
        self._linkages.alarm(now_ms, alarm)
