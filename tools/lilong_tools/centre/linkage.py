"""Linkage: alarms that confirm one another make other devices act. The rules are data."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lilong_protocol.pc import linkages
from lilong_protocol.pc.order import Order, checked
from lilong_protocol.pc.orders import Orders

from .alarms import Alarm
from .model import Estate, Json, Row
from .outcome import Outcome


@dataclass(frozen=True)
class Linkage:
    """`devices` different devices of one core with alarm `code` within `within_ms`: `command` to the core's way out.

    The times compared are those at which the devices decided; alarms that have been cleared do not count.
    """

    name: str
    code: int
    devices: int
    within_ms: int
    command: str


# Of the one table that gateways have too, what concerns the doors of a core.
LINKAGES = tuple(
    Linkage(known.name, code, known.devices, known.within_ms, act.command)
    for known in linkages.LINKAGES
    if known.scope == "core"
    for code in known.alarms
    for act in known.acts
    if "door" in act.kinds
)


@dataclass
class Incident:
    """A linkage that has acted, until the last of its alarms is cleared."""

    rule: str
    core: int
    at_ms: int
    command: str
    alarms: list[str] = field(default_factory=list)
    ended_ms: int | None = None

    @property
    def cause(self) -> str:
        """Of the orders that it gives."""
        return f"linkage {self.rule}, core {self.core}"

    def row(self) -> Row:
        return Row("incident", (self.rule, self.core, self.at_ms, self.command, self.alarms, self.ended_ms))

    def shown_as(self) -> Json:
        return {
            "rule": self.rule, "core": self.core, "at": self.at_ms, "command": self.command, "alarms": self.alarms,
            "ended_at": self.ended_ms,
        }  # fmt: skip


class Linkages:
    """The open alarms by rule and core, and the incidents that came of them."""

    def __init__(self, estate: Estate, rules: Iterable[Linkage], commands: Orders, outcome: Outcome) -> None:
        self.active: dict[tuple[str, int], Incident] = {}
        self._rules = tuple(rules)
        self._commands = commands
        self._outcome = outcome
        self._open: dict[tuple[str, int], dict[str, Alarm]] = {}
        self._core_of = {device.id: device.core for device in estate.devices if device.core is not None}
        self._kind_of = {device.id: device.kind for device in estate.devices}
        self._doors = {core: [door.id for door in estate.escape_doors(core)] for core in set(self._core_of.values())}
        for rule in self._rules:
            for kind in {self._kind_of[door] for doors in self._doors.values() for door in doors}:
                checked(rule.command, kind, {}, f"linkage {rule.name!r}")  # now, not when it burns

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """An alarm is new or has changed."""
        core = self._core_of.get(alarm.device)
        if core is None:
            return
        for rule in self._rules:
            if rule.code != alarm.code:
                continue
            key = (rule.name, core)
            alarms = self._open.setdefault(key, {})
            if alarm.cleared:
                alarms.pop(alarm.id, None)
                if not alarms and key in self.active:
                    self._end(now_ms, key)
            else:
                alarms[alarm.id] = alarm
                if key in self.active:
                    self._grow(key, alarm)
                elif (together := _together(rule, alarm, alarms.values())) is not None:
                    self._begin(now_ms, key, Incident(rule.name, core, now_ms, rule.command, together))

    def born(self, now_ms: int, device: str) -> None:
        """A device is back: a door of an incident under way is told again, it may have lost what it was told."""
        for incident in self.active.values():
            if device in self._doors[incident.core]:
                self._order(now_ms, device, incident)

    def restore_alarm(self, alarm: Alarm) -> None:
        """Take back an alarm after a restart; what it caused is restored by itself."""
        core = self._core_of.get(alarm.device)
        for rule in self._rules:
            if core is not None and rule.code == alarm.code and not alarm.cleared:
                self._open.setdefault((rule.name, core), {})[alarm.id] = alarm

    def restore(self, incident: Incident) -> None:
        """Take back an incident that was under way, if its core and rule are still there."""
        if incident.core in self._doors and any(rule.name == incident.rule for rule in self._rules):
            self.active[(incident.rule, incident.core)] = incident

    # ---- inside

    def _begin(self, now_ms: int, key: tuple[str, int], incident: Incident) -> None:
        self.active[key] = incident
        for door in self._doors[incident.core]:
            self._order(now_ms, door, incident)
        self._tell(incident)

    def _grow(self, key: tuple[str, int], alarm: Alarm) -> None:
        incident = self.active[key]
        if alarm.id not in incident.alarms:
            incident.alarms.append(alarm.id)
            self._tell(incident)

    def _end(self, now_ms: int, key: tuple[str, int]) -> None:
        incident = self.active.pop(key)
        incident.ended_ms = now_ms
        for door in self._doors[incident.core]:
            self._commands.withdraw(now_ms, door, incident.cause)
        self._tell(incident)

    def _order(self, now_ms: int, door: str, incident: Incident) -> None:
        if any(order.cause == incident.cause for order in self._commands.open_of(door)):
            return  # it is under way, and goes out again by itself
        known, arguments = checked(incident.command, self._kind_of[door], {}, door)
        order = Order(door, 0, known.name, arguments, None, incident.cause, now_ms, True)
        self._commands.issue(now_ms, order)
        self._outcome.record(door, now_ms, "command", known.number, {}, order.counter)

    def _tell(self, incident: Incident) -> None:
        self._outcome.row(incident.row())
        self._outcome.tell({"type": "incident", "incident": incident.shown_as()})


def _together(rule: Linkage, alarm: Alarm, alarms: Iterable[Alarm]) -> list[str] | None:
    """The ids of the alarms that confirm `alarm`, itself among them; None while they are too few."""
    near = [other for other in alarms if abs(other.raised_at_ms - alarm.raised_at_ms) <= rule.within_ms]
    if len({other.device for other in near}) < rule.devices:
        return None
    return sorted(other.id for other in near)
