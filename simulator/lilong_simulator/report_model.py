"""report.json as a model: what each key means, and the JSON Schema that is published beside it.

`python -m lilong_simulator.report_model` writes report.schema.json. The version rises when a key goes or changes its
meaning; a key that is added does not raise it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 2
SEALED = "sealed frames"  # what is sent where there is no template
FILE = Path(__file__).with_name("report.schema.json")

Count = Annotated[int, Field(ge=0)]
Ms = Annotated[float, Field(description="milliseconds")]


class Table(BaseModel):
    """Every table: a key that is not described does not stand there."""

    model_config = ConfigDict(extra="forbid")


class Latencies(Table):
    """A histogram in ms. What was not observed is null, never 0."""

    p50: Ms | None
    p90: Ms | None
    p99: Ms | None
    p999: Ms | None
    max: Ms | None
    count: Count = Field(description="how many were recorded, in the range or not")
    negative: Count = Field(0, description="times that lie before their cause: clocks that disagree")
    beyond: Count = Field(0, description="above a day")


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


class Fates(Table):
    """sent = acknowledged + in_flight + refused + lost + unconfirmed + unobserved."""

    sent: Count
    acknowledged: Count = Field(description="the broker has them")
    in_flight: Count = Field(description="no PUBACK by the end")
    refused: Count = Field(description="the broker said no")
    lost: Count = Field(description="the link ended before the PUBACK")
    unconfirmed: Count = Field(description="QoS 0: nobody answers")
    unobserved: Count = Field(description="of devices in processes of their own")
    skipped: Count = Field(description="not sent: no link, or too much in flight; none of `sent`")


class Messages(Table):
    total: Count
    by_class: dict[str, Count]
    fates: dict[str, Fates] | None = Field(description="what became of them, by class; null in virtual time")


class RadioFrames(Table):
    """What a bad radio did to frames, either way."""

    frames: Count
    lost: Count
    duplicated: Count
    reordered: Count


class FaultCaused(Table):
    """A fault of the scenario and what it caused; times in ms of the run's clock."""

    name: str
    fault: str = Field(description="as it is given to --fault")
    at_ms: Ms | None = Field(description="null: the run ended before it")
    until_ms: Ms | None
    devices: Count = Field(description="that it touched")
    links_lost: Count = Field(description="of always-on devices, while it lasted")
    reconnect_ms: Latencies = Field(description="from its end, or from the loss where the link was back before")
    backlog: Count = Field(description="alarm frames and events that waited in devices at its end")
    drained_ms: Ms | None = Field(description="after its end, when none of them waited any more; null: some still did")
    frames: RadioFrames | None
    alarms_during: Count = Field(description="rows of the truth that must be raised and crossed while it lasted")
    excused_during: Count = Field(description="of them, those that their devices could not raise")


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


class BrokerLatencies(Table):
    """From the due time."""

    connack: Latencies = Field(description="a connection is wanted to CONNACK")
    online: Latencies = Field(description="a connection is wanted to SUBACK")
    puback: Latencies = Field(description="of all classes")
    by_class: dict[str, Latencies] = Field(description="PUBACK, by class of message")


class Series(Table):
    """Over time, a row each `width_s`; a quiet stretch has no row."""

    width_s: Count
    columns: list[str]
    rows: list[list[float | None]]


class ClockSkew(Table):
    """Times that cannot be: before their cause, or a commit after its own stored-ack."""

    impossible: Count
    worst_ms: Ms | None
    backend_ahead_ms: tuple[Ms, Ms] | None = Field(description="between which its clock is ahead of the generator's")


class Threshold(Table):
    text: str
    value: float | None
    kept: bool


class Step(Table):
    """One rate of a ramp."""

    rate: float
    offered: float = Field(description="messages a second that the devices' periods ask for")
    sent: float = Field(description="messages sent a second")
    lag_p99_ms: Ms | None
    puback_p99_ms: Ms | None
    broke: str | None = Field(description="what no longer held; null: all held")


class Knee(Table):
    rate: float | None = Field(description="the highest rate at which all held")
    sent: float | None = Field(description="messages sent per s at that rate")
    steps: list[Step]


