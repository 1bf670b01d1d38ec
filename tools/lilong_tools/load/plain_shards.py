"""Plain clients by several processes of this machine: each has its part of them, and of the messages."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from lilong_simulator.load.places import Shard
from lilong_simulator.load.plain import Plain
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.scenario import Scenario
from lilong_simulator.load.settings import ONLINE_TIMEOUT_S
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_simulator.load.shards.together import Together
from lilong_simulator.load.shards.unseen import Unseen
from lilong_simulator.load.watched import Recorded
from lilong_simulator.recorder import Recorder
from lilong_simulator.truth import Expectation, TruthRow
from rich.console import Console

from ..stopping import Stopper
from .plain_view import watched
from .shard import COMMAND, packed
from .target import Access

STOPPED = "stopped before all clients were connected: nothing is judged"
LEAST_OPENING = 8


@dataclass(frozen=True)
class Checked:
    """What a check came to. `reasons`: why it did not come to its end. `unseen`: the clients of lost workers."""

    result: ShardResult
    reasons: Sequence[str]
    workers: Sequence[Mapping[str, Any]] = ()
    unseen: Unseen | None = None


class Clients:
    """All shards together, as they are watched."""

    truth: Sequence[TruthRow] = ()
    expectations: Sequence[Expectation] = ()

    def __init__(self, asked: Plain, together: Together) -> None:
        self.devices = range(asked.clients)
        self.clock = together.clock
        self._together = together

    @property
    def recorder(self) -> Recorded:
        return self._together.recorder

    @property
    def troubles(self) -> Mapping[str, int]:
        return self._together.troubles

    @property
    def world_zero(self) -> float | None:
        return self._together.world_zero

    @property
    def world_now(self) -> float:
        return self._together.world_now


async def by_workers(
    asked: Plain, count: int, url: str, access: Access, metrics: str | None, console: Console, stopper: Stopper
) -> Checked:
    """Run `asked` by so many processes; RunError when one cannot start."""
    scenario = Scenario((), duration_s=asked.duration_s, ramp_s=asked.ramp_s or 0.0, accept="puback")
    job = Job(
        scenario, {}, packed(url, access), int(time.time()), online_timeout_s=ONLINE_TIMEOUT_S,
        opening=max(LEAST_OPENING, 100 // count), plain=asdict(asked),
    )  # fmt: skip
    console.print(f"{count} workers on this machine")

    def told(text: str) -> None:
        console.print(text.replace(" devices", " clients"), style="bold")

    conductor = Conductor(job, (), count, Processes(COMMAND), told)
    with stopper.ends(conductor.stop):
        async with watched(Clients(asked, conductor.together), metrics, console):
            conducted = await conductor.conduct()
    reasons = list(conducted.failures)
    if conductor.together.world_zero is None and not reasons:
        reasons.append(STOPPED)
    lost = [name for one in conducted.lost for name in asked.part(Shard(one.index, count)).names]
    result = merge(conducted.results) if conducted.results else _nothing(conductor.together, count)
    return Checked(result, reasons, [one.told() for one in conducted.shards], Unseen(tuple(lost), ()))


def _nothing(together: Together, count: int) -> ShardResult:
    """No worker has given a result."""
    return ShardResult(
        (), count, Recorder(), [], [], together.world_zero, together.epoch_zero, inf, 0.0, 0, 0, None
    )  # fmt: skip
