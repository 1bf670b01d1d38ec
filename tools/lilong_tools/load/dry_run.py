"""`lilong load --dry-run`: what would be sent, by how many connections, and what that needs; before a question too."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lilong_protocol import frame
from lilong_simulator import traffic
from lilong_simulator.load.payload import Template
from lilong_simulator.load.places import Place
from lilong_simulator.load.scenario import Scenario
from rich.console import Console

from . import uses

CPU_US = 60  # of a message with its PUBACK, device logic and all (benchmarks/README.md)
SEALED_FIRST = ("connect", "subscription", "birth", "configuration")
PER_CONNECTION_KB = 4
FILES_BESIDE = 128


@dataclass(frozen=True)
class Plan:
    """What a scenario comes to. Rates a second, as a mean of the day."""

    devices: int
    kinds: dict[str, int]
    always_on: int
    heartbeats: float
    telemetry: float
    sessions: float  # of devices that wake
    events: float
    first: tuple[str, ...]  # what each device begins with

    @property
    def messages(self) -> float:
        return self.heartbeats + self.telemetry + self.events + traffic.SESSION_MESSAGES * self.sessions

    @property
    def periodic(self) -> float:
        """What the periods alone ask for: a message of each device that wakes at its time."""
        return self.heartbeats + self.telemetry + self.sessions

    @property
    def cores(self) -> float:
        return self.messages * CPU_US / 1e6


def plan_of(scenario: Scenario, places: Sequence[Place]) -> Plan:
    """Reckoned from the periods of the kinds and the rates of the estates."""
    kinds: Counter[str] = Counter()
    heartbeats = telemetry = sessions = events = 0.0
    always = 0
    for place in places:
        for one in traffic.steady(place.devices, scenario.rate).values():
            kinds[one.kind] += one.devices * place.copies
            always += one.always_on * place.copies
            heartbeats += one.heartbeats * place.copies
            telemetry += one.telemetry * place.copies
            sessions += one.wakings * place.copies
        share = place.copies * len(place.devices) / len(place.estate.devices)
        events += traffic.events_a_day(place.estate) / traffic.DAY_S * share  # multiplied by the rate already
    first: tuple[str, ...] = SEALED_FIRST
    if scenario.template is not None:
        says = Template.parse(*scenario.template).messages
        heartbeats, telemetry, events = (
            rate if kind in says else 0.0
            for kind, rate in ((frame.HEARTBEAT, heartbeats), (frame.TELEMETRY, telemetry), (frame.EVENT, events))
        )
        first = ("connect", "birth") if frame.BIRTH in says else ("connect",)
    return Plan(sum(kinds.values()), dict(kinds), always, heartbeats, telemetry, sessions, events, first)


def tell(plan: Plan, scenario: Scenario, broker: str, console: Console, given: Mapping[str, Any]) -> None:
    """The plan in words. given: the options of the command line, by the name of their parameter."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(plan.kinds.items(), key=lambda item: -item[1]))
    ramp_s = plan.devices / 1000 if scenario.ramp_s is None else scenario.ramp_s
    lasts = "until it is stopped" if scenario.duration_s is None else f"{scenario.duration_s:g} s, and the drain"
    rows = [
        ("broker", broker),
        *uses.reached(given["broker"], given, scenario.template is not None),
        ("devices", f"{plan.devices:,} of {scenario.name}: {kinds}"),
        ("connections", f"{plan.devices:,} at the start, {plan.always_on:,} that stay; over {ramp_s:g} s"),
        *uses.boards(scenario, given),
        *uses.spoken(scenario),
        (
            "messages a second",
            f"about {plan.messages:,.1f} as a mean of the day: {plan.heartbeats:,.1f} heartbeats, "
            f"{plan.telemetry:,.1f} telemetry, {plan.events:,.1f} events, {plan.sessions:,.2f} wakings",
        ),
        ("at the start", f"{len(plan.first) * plan.devices:,} messages: {', '.join(plan.first)}"),
        ("duration", lasts),
        *uses.played(scenario, given),
        *uses.judged(given, scenario.accept),
        *uses.written(given),
        ("CPU", f"about {plan.cores:.2f} of {os.cpu_count()} cores at {CPU_US} µs a message"),
        ("memory", f"about {plan.devices * PER_CONNECTION_KB / 1000:,.0f} MB of devices"),
        ("files", files(plan.devices, given)),
    ]
    show(rows, console)


def show(rows: Iterable[tuple[str, str]], console: Console) -> None:
    for name, told in rows:
        console.print(f"{name:<19} {told}")


def files(connections: int, given: Mapping[str, Any]) -> str:
    """How many of them each process needs, and may have."""
    workers = given.get("workers") or 1
    needed = -(-connections // workers) + FILES_BESIDE
    each = " in each process" if workers > 1 else ""
    if given.get("cluster") is not None:
        return f"{needed:,} needed{each}; each node looks at its own limit"
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = "unlimited" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    return f"{needed:,} needed{each}, {limit} allowed{' — too few' if needed > hard > 0 else ''}"
