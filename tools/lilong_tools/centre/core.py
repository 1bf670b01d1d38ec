"""The centre's decisions, sans-io: messages and operators in, a batch of rows, publishes and changes out.

No clock, socket or disk. The caller passes epoch ms, stores the rows of `take()`, and only then lets the rest of
that batch leave. After a restart a core made from what was stored goes on where the last one stopped.
"""

from collections.abc import Iterable
from typing import Any

from lilong_protocol.pc.downlink import OPERATOR_CHARACTERS
from lilong_protocol.pc.receiver import Receiver

from .alarms import Alarm, AlarmBook
from .cards import ORDERS, Cards, Revocation
from .commands import OPERATOR_ACK, WAITS, Commands, Order, checked
from .intake import Intake
from .linkage import LINKAGES, Incident, Linkage, Linkages
from .model import Batch, CentreError, Estate, Json, Row, Saved
from .outcome import Outcome, by_text
from .presence import Presence
from .register import Register
from .supervision import NEVER as NEVER_HEARD
from .supervision import OFFLINE, ONLINE

NEVER = (1 << 53) - 1  # a deadline that does not come


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
        self.messages = 0
        self.register = Register(estate)
        self.receiver = Receiver(estate.id, estate_key, self.register.placed)
        self.alarms = AlarmBook()
        self._outcome = Outcome(estate.id)
        self.presence = Presence(self.receiver, self.register, self.alarms, self._outcome)
        self.commands = Commands(self.receiver.peer, self.presence.reachable, self._outcome.send)
        self.linkages = Linkages(estate, linkages, self.commands, self._outcome)
        self.cards = Cards(estate.devices, self.commands, self._outcome)
        self._intake = Intake(
            self.receiver, self.register, self.alarms, self.presence, self.linkages, self.commands, self.cards,
            self._outcome,
        )  # fmt: skip
        self._refused_stored: dict[str, int] = {}
        if saved is not None:
            self._restore(start_ms, saved)

    # ---- in

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> None:
        """A message of the broker. Whatever it is, it never raises."""
        self.messages += 1
        received = self.receiver.receive(now_ms, topic, payload, retained)
        if received is not None:
            self._intake.take(now_ms, received)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        self.receiver.step(now_ms)
        self._intake.released(now_ms)
        self.presence.step(now_ms)
        for order in self.commands.step(now_ms):
            self._outcome.record(order.device, now_ms, "response", order.code, {}, order.counter)

    def acknowledge(self, now_ms: int, alarm_id: str, operator: str) -> None:
        """A person takes notice of an alarm; the device is told once that is durable. A second one changes nothing."""
        alarm = self.alarms.get(alarm_id)
        operator = _operator(operator, f"acknowledging {alarm_id}")
        if alarm.acknowledged_at_ms is not None or alarm.cleared:
            return
        order = Order(alarm.device, 0, OPERATOR_ACK, {}, operator, alarm.cause, now_ms, True, alarm.ref)
        self.commands.issue(now_ms, order)
        alarm.acknowledged_at_ms, alarm.operator = now_ms, operator
        self._outcome.feed(alarm.feed(now_ms, "acknowledged"))
        self._outcome.alarm(alarm)

    def command(self, now_ms: int, device: str, name: str, arguments: Any, operator: str) -> int:
        """Tell a device to do something; the counter under which its response will be recorded."""
        placed = self.register.get(device)
        if name in ORDERS:
            raise CentreError(
                f"command {name!r} for {placed.name}: the centre gives it by itself; revoke with POST /api/cards/revoke"
            )
        known, by_place = checked(name, placed.kind, arguments, placed.name)
        operator = _operator(operator, f"command {name!r} for {placed.name}")
        session = self.presence.session(device)
        if session in (NEVER_HEARD, OFFLINE):
            raise CentreError(f"command {name!r} for {placed.name}: the device is {session}; send it when it is back")
        if session == ONLINE and not self.commands.ready(device):
            raise CentreError(
                f"command {name!r} for {placed.name}: it was not heard in person yet; send it after its next report"
            )
        if name not in WAITS and not self.commands.leaves_now(now_ms, device):
            raise CentreError(
                f"command {name!r} for {placed.name}: it is asleep until its next report; send it when it is awake"
            )
        order = self.commands.issue(now_ms, Order(device, 0, name, by_place, operator, "operator", now_ms, False))
        self._outcome.record(device, now_ms, "command", known.number, {}, order.counter)
        return order.counter

    def revoke(self, now_ms: int, credential: object, operator: str, reason: object = "") -> int:
        """Let no door of the estate grant a credential any more; the stamp of that revocation."""
        return self.cards.revoke(now_ms, credential, _operator(operator, f"revoking {credential!r}"), reason)

    def shown(self, now_ms: int, alarm_id: str, client: str) -> None:
        """A console has the alarm on its screen; the first one counts."""
        alarm = self.alarms.find(alarm_id)
        if alarm is None or alarm.shown_at_ms is not None:
            return
        alarm.shown_at_ms = now_ms
        self._outcome.feed({**alarm.feed(now_ms, "shown"), "client": client})
        self._outcome.alarm(alarm)

    # ---- out

    @property
    def deadline(self) -> int:
        """Epoch ms of the next wanted `step`; NEVER when there is none."""
        due = (self.receiver.deadline, self.presence.supervision.deadline, self.commands.deadline)
        return min((at for at in due if at is not None), default=NEVER)

    def take(self) -> Batch:
        """All that has been decided since the last call."""
        orders = self.commands.take_changed()
        for order in orders:
            self._outcome.device(order.device)  # its counter
        batch, alarms, devices = self._outcome.take()
        batch.rows += [order.row() for order in orders]
        for device in devices:
            saved = self.receiver.save(device)
            batch.rows.append(self.register.row(device, saved, self.commands.counter(device)))
        for alarm in alarms:
            batch.rows.append(alarm.row())
            batch.changes.append({"type": "alarm", "alarm": self._as_shown(alarm)})
        for at_ms, reason, topic, data in self.receiver.take_incidents():
            batch.rows.append(Row("security", (at_ms, reason, topic[:200], data[:1024])))
        if batch.rows and self.receiver.refused != self._refused_stored:
            self._refused_stored = dict(self.receiver.refused)
            batch.rows += [Row("refused", item) for item in self._refused_stored.items()]
        return batch

    def states(self) -> dict[str, str]:
        """The state of every device."""
        return dict(self.presence.states)

    def counts(self) -> Json:
        """The counts of a console's head line, without the rate."""
        return {
            "connected": self.presence.connected(), "devices": len(self.register.placed), "messages": self.messages,
            "refused": sum(self.receiver.refused.values()),
        }  # fmt: skip

    def alarm_list(self) -> list[Json]:
        """Every alarm that is open and the last that ended, oldest first."""
        return [self._as_shown(alarm) for alarm in self.alarms.all()]

    def device(self, device: str) -> Json:
        """A device as `GET /api/device/{id}` answers it, without its history."""
        placed = self.register.get(device)
        session = self.receiver.peer(device).session
        values, values_at = self.register.values(device)
        return {
            "id": device, "kind": placed.kind, "name": placed.name, "state": self.presence.states[device],
            "boot": session.boot if session.boot >= 0 else None, "firmware": session.firmware,
            "last_seen_ms": session.last_ms, "values": by_text(values), "values_at": values_at,
            "session": self.presence.session(device), "retained": session.boot >= 0 and not session.live,
        }  # fmt: skip

    # ---- inside

    def _as_shown(self, alarm: Alarm) -> Json:
        placed = self.register.get(alarm.device)
        return alarm.shown_as(placed.name, placed.kind)

    def _restore(self, start_ms: int, saved: Saved) -> None:
        """Take back what was stored. Devices that the estate does not have any more are left out."""
        known = self.register.placed
        for row in saved.devices:
            if row["device"] in known:
                self.receiver.restore(row["device"], row)
                self.register.restore(row["device"], row)
                self.commands.restore_counter(row["device"], row["counter"])
                self.cards.restore_door(row["device"], self.register.values(row["device"])[0])
        for device, cls, boot, seq, tag in saved.numbers:
            if device in known:
                self.receiver.restore_number(device, cls, boot, seq, tag)
        for device, cls, data in saved.frames:
            if device in known:
                self.receiver.restore_frame(start_ms, device, cls, data)
        for alarm in map(Alarm.load, saved.alarms):
            if alarm.device in known:
                self.alarms.restore(alarm)
                self.linkages.restore_alarm(alarm)
        for row in saved.incidents:
            self.linkages.restore(Incident(**row))
        self.cards.restore(Revocation(**row) for row in saved.revocations)
        for order in map(Order.load, saved.orders):
            if order.device in known:
                self.commands.restore(start_ms, order)
        for row in saved.devices:
            if row["device"] in known:
                self.presence.presumed(start_ms, row["device"])
        for device in known:
            self.presence.restate(device)
        self.receiver.refused = dict(saved.refused)
        self._refused_stored = dict(saved.refused)
        self._outcome.take()


def _operator(name: str, where: str) -> str:
    name = name.strip()
    if not name or len(name) > OPERATOR_CHARACTERS:
        raise CentreError(f"{where}: the operator's name needs 1 to {OPERATOR_CHARACTERS} characters")
    return name
