"""The centre's decisions, sans-io: messages and operators in, a batch of rows, publishes and changes out.

No clock, socket or disk. The caller passes epoch ms, stores the rows of `take()`, and only then lets the rest of
that batch leave. After a restart a core made from what was stored goes on where the last one stopped.
"""

from collections.abc import Iterable
from typing import Any

from lilong_protocol.pc.downlink import OPERATOR_CHARACTERS
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.findings import DISPATCH
from lilong_protocol.pc.order import checked
from lilong_protocol.pc.presence import OFFLINE, Planned
from lilong_protocol.pc.roots import KeySource
from lilong_protocol.pc.session import Session
from lilong_protocol.registry import KIND

from .alarms import Alarm, AlarmBook
from .cards import ORDERS, Cards, Revocation
from .commands import order_row
from .findings import Findings
from .findings.weather import MOST_MM_H
from .forwarding import Forwarding
from .intake import Intake
from .linkage import LINKAGES, Incident, Linkage, Linkages
from .model import Batch, CentreError, Estate, Json, Row, Saved, state_rows
from .outcome import Outcome, by_text
from .presence import Presence
from .register import Register
from .stays import Passage, Stay, Stays
from .updates import Updates

NEVER = (1 << 53) - 1  # a deadline that does not come
OPEN_EVERY_MS = 300_000  # (ours) how often the observed feed says what is open


