"""What was required of a run, and the rates that were tried."""

from __future__ import annotations

from pydantic import Field

from .parts import Ms, Table


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
