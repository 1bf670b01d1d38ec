"""What was done to a run on purpose, and what it caused."""

from __future__ import annotations

from pydantic import Field

from .parts import Count, Latencies, Ms, Table


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