class Core:
    """One estate's centre."""

    def __init__(
        self,
        estate: Estate,
        keys: KeySource,
        start_ms: int,
        linkages: Iterable[Linkage] = LINKAGES,
        saved: Saved | None = None,
        durable: bool = True,
        checks: bool = True,
        receiver: str = "",
        actual: bool = False,
    ) -> None:
        """`durable` False: nobody will start another core from its rows; those of the engine are not made then.
        `checks` False: nobody asks whether what devices say can be (`lilong_protocol.pc.quality`).
        `receiver`: the name of whoever confirmed alarms are forwarded to; "" while there is nobody.
        `actual`: what is told there is no exercise."""
        saved = saved or Saved()
        self.estate = estate
        self.messages = 0
        self.register = Register(estate)
        self.alarms = AlarmBook()
        self.engine = Engine(
            estate.id, keys, start_ms, saved.engine_state(estate.id), self.register.placed, self._planned,
            self.alarms.keeps_awake, durable=durable,
        )  # fmt: skip
        self.receiver = self.engine.receiver
        self.commands = self.engine.orders
        self._outcome = Outcome()
        self.presence = Presence(self.engine, self.register.placed, self.alarms, self._outcome)
        self.linkages = Linkages(estate, linkages, self.commands, self._outcome)
        self.cards = Cards(estate.devices, self.commands, self._outcome)
        self.stays = Stays(estate.devices, self._outcome)
        self.updates = Updates(self.engine, self.register, self._outcome)
        self.findings = Findings(estate, self._outcome, checks)
        self.forwarding = Forwarding(
            estate, receiver, actual, self.findings.book, self._outcome, self.linkages.place, self.linkages.confirmed
        )
        self._intake = Intake(
            self.engine, self.register, self.alarms, self.presence, self.linkages, self.cards, self.stays,
            self.findings, self.forwarding, self._outcome,
        )  # fmt: skip
        self._now_ms = start_ms
        self._restore(saved)
        self._refused_stored = dict(saved.refused)

    # ---- in

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> None:
        """A message of the broker. Whatever it is, it never raises."""
        self._now_ms = now_ms
        self.messages += 1
        for message in self.engine.receive(now_ms, topic, payload, retained):
            self._intake.take(now_ms, message)
        for device, anew in self.engine.heard.items():
            if anew:
                self.cards.back(now_ms, device)
        for device, anew in self.engine.proceed(now_ms).items():
            if anew:
                self.linkages.born(now_ms, device)
            self.cards.proceed(now_ms, device)
        self.restate(now_ms)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        self._now_ms = now_ms
        for message in self.engine.step(now_ms):
            self._intake.take(now_ms, message)
        self.restate(now_ms)
        self.findings.step(now_ms)
        self.forwarding.step(now_ms)

    def restate(self, now_ms: int) -> None:
        """What follows from who is there, and who is not."""
        supervision = self.engine.presence.supervision
        for device in self.engine.take_sessions():
            self.presence.restate(device)
            since = supervision.silence(device)
            broken, lost = supervision.state(device) == OFFLINE, supervision.lost(device)
            self.findings.session(now_ms, device, broken, lost, None if since is None else since[0])

    def acknowledge(self, now_ms: int, alarm_id: str, operator: str) -> None:
        """A person takes notice of an alarm; the device is told once that is durable. A second one changes nothing.

        Of a finding: whoever is sent accepts to go.
        """
        if (found := self.findings.book.find(alarm_id)) is not None:
            self.findings.book.acknowledge(now_ms, found, _operator(operator, f"acknowledging {alarm_id}"))
            return
        alarm = self.alarms.get(alarm_id)
        operator = _operator(operator, f"acknowledging {alarm_id}")
        if alarm.acknowledged_at_ms is not None or alarm.cleared:
            return
        self.engine.acknowledge(now_ms, alarm.device, alarm.ref, operator, alarm.told)
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
        known, _ = checked(name, placed.kind, arguments, placed.name)
        operator = _operator(operator, f"command {name!r} for {placed.name}")
        order = self.engine.command(now_ms, device, name, arguments, operator, label=placed.name)
        self._outcome.record(device, now_ms, "command", known.number, {}, order.counter)
        if name == "reset":
            self._outcome.feed({
                "at": now_ms, "event": "reset", "alarm": f"reset-{device}-{order.counter}", "device": device, "code": 0,
                "boot": 0, "seq": 0,
            })  # fmt: skip
        return order.counter

    def revoke(self, now_ms: int, credential: object, operator: str, reason: object = "") -> int:
        """Let no door of the estate grant a credential any more; the stamp of that revocation."""
        stamp = self.cards.revoke(now_ms, credential, _operator(operator, f"revoking {credential!r}"), reason)
        self._outcome.feed({
            "at": now_ms, "event": "revoked", "alarm": f"revocation-{stamp}", "device": "", "code": 0, "boot": 0,
            "seq": 0,
        })  # fmt: skip
        return stamp

    def operator(self, name: str, where: str) -> str:
        """A name that may stand in a record; CentreError for one that is too long, or none."""
        return _operator(name, where)

    def on_site(self, now_ms: int, finding_id: str, operator: str) -> None:
        """Who was sent is there."""
        found = self.findings.book.get(finding_id)
        if found.number != DISPATCH.number:
            raise CentreError(f"finding {finding_id!r}: nobody was sent; acknowledge it instead")
        self.findings.book.on_site(now_ms, found, _operator(operator, f"on site of {finding_id}"))

    def confirm(self, now_ms: int, alarm_id: str, operator: str) -> str:
        """A person says that an alarm is true: it is forwarded, under the key that is given back."""
        operator = _operator(operator, f"confirming {alarm_id}")
        return self.forwarding.confirm(now_ms, self.alarms.get(alarm_id), operator).id

    def rain(self, now_ms: int, mm_h: object) -> None:
        """The weather service tells what fell in the last hour, in mm."""
        if not isinstance(mm_h, int | float) or isinstance(mm_h, bool) or not 0 <= mm_h <= MOST_MM_H:
            raise CentreError(f'"rain_mm_h" {mm_h!r}: not the rain of an hour; give 0 to {MOST_MM_H} mm')
        self.findings.rain(now_ms, round(mm_h * 10))

    def tell_open(self, now_ms: int) -> None:
        """Every OPEN_EVERY_MS: tell in the observed feed all alarms that are open, so that a forgotten one is seen."""
        names = [alarm.id for alarm in self.alarms.open()]
        self._outcome.feed({
            "at": now_ms, "event": "open", "alarm": "", "device": "", "code": 0, "boot": 0, "seq": 0, "members": names,
        })  # fmt: skip

    def shown(self, now_ms: int, alarm_id: str, client: str) -> None:
        """A console has the alarm or finding on its screen; the first one counts."""
        if (found := self.findings.book.find(alarm_id)) is not None:
            self.findings.book.shown(now_ms, found, client)
            return
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
        due = self.engine.deadline, self.findings.deadline, self.forwarding.deadline
        return min((at for at in due if at is not None), default=NEVER)

    def take(self) -> Batch:
        """All that has been decided since the last call."""
        decided = self.engine.take()
        for incident in decided.incidents:
            self.findings.incident(self._now_ms, incident)
        for device in decided.lost:
            self._outcome.record(device, self._now_ms, "offline", None, {})
        for order in decided.given_up:
            self._outcome.record(order.device, self._now_ms, "response", order.code, {}, order.counter)
        for message in decided.kept:
            self._outcome.keep(message)
        batch, alarms, devices = self._outcome.take()
        batch.publishes, batch.decided = decided.publishes, decided
        batch.rows += [Row("gap", (*gap, self._now_ms)) for gap in decided.gaps]
        batch.rows += [order_row(order) for order in decided.orders]
        batch.rows += state_rows(decided.state)
        batch.rows += [self.register.row(device) for device in devices]
        for alarm in alarms:
            batch.rows.append(alarm.row())
            batch.changes.append({"type": "alarm", "alarm": self._as_shown(alarm)})
        if changed := self.findings.book.take_changed():
            batch.rows += [found.row() for found in changed]
            told = [self.findings.shown_as(found) for found in changed]
            batch.changes.append({"type": "findings", "findings": told})
        for at_ms, reason, topic, data in decided.incidents:
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
        peer = self.receiver.find(device)
        session = Session() if peer is None else peer.session  # None: nobody has a key for it
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

    def _planned(self, device: str) -> Planned:
        """What the estate says of a device that has not said it itself."""
        placed = self.register.get(device)
        link = KIND[placed.kind].link
        return Planned(placed.offline_s or link.offline_s, link.always_on)

    def _restore(self, saved: Saved) -> None:
        """Take back what was stored. Devices that the estate does not have any more are left out."""
        known = self.register.placed
        for row in saved.devices:
            if row["device"] in known:
                self.register.restore(row["device"], row)
                self.cards.restore_door(row["device"], self.register.values(row["device"])[0])
        for alarm in map(Alarm.load, saved.alarms):
            if alarm.device in known:
                self.alarms.restore(alarm)
                self.linkages.restore_alarm(alarm)
        supervision = self.engine.presence.supervision
        lost = [device for device in known if supervision.lost(device)]
        broken = [device for device in known if supervision.state(device) == OFFLINE]
        self.findings.restore(self._now_ms, saved.findings, self.alarms.open(), lost, broken)
        for row in saved.incidents:
            self.linkages.restore(Incident(**row))
        self.findings.restore_used(saved.used)
        self.forwarding.restore(self._now_ms, saved.forwards, self.alarms.open())
        self.stays.restore(
            (Passage(**row) for row in saved.passages), saved.passage_numbers, (Stay(**row) for row in saved.stays)
        )
        self.cards.restore(Revocation(**row) for row in saved.revocations)
        self.updates.restore(self._now_ms, saved.artifacts)
        for device in known:
            self.presence.restate(device)
        self.receiver.refusals.counts = dict(saved.refused)
        self._outcome.take()
        self.forwarding.resume(self._now_ms)


def _operator(name: str, where: str) -> str:
    name = name.strip()
    if not name or len(name) > OPERATOR_CHARACTERS:
        raise CentreError(f"{where}: the operator's name needs 1 to {OPERATOR_CHARACTERS} characters")
    return name
