"""The score of each incident, the completeness of what devices send, and how well data faults were found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .parts import Count, Ms, Table

Share = float | None


class Step(Table):
    """A line of an incident's timeline."""

    at_ms: Ms | None = Field(description="on the run's clock; null: nobody has said")
    what: str


class InTime(Table):
    """Rows that must be answered. What was not observed is null."""

    true: Count
    in_time: Count | None = Field(description="all their clocks were seen within their limits")
    missed: Count | None
    late: Count | None = Field(description="stored after the limit")
    over_limit: Count | None = Field(description="stored in time, and another clock late or never seen")


class IncidentAlarms(InTime):
    undetected: Count
    excused: Count
    false: Count = Field(description="must-nots broken, and what its devices raised meanwhile without a cause")
    duplicate: Count
    out_of_order: Count | None
    wrongly_cleared: Count | None
    early: Count = Field(0, description="raised before it may be")
    untrue: Count | None = Field(None, description="the feed tells what is not so of it; null: it tells nothing")
    forgotten: Count | None = Field(None, description="lacks in what the feed says is open, and nobody ended it")


class MustNots(Table):
    told: Count = Field(description="what must not be raised, or must not be cleared")
    broken: Count


class Action(Table):
    """What devices had to do together, counted from the alarm that confirmed."""

    action: str
    kinds: list[str]
    devices: Count
    done: Count
    late: Count
    missing: Count = Field(description="what never came: the action, or its report")
    slowest_ms: Ms | None
    limit_ms: Ms | None


class IncidentScore(Table):
    name: str
    verdict: Literal["pass", "fail", "not judged"]
    told: str = Field(description="the verdict in a line")
    began_ms: Ms | None = Field(description="its first step or crossing, on the run's clock; null: it did not happen")
    steps: list[Step]
    alarms: IncidentAlarms
    findings: InTime = Field(description="what the backend itself had to conclude")
    must_nots: MustNots
    linkage: list[Action]
    failures: list[str]


class Received(Table):
    """Of what devices' periods promise."""

    received: Count
    expected: Count
    share: Share


class Lacking(Received):
    device: str
    name: str
    kind: str
    cls: Literal["heartbeat", "telemetry"] = Field(alias="class")


class Completeness(Received):
    """Heartbeats and telemetry; what a fault of the run kept devices from is not expected."""

    devices: Count
    whole: Count = Field(description="devices that lack nothing")
    by_kind: dict[str, dict[Literal["heartbeat", "telemetry"], Received]]
    worst: list[Lacking] = Field(description="those that lack most")


class Found(Table):
    """One kind of data fault: labels that were found, and findings that were right."""

    labels: Count = Field(description="data faults that are evident")
    not_evident: Count = Field(description="those that are not, which nobody is asked to find")
    found: Count | None = Field(description="labels with a finding of their kind; null: no feed")
    findings: Count | None
    right: Count | None = Field(description="findings with a label of their kind")
    recall: Share
    precision: Share


class Quality(Found):
    """Data faults with labels, against the backend's findings quality.*; null: there were none."""

    by_kind: dict[str, Found]
