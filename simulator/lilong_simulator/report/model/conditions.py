"""Where and by what a run was made: machine, plain clients, processes, and what lost ones leave unknown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .parts import Count, Ms, Table


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
