"""The centre's decisions, sans-io: messages and operators in, a batch of rows, publishes and changes out.

No clock, socket or disk. The caller passes epoch ms, stores the rows of `take()`, and only then lets the rest of
that batch leave. After a restart a core made from what was stored goes on where the last one stopped.
"""

from collections.abc import Iterable
from typing import Any

from lilong_protocol import frame, topics
from lilong_protocol.pc.downlink import OPERATOR_CHARACTERS, Sealed
from lilong_protocol.pc.receiver import FRESH, MALFORMED, REPEAT, Received, Receiver
from lilong_protocol.registry import ALARM, KIND
from lilong_protocol.seal import frame_tag

from .alarms import Alarm, AlarmBook
from .commands import OPERATOR_ACK, Commands, Order, checked
from .linkage import LINKAGES, Incident, Linkage, Linkages
from .model import Batch, CentreError, Estate, Json, Publish, Row, Saved
from .register import Register
from .supervision import NEVER as NEVER_HEARD
from .supervision import OFFLINE, Supervision

NEVER = (1 << 53) - 1  # a deadline that does not come
CORRECTION_MS = 1_000  # a better clock than this moves the times of open alarms
_HANDED_ON = frozenset((topics.STATE, topics.HEARTBEAT, topics.TELEMETRY, topics.RESPONSE))


