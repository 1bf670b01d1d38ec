"""What each kind of message makes the centre decide."""

from typing import Any

from lilong_protocol import frame, topics
from lilong_protocol.pc.receiver import FRESH, MALFORMED, REPEAT, Received, Receiver
from lilong_protocol.seal import frame_tag

from .alarms import ACTIVE_AGAIN, Alarm, AlarmBook, alarm_id
from .cards import Cards
from .commands import Commands
from .linkage import Linkages
from .model import Row
from .outcome import Outcome, by_text
from .presence import Presence
from .register import Register

CORRECTION_MS = 1_000  # a better clock than this moves the times of open alarms
_WHAT = {frame.RAISE: "alarm", frame.UPDATE: "alarm update", frame.CLEAR: "alarm clear"}


class Intake:
    """`take` for each message that the receiver let through, `released` for events whose turn has come."""

    def __init__(
        self,
        receiver: Receiver,
        register: Register,
        alarms: AlarmBook,
        presence: Presence,
        linkages: Linkages,
        commands: Commands,
        cards: Cards,
        outcome: Outcome,
    ) -> None:
        self._receiver = receiver
        self._register = register
        self._alarms = alarms
        self._presence = presence
        self._linkages = linkages
        self._commands = commands
        self._cards = cards
        self._outcome = outcome

    def take(self, now_ms: int, received: Received) -> None:
        """Decide; then let waiting orders go to a device that is there again."""
        self._decide(now_ms, received)
        if received.revived:
            self._back(now_ms, received.device)
        elif self._resumes(received):
            self._commands.heard(now_ms, received.device)
            self._cards.proceed(now_ms, received.device)

    def _resumes(self, received: Received) -> bool:
        """A sign of life of its own accord: an answer to an order must not set off the next."""
        message = received.frame
        boot = self._receiver.peer(received.device).session.boot
        own = message.kind not in (frame.RESPONSE, frame.ERROR, frame.DEATH)
        return own and received.fate == FRESH and not received.retained and message.boot == boot

    def _decide(self, now_ms: int, received: Received) -> None:
        if received.cls == topics.ALARM:
            self._alarm(now_ms, received)
        elif received.cls == topics.EVENT:
            if received.fate != REPEAT:
                self._outcome.keep(received)
                self._presence.alive(now_ms, received)
            self.released(now_ms)
        elif received.fate == FRESH:
            kind = received.frame.kind
            if kind == frame.BIRTH:
                self._birth(now_ms, received)
            elif kind == frame.DEATH:
                self._outcome.recent(received.device, received.at_ms, "death", None, {})
                self._presence.hinted(now_ms, received.device)
            else:
                self._presence.alive(now_ms, received)
                if kind == frame.RESPONSE:
                    self._response(now_ms, received)
                elif kind == frame.ERROR:
                    self._outcome.recent(received.device, received.at_ms, "error", received.frame.body[0], {})
                elif kind in (frame.HEARTBEAT, frame.TELEMETRY):
                    self._values(now_ms, received)

    def released(self, now_ms: int) -> None:
        """Events whose turn has come, and gaps that were passed."""
        events, gaps = self._receiver.take_released()
        for gap in gaps:
            self._outcome.row(Row("gap", (gap.device, gap.boot, gap.first, gap.last, now_ms)))
        for received in events:
            self._event(received)

    # ---- alarms

    def _alarm(self, now_ms: int, received: Received) -> None:
        device, message = received.device, received.frame
        if received.fate != REPEAT:
            self._outcome.keep(received)
            self._presence.alive(now_ms, received)
        if received.fate == FRESH:
            self._episode(now_ms, received)
        ack = self._receiver.peer(device).downlink.stored_ack(message.boot, message.seq, frame_tag(received.data))
        self._outcome.send(device, ack)

    def _episode(self, now_ms: int, received: Received) -> None:
        device, message = received.device, received.frame
        body: dict[int, Any] = message.body
        self._outcome.record(device, received.at_ms, _WHAT[message.kind], body[0], body.get(4) or {})
        if message.kind != frame.RAISE and self._long_over(received):
            return
        alarm = self._alarms.apply(now_ms, received)
        if alarm is None:
            return
        if message.kind == frame.RAISE:
            self._outcome.feed(alarm.feed(now_ms, "stored"))
        elif message.kind == frame.CLEAR:
            self._outcome.feed(alarm.feed(now_ms, "cleared"))
            self._commands.withdraw(now_ms, device, alarm.cause)
        elif body.get(5) == ACTIVE_AGAIN:
            self._commands.withdraw(now_ms, device, alarm.cause)
        self._outcome.alarm(alarm)
        self._presence.restate(device)
        self._linkages.alarm(now_ms, alarm)

    def _long_over(self, received: Received) -> bool:
        """An update to an alarm whose raise was seen but which has left the list: it was cleared."""
        boot, seq = received.frame.ref
        if self._alarms.find(alarm_id(received.device, boot, seq)) is not None:
            return False
        return self._receiver.peer(received.device).seen_in(topics.ALARM, boot).tag(seq) is not None

    # ---- the rest

    def _event(self, received: Received) -> None:
        device = received.device
        self._outcome.device(device)  # its place in the order
        if received.fate == MALFORMED:
            return
        body: dict[int, Any] = received.frame.body
        values = body.get(4) or {}
        self._outcome.record(device, received.at_ms, "late event" if received.late else "event", body[0], values)
        if received.late:
            return  # what came after it has had its effect
        self._register.take_values(device, received.at_ms, values)
        placed = self._register.get(device)
        self._outcome.tell({
            "type": "event", "device": device, "name": placed.name, "kind": placed.kind, "code": body[0],
            "values": by_text(values), "at": received.at_ms, "boot": received.frame.boot, "seq": received.frame.seq,
        })  # fmt: skip

    def _birth(self, now_ms: int, received: Received) -> None:
        device = received.device
        body: dict[int, Any] = received.frame.body
        values = body.get(7) or {}
        self._outcome.recent(device, received.at_ms, "birth", None, values)
        if received.retained:
            self._presence.presumed(now_ms, device)
            if received.since_ms is not None:
                self._register.take_values(device, received.at_ms, values)
            return
        self._presence.alive(now_ms, received)
        self._register.take_values(device, received.at_ms, values)
        self._correct(now_ms, device)
        self._tell_time(now_ms, received)
        self._cards.reported(now_ms, device, values, True)
        self._back(now_ms, device)

    def _back(self, now_ms: int, device: str) -> None:
        self._cards.back(now_ms, device)
        self._commands.born(now_ms, device)
        self._linkages.born(now_ms, device)
        self._cards.proceed(now_ms, device)

    def _values(self, now_ms: int, received: Received) -> None:
        body: dict[int, Any] = received.frame.body
        at_ms = received.at_ms
        if received.frame.kind == frame.HEARTBEAT:
            values = body.get(3) or {}
            self._cards.reported(now_ms, received.device, values, False)
            if body.get(4) is True:
                self._tell_time(now_ms, received)
        else:
            newest = body[1].index(min(body[1]))
            values = {q: column[newest] for q, column in zip(body[0], body[2], strict=True)}
            at_ms -= body[1][newest]
        if values and self._register.take_values(received.device, at_ms, values):
            self._outcome.recent(received.device, at_ms, "telemetry", None, values)

    def _response(self, now_ms: int, received: Received) -> None:
        code, counter = received.frame.body[0], received.frame.counter
        order = self._commands.answered(now_ms, received.device, counter, code)
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
                    self._redate(alarm, at_ms)

    def _redate(self, alarm: Alarm, at_ms: int) -> None:
        alarm.raised_at_ms = alarm.raised_since_ms = at_ms
        self._outcome.alarm(alarm)

    def _tell_time(self, now_ms: int, received: Received) -> None:
        message = received.frame
        downlink = self._receiver.peer(received.device).downlink
        self._outcome.send(received.device, downlink.time(now_ms, message.uptime, message.boot, message.nonce))
