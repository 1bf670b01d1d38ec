"""The values that an estate file may have, with their bounds, and what every table of one has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Metres = Annotated[float, Field(ge=0, le=100_000)]
XY = Annotated[list[Metres], Field(min_length=2, max_length=2)]
Line = Annotated[list[XY], Field(min_length=2, max_length=500)]
Polygon = Annotated[list[XY], Field(min_length=3, max_length=500)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
FlatKey = Annotated[str, Field(pattern=r"^\d{1,4}/\d{2,5}$")]
Storey = Annotated[int, Field(ge=-9, le=200)]
Count = Annotated[int, Field(ge=0, le=20_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=1, le=400 * 86_400)]
Curve = Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=24, max_length=24)]


class Table(BaseModel):
    """Every table: unknown keys are refused, and a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Name(Table):
    """A name in English and in Chinese."""

    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(min_length=1, max_length=80)]
