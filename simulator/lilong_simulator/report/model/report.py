"""report.json as a whole: what each key means."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from .alarms import Alarms, ClockLatencies, ClockSkew, Findings, Link, Row
from .conditions import Machine, Plain, Unobserved, Worker
from .faults import FaultCaused
from .incidents import Completeness, IncidentScore, Quality
from .messages import BrokerLatencies, Messages, Series
from .parts import Count, Latencies, Ms, Table
from .shares import Passages, Recall, Share
from .thresholds import Knee, Threshold

VERSION = 2
SEALED = "sealed frames"  # what is sent where there is no template


class Report(Table):
    """One run."""

    model_config = ConfigDict(extra="forbid", title="Lilong report")

    schema_version: Literal[2] = Field(alias="schema")
    verdict: Literal["pass", "fail", "generator saturated", "partial", "threshold breached"]
    conclusion: str = Field("", description="the run in a line")
    failures: list[str] = Field(description="every reason why the verdict is not pass")
    warnings: list[str] = Field(description="what a reader should know and what fails nothing")
    estate: str
    estates: Count
    mode: Literal["live", "virtual", "plain", "replay", "recorded"] = Field(
        description="plain: clients without a world, a check of a broker; replay: of a recording, at the speed `rate`; "
        "recorded: judged from what was recorded of a run"
    )
    seed: int
    rate: float = Field(description="periods were divided by it, event rates multiplied")
    started: str = Field(description="local time of the estate's world")
    duration_s: float
    incidents: list[str]
    by_incident: list[IncidentScore] = []
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
    began_s: float | None = Field(None, description="when the world began, on the clock of `series`")
    world_began: float | None = Field(None, description="the same in Unix ms")
    real_micropython: dict[str, str]
    accept: Literal["stored", "puback", "observed"] = Field(description="what ended the retries of an alarm")
    ingest_by: Literal["observed feed", "stored-ack", "probe subscriber", "PUBACK"] = Field(
        description="what ingest was measured by; a PUBACK says nothing of a backend"
    )
    payload: str = Field(SEALED, description="what was sent: sealed frames, or the name of a template")
    plain: Plain | None = Field(None, description="of a check with plain clients")
    messages: Messages
    alarms: Alarms
    findings: Findings | None = None
    recall: list[Recall] = Field([], description="of what sensors by design do not always see")
    shares: list[Share] = Field([], description="limits that hold for a share of all")
    passages: list[Passages] = Field([], description="all who passed while an incident watched")
    quality: Quality | None = Field(None, description="how data faults were found; null: there were none")
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
    completeness: Completeness | None = Field(None, description="of heartbeats and telemetry; null: not counted")