class Row(Table):
    """One row of the truth and what came of it."""

    truth: str
    device: str
    name: str
    alarm: str
    level: Count
    expect: Literal["must", "may", "must_not"]
    cause: str
    crossing_ms: Ms
    alarm_id: str | None
    decided_after_ms: Ms | None
    after_crossing_ms: ClockTimes
    after_decision_ms: ClockTimes
    limits_ms: ClockTimes
    late: list[str]
    missing: list[str]
    excused: str | None = Field(None, description="unpowered, stuck: the fault that kept its device from raising")
    possible_after_ms: Ms | None = Field(None, description="after the crossing a fault let it be sent; limits count so")


class Link(Table):
    """What had to follow from alarms, counted from the one that confirmed."""

    action: str
    what: Literal["command", "report", "not_cleared"]
    name: str
    after_ms: Ms | None
    limit_ms: Ms | None
    triggered: bool


class Machine(Table):
    cpus: Count | None
    platform: str
    python: str


class Plain(Table):
    """Plain clients: what was asked for, and what came of it a second."""

    clients: Count
    rate: float = Field(description="messages due per s, of all clients together")
    size: Count = Field(description="bytes of each")
    qos: Literal[0, 1]
    connects_per_s: float | None
    sent_per_s: float | None
    acknowledged_per_s: float | None = Field(description="null: QoS 0 is not answered")


class WorkerClock(Table):
    """The clock of another machine, against that of the machine which conducted the run."""

    offset_ms: Ms = Field(description="by which it is ahead; the run went by this")
    error_ms: Ms = Field(description="to which that is known")
    moved_ms: Ms = Field(description="by which it has surely moved since")


class Worker(Table):
    """A process that played one shard."""

    shard: Count
    host: str
    devices: Count | None
    ended: bool = Field(description="false: it was lost, and its shard is not part of this report")
    lost_at_s: float | None
    why: str | None
    clock: WorkerClock | None = Field(description="null: the clock of the machine which conducted the run")


class Unobserved(Table):
    """An alarm that the world demanded of a device of a lost shard: nobody knows what came of it."""

    truth: str
    device: str
    name: str
    alarm: str
    crossing_ms: Ms = Field(description="of world time")


class Report(Table):
    """One run."""

    model_config = ConfigDict(extra="forbid", title="Lilong report")

    schema_version: Literal[2] = Field(alias="schema")
    verdict: Literal["pass", "fail", "generator saturated", "partial", "threshold breached"]
    failures: list[str] = Field(description="every reason why the verdict is not pass")
    warnings: list[str] = Field(description="what a reader should know and what fails nothing")
    estate: str
    estates: Count
    mode: Literal["live", "virtual", "plain", "replay"] = Field(
        description="plain: clients without a world, a check of a broker; replay: of a recording, at the speed `rate`"
    )
    seed: int
    rate: float = Field(description="periods were divided by it, event rates multiplied")
    started: str = Field(description="local time of the estate's world")
    duration_s: float
    incidents: list[str]
    broker: str
    measures_latency: bool = Field(description="false: the embedded broker carries no claim about latency")
    machine: Machine | None
    shards: Count
    shards_missing: Count = Field(description="shards that were lost: their part was not judged")
    workers: list[Worker] = Field([], description="of a run by several processes")
    unobserved: list[Unobserved] = Field([], description="alarms of lost shards; in no other figure of this report")
    devices: Count
    connected: Count | None = Field(description="devices whose session the backend has accepted; null: not observed")
    lost: Count = Field(description="always-on devices that were not connected at the end")
    connect_s: float | None
    real_micropython: dict[str, str]
    accept: Literal["stored", "puback", "observed"] = Field(description="what ended the retries of an alarm")
    ingest_by: Literal["observed feed", "stored-ack", "probe subscriber", "PUBACK"] = Field(
        description="what ingest was measured by; a PUBACK says nothing of a backend"
    )
    payload: str = Field(SEALED, description="what was sent: sealed frames, or the name of a template")
    plain: Plain | None = Field(None, description="of a check with plain clients")
    messages: Messages
    alarms: Alarms
    latency_ms: ClockLatencies
    by_alarm: dict[str, ClockLatencies]
    broker_ms: BrokerLatencies | None = Field(description="null in virtual time")
    generator_lag_ms: Latencies
    tightest_limit_ms: Ms | None
    clock_skew: ClockSkew
    thresholds: list[Threshold]
    knee: Knee | None
    faults: list[FaultCaused] = Field([], description="what was done to the run on purpose, and what it caused")
    series: Series | None
    alarm_rows: list[Row]
    linkage: list[Link]
    link_troubles: dict[str, Count]


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of report.json."""
    made = Report.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
