"""Linkage: alarms that confirm one another make other devices act. The rules are data."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .alarms import Alarm
from .model import Estate, Json, Row


@dataclass(frozen=True)
class Linkage:
    """`devices` different devices of one core with alarm `code` within `within_ms`: `command` to the core's doors.

    The times compared are those at which the devices decided; alarms that have been cleared do not count.
    """

    name: str
    code: int
    devices: int
    within_ms: int
    command: str


# Two independent detectors confirm a fire; the start signal follows within 3 s (GB 50166-2019).
LINKAGES = (Linkage("fire", code=1, devices=2, within_ms=600_000, command="fire_release"),)


@dataclass
class Incident:
    """A linkage that has acted, until the last of its alarms is cleared."""

    rule: str
    core: int
    at_ms: int
    command: str
    alarms: list[str] = field(default_factory=list)
    ended_ms: int | None = None

    def row(self) -> Row:
        return Row("incident", (self.rule, self.core, self.at_ms, self.command, self.alarms, self.ended_ms))

    def shown_as(self) -> Json:
        return {
            "rule": self.rule, "core": self.core, "at": self.at_ms, "command": self.command, "alarms": self.alarms,
            "ended_at": self.ended_ms,
        }  # fmt: skip


class Linkages:
    """The open alarms by rule and core, and the incidents that came of them."""

    def __init__(self, estate: Estate, rules: Iterable[Linkage]) -> None:
        self._estate = estate
        self._rules = tuple(rules)
        self._core_of = {device.id: device.core for device in estate.devices if device.core is not None}
        self._open: dict[tuple[str, int], dict[str, Alarm]] = {}
        self.active: dict[tuple[str, int], Incident] = {}
        self._doors = {core: [door.id for door in estate.doors_of_core(core)] for core in set(self._core_of.values())}
        self._core_of_door = {door: core for core, doors in self._doors.items() for door in doors}

    def doors(self, core: int) -> list[str]:
        """The ids of the doors that a linkage of this core commands."""
        return self._doors[core]

    def standing(self, device: str) -> Iterable[Incident]:
        """The incidents under way that this door is concerned by: it is told again when it comes back."""
        core = self._core_of_door.get(device)
        return [incident for (_, at), incident in self.active.items() if at == core]

    def restore(self, incident: Incident) -> None:
        self.active[(incident.rule, incident.core)] = incident

    def alarm(self, now_ms: int, alarm: Alarm) -> list[Incident]:
        """An alarm is new or has changed; incidents that begin, grow or end by it (`at_ms` now: it begins)."""
        core = self._core_of.get(alarm.device)
        if core is None:
            return []
        told = []
        for rule in self._rules:
            if rule.code != alarm.code:
                continue
            key = (rule.name, core)
            alarms = self._open.setdefault(key, {})
            if alarm.cleared:
                alarms.pop(alarm.id, None)
                incident = self.active.get(key)
                if incident is not None and not alarms:
                    del self.active[key]
                    incident.ended_ms = now_ms
                    told.append(incident)
                continue
            if alarm.id in alarms:
                continue
            alarms[alarm.id] = alarm
            incident = self.active.get(key)
            if incident is not None:
                if alarm.id not in incident.alarms:
                    incident.alarms.append(alarm.id)
                    told.append(incident)
                continue
            near = [a for a in alarms.values() if abs(a.raised_at_ms - alarm.raised_at_ms) <= rule.within_ms]
            if len({a.device for a in near}) >= rule.devices:
                incident = Incident(rule.name, core, now_ms, rule.command, sorted(a.id for a in near))
                self.active[key] = incident
                told.append(incident)
        return told
