"""What tables of a report are made of: counts, milliseconds, histograms."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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