class Core:
    """One estate's centre."""

    def __init__(
        self,
        estate: Estate,
        estate_key: bytes,
        start_ms: int,
        linkages: Iterable[Linkage] = LINKAGES,
        saved: Saved | None = None,
    ) -> None:
        self.estate = estate
        self.register = Register(estate)
        self.receiver = Receiver(estate.id, estate_key, self.register.placed)
        self.supervision = Supervision()
        self.alarms = AlarmBook()
        self.linkages = Linkages(estate, linkages)
        self.commands = Commands(self.receiver.peer, self._send)
        self.messages = 0
        self._batch = Batch()
        self._states: dict[str, str] = dict.fromkeys(self.register.placed, NEVER_HEARD)
        self._changed_states: dict[str, str] = {}
        self._changed_alarms: dict[str, Alarm] = {}
        self._changed_devices: dict[str, None] = {}
        self._refused_before: dict[str, int] = {}
        if saved is not None:
            self._restore(start_ms, saved)

    # ---- in

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> None:
        """A message of the broker. Whatever it is, it never raises."""
        self.messages += 1
        received = self.receiver.receive(now_ms, topic, payload, retained)
        if received is None:
            return
        if received.cls == topics.ALARM:
            self._alarm(now_ms, received)
        elif received.cls == topics.EVENT:
            if received.fate != REPEAT:
                self._keep(received)
                self._alive(now_ms, received)
            self._released(now_ms)
        elif received.fate == FRESH:
            kind = received.frame.kind
            if kind == frame.BIRTH:
                self._birth(now_ms, received)
            elif kind == frame.DEATH:
                self._death(now_ms, received)
            else:
                self._alive(now_ms, received)
                if kind == frame.RESPONSE:
                    self._response(now_ms, received)
                elif kind == frame.ERROR:
                    self._recent(received, "error", received.frame.body[0], {})
                else:
                    self._telemetry(now_ms, received)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        self.receiver.step(now_ms)
        self._released(now_ms)
        for device in self.supervision.step(now_ms):
            self._restate(device)
            if self.supervision.state(device) == OFFLINE:
                self._record(device, now_ms, "offline", None, {})
        for order in self.commands.step(now_ms):
            self._record(order.device, now_ms, "response", order.code, {}, order.counter)

    def acknowledge(self, now_ms: int, alarm_id: str, operator: str) -> None:
        """A person takes notice of an alarm; the device is told once that is durable. A second one changes nothing."""
        operator = operator.strip()
        if not operator or len(operator) > OPERATOR_CHARACTERS:
            raise CentreError(
                f"acknowledging {alarm_id}: the operator's name needs 1 to {OPERATOR_CHARACTERS} characters"
            )
        alarm = self.alarms.get(alarm_id)
        if alarm.acknowledged_at_ms is not None or alarm.cleared:
            return
        alarm.acknowledged_at_ms, alarm.operator = now_ms, operator
        self._batch.feed.append(alarm.feed(now_ms, "acknowledged"))
        self._changed_alarms[alarm.id] = alarm
        order = Order(alarm.device, 0, OPERATOR_ACK, {}, operator, _cause(alarm), now_ms, True, alarm.ref)
        self.commands.issue(now_ms, order)

    def command(self, now_ms: int, device: str, name: str, arguments: Any, operator: str) -> int:
        """Tell a device to do something; the counter under which its response will be recorded."""
        placed = self.register.get(device)
        known, by_place = checked(name, placed.kind, arguments, placed.name)
        operator = operator.strip()[:OPERATOR_CHARACTERS]
        if not operator:
            raise CentreError(f"command {name!r} for {placed.name}: no operator; say who commands")
        state = self.supervision.state(device)
        if state in (NEVER_HEARD, OFFLINE):
            raise CentreError(f"command {name!r} for {placed.name}: the device is {state}; send it when it is back")
        order = self.commands.issue(now_ms, Order(device, 0, name, by_place, operator, "operator", now_ms, False))
        self._record(device, now_ms, "command", known.number, {}, order.counter)
        return order.counter

    def shown(self, now_ms: int, alarm_id: str, client: str) -> None:
        """A console has the alarm on its screen; the first one counts."""
        alarm = self.alarms.find(alarm_id)
        if alarm is None or alarm.shown_at_ms is not None:
            return
        alarm.shown_at_ms = now_ms
        self._batch.feed.append({**alarm.feed(now_ms, "shown"), "client": client})
        self._changed_alarms[alarm.id] = alarm

    # ---- out

    @property
    def deadline(self) -> int:
        """Epoch ms of the next wanted `step`; NEVER when there is none."""
        due = (self.receiver.deadline, self.supervision.deadline, self.commands.deadline)
        return min((at for at in due if at is not None), default=NEVER)

    def take(self) -> Batch:
        """All that has been decided since the last call."""
        batch = self._batch
        self._batch = Batch()
        for device in self._changed_devices:
            batch.rows.append(self.register.row(device, self.receiver.save(device), self.commands.counter(device)))
        for order in self.commands.changed:
            batch.rows.append(order.row())
            if order.device not in self._changed_devices:
                saved = self.receiver.save(order.device)
                batch.rows.append(self.register.row(order.device, saved, self.commands.counter(order.device)))
        self.commands.changed = []
        for alarm in self._changed_alarms.values():
            batch.rows.append(alarm.row())
            batch.changes.append({"type": "alarm", "alarm": self.alarm_as_shown(alarm)})
        for at_ms, reason, topic, data in self.receiver.take_incidents():
            batch.rows.append(Row("security", (at_ms, reason, topic[:200], data[:1024])))
        if batch.rows and self.receiver.refused != self._refused_before:
            self._refused_before = dict(self.receiver.refused)
            batch.rows += [Row("refused", item) for item in self._refused_before.items()]
        if self._changed_states:
            batch.changes.append({"type": "states", "states": self._changed_states})
        self._changed_states, self._changed_alarms, self._changed_devices = {}, {}, {}
        return batch

    def states(self) -> dict[str, str]:
        """The state of every device."""
        return dict(self._states)

    def counts(self) -> Json:
        """The counts of a console's head line, without the rate."""
        connected = sum(1 for device in self._states if self.supervision.state(device) not in (NEVER_HEARD, OFFLINE))
        return {
            "connected": connected, "devices": len(self._states), "messages": self.messages,
            "refused": sum(self.receiver.refused.values()),
        }  # fmt: skip

    def alarm_list(self) -> list[Json]:
        """Every alarm that is open and the last that ended, oldest first."""
        return [self.alarm_as_shown(alarm) for alarm in self.alarms.all()]

    def alarm_as_shown(self, alarm: Alarm) -> Json:
        placed = self.register.get(alarm.device)
        return alarm.shown_as(placed.name, placed.kind)

    def device(self, device: str) -> Json:
        """A device as `GET /api/device/{id}` answers it, without its history."""
        placed = self.register.get(device)
        session = self.receiver.peer(device).session
        values, values_at = self.register.values(device)
        return {
            "id": device, "kind": placed.kind, "name": placed.name, "state": self._states[device],
            "boot": session.boot if session.boot >= 0 else None, "firmware": session.firmware,
            "last_seen_ms": session.last_ms, "values": {str(q): v for q, v in values.items()}, "values_at": values_at,
            "session": self.supervision.state(device), "retained": session.boot >= 0 and not session.live,
        }  # fmt: skip

    # ---- messages

    def _alarm(self, now_ms: int, received: Received) -> None:
        message = received.frame
        if received.fate != REPEAT:
            self._keep(received)
            self._alive(now_ms, received)
        if received.fate == FRESH:
            ref = (message.boot, message.seq) if message.kind == frame.RAISE else tuple(message.ref)
            if (
                message.kind == frame.RAISE
                or self.alarms.find(_id(received.device, ref))
                or not self._past(received, ref)
            ):
                self._episode(now_ms, received)
        tag = frame_tag(received.data)
        self._send(
            received.device, self.receiver.peer(received.device).downlink.stored_ack(message.boot, message.seq, tag)
        )

    def _past(self, received: Received, ref: tuple[int, int]) -> bool:
        """The raise was seen and its alarm is not in the list any more: it has ended long ago."""
        seen = self.receiver.peer(received.device).seen_in(topics.ALARM, ref[0])
        return seen.tag(ref[1]) is not None

    def _episode(self, now_ms: int, received: Received) -> None:
        message = received.frame
        alarm = self.alarms.apply(now_ms, received)
        body: dict[int, Any] = message.body
        self._record(received.device, received.at_ms, _WHAT[message.kind], body[0], body.get(4) or {})
        if alarm is None:
            return
        if message.kind == frame.RAISE:
            self._batch.feed.append(alarm.feed(now_ms, "stored"))
        elif message.kind == frame.CLEAR:
            self._batch.feed.append(alarm.feed(now_ms, "cleared"))
            self.commands.withdraw(now_ms, alarm.device, _cause(alarm))
        self._changed_alarms[alarm.id] = alarm
        self._restate(alarm.device)
        for incident in self.linkages.alarm(now_ms, alarm):
            self._linked(now_ms, incident)

    def _linked(self, now_ms: int, incident: Incident) -> None:
        self._batch.rows.append(incident.row())
        for door in self.linkages.doors(incident.core):
            if incident.ended_ms is not None:
                self.commands.withdraw(now_ms, door, _linkage_cause(incident))
            elif incident.at_ms == now_ms and not self._ordered(door, incident):
                self._release(now_ms, door, incident)
        self._batch.changes.append({"type": "incident", "incident": incident.shown_as()})

    def _ordered(self, door: str, incident: Incident) -> bool:
        cause = _linkage_cause(incident)
        return any(order.cause == cause for order in self.commands.open_of(door))

    def _release(self, now_ms: int, door: str, incident: Incident) -> None:
        known, by_place = checked(incident.command, self.register.get(door).kind, {}, door)
        cause = _linkage_cause(incident)
        order = self.commands.issue(now_ms, Order(door, 0, known.name, by_place, None, cause, now_ms, True))
        self._record(door, now_ms, "command", known.number, {}, order.counter)

    def _released(self, now_ms: int) -> None:
        events, gaps = self.receiver.take_released()
        for gap in gaps:
            self._batch.rows.append(Row("gap", (gap.device, gap.boot, gap.first, gap.last, now_ms)))
        for received in events:
            self._changed_devices[received.device] = None  # its place in the order
            if received.fate == MALFORMED:
                continue
            body: dict[int, Any] = received.frame.body
            values = body.get(4) or {}
            self._record(received.device, received.at_ms, "late event" if received.late else "event", body[0], values)
            if received.late:
                continue
            self.register.take_values(received.device, received.at_ms, values)
            placed = self.register.get(received.device)
            self._batch.changes.append({
                "type": "event", "device": received.device, "name": placed.name, "kind": placed.kind,
                "code": body[0], "values": {str(q): v for q, v in values.items()}, "at": received.at_ms,
            })  # fmt: skip

    def _birth(self, now_ms: int, received: Received) -> None:
        device = received.device
        message = received.frame
        body: dict[int, Any] = message.body
        values = body.get(7) or {}
        if received.retained:
            self._presume(now_ms, device)
            if received.since_ms is not None:
                self.register.take_values(device, received.at_ms, values)
            self._recent(received, "birth", None, values)
            return
        self._alive(now_ms, received)
        self.register.take_values(device, received.at_ms, values)
        self._recent(received, "birth", None, values)
        self._correct(now_ms, device)
        self._tell_time(now_ms, received)
        self.commands.born(now_ms, device)
        for incident in self.linkages.standing(device):
            if not self._ordered(device, incident):
                self._release(now_ms, device, incident)

    def _death(self, now_ms: int, received: Received) -> None:
        device = received.device
        self._changed_devices[device] = None
        self._recent(received, "death", None, {})
        if self.supervision.hint(device):
            self._restate(device)

    def _telemetry(self, now_ms: int, received: Received) -> None:
        body: dict[int, Any] = received.frame.body
        if received.frame.kind == frame.HEARTBEAT:
            values = body.get(3) or {}
            if body.get(4) is True:
                self._tell_time(now_ms, received)
            at_ms = received.at_ms
        else:
            newest = body[1].index(min(body[1]))
            values = {q: column[newest] for q, column in zip(body[0], body[2], strict=True)}
            at_ms = received.at_ms - body[1][newest]
        if values and self.register.take_values(received.device, at_ms, values):
            self._recent(received, "telemetry", None, values, at_ms)

    def _response(self, now_ms: int, received: Received) -> None:
        code, counter = received.frame.body[0], received.frame.counter
        order = self.commands.answered(now_ms, received.device, counter, code)
        if order is not None:
            self._record(received.device, received.at_ms, "response", code, {}, order.counter)

    # ---- inside

    def _alive(self, now_ms: int, received: Received) -> None:
        """A fresh frame in person is a sign of life, unless it is of an earlier boot."""
        device = received.device
        session = self.receiver.peer(device).session
        self._changed_devices[device] = None
        if received.frame.boot != session.boot:
            return
        if self.supervision.heard(now_ms, device, self._offline_ms(device), self._sleeps(device)):
            self._restate(device)

    def _presume(self, now_ms: int, device: str) -> None:
        session = self.receiver.peer(device).session
        self._changed_devices[device] = None
        offline_ms = self._offline_ms(device)
        if self.supervision.presumed(now_ms, device, offline_ms, self._sleeps(device), session.alive):
            self._restate(device)

    def _offline_ms(self, device: str) -> int:
        session = self.receiver.peer(device).session
        placed = self.register.get(device)
        return (session.offline_s or placed.offline_s or KIND[placed.kind].link.offline_s) * 1000

    def _sleeps(self, device: str) -> bool:
        session = self.receiver.peer(device).session
        if session.kind is None:
            return not KIND[self.register.get(device).kind].link.always_on
        return not session.always_on

    def _restate(self, device: str) -> None:
        state = self.supervision.state(device)
        levels = [(alarm.level, alarm.code) for alarm in self.alarms.open_of(device)]
        urgent = [level for level, code in levels if code not in FAULTS]
        if urgent:
            state = f"alarm{min(urgent)}"
        elif levels and state != OFFLINE:
            state = "fault"
        if self._states[device] != state:
            self._states[device] = self._changed_states[device] = state

    def _correct(self, now_ms: int, device: str) -> None:
        """A birth has shown better when this boot began: an alarm that overtook it was dated too late."""
        session = self.receiver.peer(device).session
        if session.clock is None:
            return
        for alarm in self.alarms.open_of(device):
            if alarm.boot != session.boot or alarm.uptime_ms is None:
                continue
            at_ms = min(now_ms, session.clock.wall(alarm.uptime_ms))
            if alarm.raised_at_ms - at_ms >= CORRECTION_MS:
                alarm.raised_at_ms = alarm.raised_since_ms = at_ms
                self._changed_alarms[alarm.id] = alarm

    def _tell_time(self, now_ms: int, received: Received) -> None:
        message = received.frame
        peer = self.receiver.peer(received.device)
        self._send(received.device, peer.downlink.time(now_ms, message.uptime, message.boot, message.nonce))

    def _send(self, device: str, sealed: Sealed) -> None:
        cls, data = sealed
        self._batch.publishes.append(Publish(topics.down(self.estate.id, device, cls), data, 1, False))

    def _keep(self, received: Received) -> None:
        message = received.frame
        self._batch.rows.append(Row("message", (
            received.device, message.boot, received.cls, message.seq, message.kind, received.at_ms, received.since_ms,
            received.received_ms, frame_tag(received.data), received.data,
        )))  # fmt: skip

    def _record(
        self, device: str, at_ms: int, what: str, code: int | None, values: dict[int, Any], counter: int | None = None
    ) -> None:
        self._batch.rows.append(Row("record", (device, at_ms, what, code, counter, _named(values))))

    def _recent(
        self, received: Received, what: str, code: int | None, values: dict[int, Any], at_ms: int | None = None
    ) -> None:
        at_ms = received.at_ms if at_ms is None else at_ms
        self._batch.rows.append(Row("recent", (received.device, at_ms, what, code, None, _named(values))))

    def _restore(self, start_ms: int, saved: Saved) -> None:
        receiver = self.receiver
        for row in saved.devices:
            device = row["device"]
            if device not in self.register.placed:
                continue  # the estate has changed since
            receiver.restore(device, row)
            self.register.restore(device, row)
            self.commands.restore_counter(device, row["counter"])
        for alarm in map(Alarm.load, saved.alarms):
            if alarm.device in self.register.placed:
                self.alarms.restore(alarm)
                self.linkages.alarm(start_ms, alarm)
        self.linkages.active.clear()
        for row in saved.incidents:
            self.linkages.restore(Incident(**row))
        for device, cls, boot, seq, tag in saved.numbers:
            if device in self.register.placed:
                receiver.restore_number(device, cls, boot, seq, tag)
        for device, cls, data in saved.frames:
            if device in self.register.placed:
                receiver.restore_frame(start_ms, device, cls, data)
        for order in map(Order.load, saved.orders):
            if order.device in self.register.placed:
                self.commands.restore(start_ms, order)
        for row in saved.devices:
            if row["device"] in self.register.placed:
                self._presume(start_ms, row["device"])
        receiver.refused = dict(saved.refused)
        self._refused_before = dict(saved.refused)
        self._changed_devices, self._changed_alarms = {}, {}
        for device in self.register.placed:
            self._restate(device)


_WHAT = {frame.RAISE: "alarm", frame.UPDATE: "alarm update", frame.CLEAR: "alarm clear"}
# Alarms that say that the device needs care, not that somebody is in danger.
FAULTS = frozenset(row.number for row in ALARM.values() if row.name in ("battery.low", "sensor.fault", "lamp.failure"))


def _id(device: str, ref: tuple[int, int]) -> str:
    return f"{device}-{ref[0]}-{ref[1]}"


def _cause(alarm: Alarm) -> str:
    return f"alarm {alarm.id}"


def _linkage_cause(incident: Incident) -> str:
    return f"linkage {incident.rule}, core {incident.core}"


def _named(values: dict[int, Any]) -> dict[str, Any]:
    return {str(quantity): value for quantity, value in values.items()}
