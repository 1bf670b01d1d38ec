"""Linkage: alarms that confirm one another make other devices act. The rules are data, the same as of gateways.

A rule counts in places: a core, a flat, or the device itself with what is near. Each place where a rule acts is an
incident, until the last of its alarms is cleared; then a device is told to end it, unless another incident still wants
the same of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import hypot

from lilong_protocol.pc.linkages import LINKAGES, NEAR_M, Act, Linkage
from lilong_protocol.pc.order import Order, checked
from lilong_protocol.pc.orders import Orders
from lilong_protocol.registry import COMMAND

from .alarms import Alarm
from .model import Estate, Json, PlacedDevice, Row
from .outcome import Outcome

__all__ = ["LINKAGES", "Incident", "Linkage", "Linkages"]

BETWEEN = ("cycle_gate", "vehicle_lane")  # in the open, between every core and the street


@dataclass
class Incident:
    """A linkage that has acted. `place`: "core 3", a flat of it as "core 3, 1203", or the name of a device."""

    rule: str
    place: str
    at_ms: int
    alarms: list[str] = field(default_factory=list)
    ended_ms: int | None = None

    @property
    def cause(self) -> str:
        """Of the orders that it gives."""
        return f"linkage {self.rule}, {self.place}"

    def row(self) -> Row:
        return Row("incident", (self.rule, self.place, self.at_ms, self.alarms, self.ended_ms))

    def shown_as(self) -> Json:
        return {
            "rule": self.rule, "place": self.place, "at": self.at_ms, "alarms": self.alarms, "ended_at": self.ended_ms,
        }  # fmt: skip


class Linkages:
    """The open alarms by rule and place, and the incidents that came of them."""

    def __init__(self, estate: Estate, rules: Iterable[Linkage], commands: Orders, outcome: Outcome) -> None:
        self.active: dict[tuple[str, str], Incident] = {}
        self._estate = estate
        self._rules = {rule.name: rule for rule in rules}
        self._of_alarm: dict[int, list[Linkage]] = {}
        for rule in self._rules.values():
            for code in rule.alarms:
                self._of_alarm.setdefault(code, []).append(rule)
        self._commands = commands
        self._outcome = outcome
        self._open: dict[tuple[str, str], dict[str, Alarm]] = {}
        self._placed = {device.id: device for device in estate.devices}
        self._names = {device.name: device for device in estate.devices}
        self._told: dict[tuple[str, str], dict[str, Act]] = {}  # by rule and place: who does what
        kinds = {device.kind for device in estate.devices}
        for rule in self._rules.values():
            for act in rule.acts:
                for kind in kinds & set(act.kinds):
                    for command in filter(None, (act.command, act.end)):  # now, not when it burns
                        checked(command, kind, _arguments(act, command), f"linkage {rule.name!r}")

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """An alarm is new or has changed."""
        for rule in self._of_alarm.get(alarm.code, ()):
            place = self._place(rule, alarm.device)
            if place is None:
                continue
            key = (rule.name, place)
            alarms = self._open.setdefault(key, {})
            if alarm.cleared:
                alarms.pop(alarm.id, None)
                if not alarms:
                    del self._open[key]
                    if key in self.active:
                        self._end(now_ms, key)
            else:
                alarms[alarm.id] = alarm
                if key in self.active:
                    self._grow(key, alarm)
                elif (together := _together(rule, alarm, alarms.values())) is not None:
                    self._begin(now_ms, key, Incident(rule.name, place, now_ms, together))

    def born(self, now_ms: int, device: str) -> None:
        """A device is back: of an incident under way it is told again, it may have lost what it was told."""
        for key, incident in self.active.items():
            if (act := self._acts(key).get(device)) is not None:
                self._order(now_ms, device, incident, act)

    def place(self, rule: str, device: str) -> str | None:
        """Where an alarm of a device counts for a rule; None: nowhere."""
        known = self._rules.get(rule)
        return None if known is None else self._place(known, device)

    def confirmed(self, rule: str, place: str) -> list[str] | None:
        """The alarms by which a rule acts at a place now; None: it does not."""
        incident = self.active.get((rule, place))
        return None if incident is None else list(incident.alarms)

    def restore_alarm(self, alarm: Alarm) -> None:
        """Take back an alarm after a restart; what it caused is restored by itself."""
        for rule in self._of_alarm.get(alarm.code, ()):
            place = self._place(rule, alarm.device)
            if place is not None and not alarm.cleared:
                self._open.setdefault((rule.name, place), {})[alarm.id] = alarm

    def restore(self, incident: Incident) -> None:
        """Take back an incident that was under way, if its place and rule are still there."""
        rule = self._rules.get(incident.rule)
        if rule is not None and any(self._place(rule, device) == incident.place for device in self._placed):
            self.active[(incident.rule, incident.place)] = incident

    # ---- where

    def _place(self, rule: Linkage, device: str) -> str | None:
        """Where an alarm of a device counts; None: nowhere."""
        placed = self._placed[device]
        if rule.scope == "near":
            return placed.name
        if placed.core is None or (rule.scope == "flat" and placed.unit is None):
            return None
        return f"core {placed.core}" if rule.scope == "core" else f"core {placed.core}, {placed.unit}"

    def _acts(self, key: tuple[str, str]) -> dict[str, Act]:
        """What each device does there."""
        told = self._told.get(key)
        if told is None:
            rule, place = self._rules[key[0]], key[1]
            near = list(self._near(rule, place))
            told = {device.id: act for act in rule.acts for device in near if device.kind in act.kinds}
            self._told[key] = told
        return told

    def _near(self, rule: Linkage, place: str) -> Iterator[PlacedDevice]:
        """The devices that a place has a say over."""
        if rule.scope == "near":
            centre = self._names[place]
            yield from (one for one in self._estate.devices if hypot(one.x - centre.x, one.y - centre.y) <= NEAR_M)
        elif rule.scope == "flat":
            yield from (one for one in self._estate.devices if self._place(rule, one.id) == place)
        else:
            yield from self._estate.escape_doors(int(place.rpartition(" ")[2]))
            yield from (one for one in self._estate.devices if one.kind in BETWEEN and one.core is None)

    # ---- what

    def _begin(self, now_ms: int, key: tuple[str, str], incident: Incident) -> None:
        self.active[key] = incident
        for device, act in self._acts(key).items():
            self._order(now_ms, device, incident, act)
        self._tell(incident)

    def _grow(self, key: tuple[str, str], alarm: Alarm) -> None:
        incident = self.active[key]
        if alarm.id not in incident.alarms:
            incident.alarms.append(alarm.id)
            self._tell(incident)

    def _end(self, now_ms: int, key: tuple[str, str]) -> None:
        incident = self.active.pop(key)
        incident.ended_ms = now_ms
        for device, act in self._acts(key).items():
            self._commands.withdraw(now_ms, device, incident.cause)
            if act.end is not None and not self._wanted(device, act):
                self._give(now_ms, device, act.end, act, f"{incident.cause}, is over")
        self._tell(incident)

    def _wanted(self, device: str, act: Act) -> bool:
        """Whether another incident wants the same of a device."""
        return any(self._acts(key).get(device) == act for key in self.active)

    def _order(self, now_ms: int, device: str, incident: Incident, act: Act) -> None:
        if any(order.cause == incident.cause for order in self._commands.open_of(device)):
            return  # it is under way, and goes out again by itself
        for order in list(self._commands.open_of(device)):
            if order.name == act.end and order.cause.startswith("linkage "):
                self._commands.withdraw(now_ms, device, order.cause)  # the end of another, which is over
        self._give(now_ms, device, act.command, act, incident.cause)

    def _give(self, now_ms: int, device: str, command: str, act: Act, cause: str) -> None:
        known, arguments = checked(command, self._placed[device].kind, _arguments(act, command), device)
        order = Order(device, 0, known.name, arguments, None, cause, now_ms, True)
        self._commands.issue(now_ms, order)
        self._outcome.record(device, now_ms, "command", known.number, {}, order.counter)

    def _tell(self, incident: Incident) -> None:
        self._outcome.row(incident.row())
        self._outcome.tell({"type": "incident", "incident": incident.shown_as()})


def _arguments(act: Act, command: str) -> dict[str, int]:
    if command != act.command or act.argument is None:
        return {}
    return {COMMAND[command].arguments[0].name: act.argument}


def _together(rule: Linkage, alarm: Alarm, alarms: Iterable[Alarm]) -> list[str] | None:
    """The ids of the alarms that confirm `alarm`, itself among them; None while they are too few."""
    near = [other for other in alarms if abs(other.raised_at_ms - alarm.raised_at_ms) <= rule.within_ms]
    if len({other.device for other in near}) < rule.devices:
        return None
    return sorted(other.id for other in near)
