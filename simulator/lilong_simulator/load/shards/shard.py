"""One shard as its conductor knows it: who starts and plays it, how far that is, how it ended; and all at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..result import ShardResult
from .clocks import ClockOf
from .job import Order
from .wire import Wire

STARTED, HELLO, READY, ONLINE, ENDED, LOST = "started", "hello", "ready", "online", "ended", "lost"
"""The stages, in order: its process was started, has come, knows its part, all its devices are online, has ended."""


@dataclass
class PlayedShard:
    """`why`: of a lost one, or of one whose devices did not come online."""

    index: int
    stage: str = STARTED
    wire: Wire | None = None
    host: str = ""
    pid: int = 0
    devices: int | None = None
    clock: ClockOf = field(default_factory=lambda: ClockOf(False))
    connect_s: float | None = None
    given_up: int = 0  # of its devices, those that the broker does not let in
    result: ShardResult | None = None
    why: str | None = None
    at_ms: float | None = None  # of the run's clock, when it was lost
    heard: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        return self.stage in (ENDED, LOST)

    @property
    def where(self) -> str:
        return f"process {self.pid} on {self.host}" if self.pid else "its process"

    def tell(self, what: str, **more: Any) -> None:
        if self.wire is not None and not self.over:
            self.wire.tell(what, **more)

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {
            "shard": self.index,
            "host": self.host,
            "devices": self.devices,
            "ended": self.stage == ENDED,
            "lost_at_s": None if self.stage != LOST or self.at_ms is None else round(self.at_ms / 1000, 1),
            "why": self.why,
            "clock": self.clock.told(),
        }


def unsure_ms(shards: Iterable[PlayedShard]) -> float:
    """How far the clock of a worker on another machine may be from what is known of it, at most."""
    errors = (one.clock.first.error_ns for one in shards if one.clock.first and not one.clock.one_clock)
    return max(errors, default=0.0) / 1e6


class Changes:
    """Wakes whoever waits for something to become true."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            await future


class Starter(Protocol):
    """Starts workers. `words`: None while one lives, else why it ended."""

    async def start(self, order: Order) -> None: ...
    async def words(self, index: int) -> str | None: ...
    async def end(self, index: int) -> None: ...


@dataclass
class Conducted:
    """What a run came to. `failure`: why devices of a shard did not come online."""

    results: list[ShardResult]
    shards: list[PlayedShard]
    failures: list[str]
    stopped: bool
    horizon: float | None

    @property
    def lost(self) -> list[PlayedShard]:
        return [shard for shard in self.shards if shard.stage == LOST]
