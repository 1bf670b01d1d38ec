"""What the world demanded, what was raised and stored, and when; what had to follow."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .parts import Count, Latencies, Ms, Table


class Clocks(Table):
    """The times of alarms. In `latency_ms` and `by_alarm` local counts from the crossing, the others from decided."""

    local: Any
    ingest: Any
    shown: Any
    acknowledged: Any


class ClockLatencies(Clocks):
    local: Latencies = Field(description="crossing to local output")
    ingest: Latencies = Field(description="decided to committed by the backend; `ingest_by` says who told")
    shown: Latencies = Field(description="decided to a console has it")
    acknowledged: Latencies = Field(description="decided to the operator's answer at the device")


class ClockTimes(Clocks):
    local: Ms | None
    ingest: Ms | None
    shown: Ms | None
    acknowledged: Ms | None
    on_site: Ms | None = Field(None, description="whoever was sent is there, of a finding")
    ended: Ms | None = Field(None, description="the backend says that it is over, of a finding")


class Alarms(Table):
    """Counts of the judgement."""

    true: Count = Field(description="what the world demanded")
    raised: Count
    stored: Count
    acknowledged: Count | None
    undetected: Count | None = Field(description="the device did not raise; null in a replay, which knows no world")
    missed: Count = Field(description="raised, never stored")
    late: Count | None = Field(description="stored after the limit")
    false: Count | None = Field(description="no cause")
    excused: Count = Field(0, description="not raised: a fault of the run kept the device from it; no pass")
    duplicate: Count | None = Field(description="a second effect of one episode")
    out_of_order: Count | None = Field(description="against (boot, seq) of one device and priority")
    wrongly_cleared: Count | None = Field(None, description="ended by the backend, and not by its device")
    early: Count = Field(0, description="raised before it may be")
    untrue: Count | None = Field(None, description="the feed tells what is not so of it; null: it tells nothing")
    forgotten: Count | None = Field(None, description="lacks in what the feed says is open, and nobody ended it")


class Findings(Table):
    """What a backend had to conclude by itself, judged from its observed feed; null: there was none."""

    true: Count
    stored: Count | None
    missed: Count | None
    late: Count | None
    false: Count | None = Field(description="no cause")
    duplicate: Count | None


class Row(Table):
    """One row of the truth and what came of it."""

    truth: str
    device: str
    name: str
    alarm: str
    level: Count
    expect: Literal["must", "may", "must_not"]
    by: Literal["device", "backend"] = Field("device", description="backend: a finding, in its observed feed alone")
    incident: str | None = Field(None, description="whose part it is; null: daily life")
    cause: str
    crossing_ms: Ms
    until_ms: Ms | None = Field(None, description="when the world's value was back, or the temptation over")
    alarm_id: str | None = Field(description="of the alarm or the finding that answers it")
    decided_after_ms: Ms | None
    after_crossing_ms: ClockTimes
    after_decision_ms: ClockTimes
    limits_ms: ClockTimes
    not_before_ms: Ms | None = Field(None, description="it must not be raised earlier after the crossing")
    transfer_ms: Ms | None = Field(None, description="limit of ingest after the decision, or after it could be sent")
    told: dict[str, Any] | None = Field(None, description="what the feed tells of it, where it is asked; null: nothing")
    late: list[str]
    missing: list[str]
    repeated: list[str] = Field([], description="second effects: another alarm of its episode, the same stored twice")
    broken: list[str] = Field([], description="of a must_not: the alarms or findings that there are all the same")
    failures: list[str] = Field([], description="why it counts against the run")
    excused: str | None = Field(None, description="unpowered, stuck: the fault that kept its device from raising")
    possible_after_ms: Ms | None = Field(None, description="after the crossing a fault let it be sent; limits count so")


class Link(Table):
    """What had to follow from alarms, counted from the one that confirmed; or from time alone."""

    incident: str | None = None
    action: str
    what: Literal[
        "command", "report", "not_cleared", "kept", "latched", "events", "telemetry", "granted", "denied", "done",
        "noted", "delivered", "repeated", "born", "beats", "accepted",
    ]  # fmt: skip
    name: str
    after_ms: Ms | None
    limit_ms: Ms | None
    triggered: bool
    trigger_ms: Ms | None = Field(None, description="of the alarm that confirmed, on the run's clock")
    failure: str | None = Field(None, description="why it counts against the run")


class ClockSkew(Table):
    """Times that cannot be: before their cause, or a commit after its own stored-ack."""

    impossible: Count
    worst_ms: Ms | None
    backend_ahead_ms: tuple[Ms, Ms] | None = Field(description="between which its clock is ahead of the generator's")
