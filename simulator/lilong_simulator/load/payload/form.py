"""The form of a template file: its tables and keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A key that is not here is no key."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Message(Table):
    """One kind of message."""

    topic: Annotated[str, Field(min_length=1)]
    body: Annotated[str, Field(min_length=1)]
    row: Annotated[str, Field(min_length=1)] | None = None
    retain: bool = False


class Probe(Table):
    """How a subscriber of ours knows an alarm: JSON Pointer to its id."""

    alarm: str


class File(Table):
    """A table for each kind of message that is sent."""

    about: str = ""
    probe: Probe | None = None
    birth: Message | None = None
    heartbeat: Message | None = None
    telemetry: Message | None = None
    event: Message | None = None
    alarm_raise: Message | None = None
    alarm_update: Message | None = None
    alarm_clear: Message | None = None
    death: Message | None = None
