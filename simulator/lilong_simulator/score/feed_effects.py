"""What a feed says that a backend did about alarms and findings: its effects, in time, order and number."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from lilong_protocol.codes import is_alarm, severity

from ..feed import OPEN, RECORDED, RESET, REVOKED, FeedEvent


@dataclass(slots=True)
class Effects:
    """Times on the run's clock, and what should not be. An alarm or finding goes by its id in the feed."""

    stored: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)
    confirmed: dict[str, float] = field(default_factory=dict)  # by a person
    on_site: dict[str, float] = field(default_factory=dict)
    cleared: dict[str, float] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)  # what is more in the line that stored it
    open: list[tuple[float, frozenset[str]]] = field(default_factory=list)  # when, and all alarms that were
    repeated: list[str] = field(default_factory=list)
    disordered: dict[str, str] = field(default_factory=dict)  # in words, by the one that came too late
    devices: dict[str, tuple[str, int]] = field(default_factory=dict)  # of alarms: device and number
    findings: list[FeedEvent] = field(default_factory=list)  # their first lines, in the order of the feed
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of findings, as they were told last

    @property
    def alarms(self) -> list[str]:
        """Of the stored ones those that are alarms of devices."""
        found = {event.alarm for event in self.findings}
        return [name for name in self.stored if name not in found]


def effects_of(feed: Sequence[FeedEvent], epoch_zero: float, known: Container[str]) -> Effects:
    """`epoch_zero`: epoch ms at the run's clock 0; `known`: ids of alarms that the run's devices raised."""
    effects = Effects()
    last: dict[tuple[str, int], FeedEvent] = {}
    for event in feed:
        at = event.at - epoch_zero
        if at < 0 and event.alarm not in known:
            continue  # of an earlier run, in a file that has grown since
        if event.event == OPEN:
            effects.open.append((at, frozenset(event.members)))
            continue
        if event.event in (REVOKED, RESET, RECORDED):
            continue
        if event.event == "updated":
            effects.members[event.alarm] = event.members
            continue
        if event.event != "stored":
            getattr(effects, event.event).setdefault(event.alarm, at)
            continue
        if event.alarm in effects.stored:
            effects.repeated.append(event.alarm)
            continue
        effects.stored[event.alarm] = at
        effects.told[event.alarm] = dict(event.told)
        if event.is_finding:
            effects.members[event.alarm] = event.members
            effects.findings.append(event)
            continue
        effects.devices[event.alarm] = event.device, event.code
        # Order is promised within one device and one priority.
        lane = (event.device, severity(event.code) if is_alarm(event.code) else 0)
        before = last.get(lane)
        if before is not None and (before.boot, before.seq) > (event.boot, event.seq):
            effects.disordered[event.alarm] = f"{event.alarm} is stored after {before.alarm}"
        last[lane] = event
    return effects
