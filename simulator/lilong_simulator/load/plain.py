"""A quick check of a broker: so many clients, so many messages of so many bytes a second, and nothing else."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Any

from ..fleet.live import PLAIN, PlainClients, Target
from ..recorder import Recorder
from ..truth import Expectation, TruthRow
from .errors import NotOnline
from .measures import Counts
from .places import Shard
from .recording import LoadRecorder
from .refusals import Refusals
from .result import ShardResult
from .settings import ONLINE_TIMEOUT_S

DRAIN_S = 5.0  # (ours) for the last PUBACKs
LIMIT_MS = 500.0  # (ours) where no threshold of a latency is tighter: a generator that lags 50 ms proves nothing
SLICE = 50  # clients that begin to connect before the event loop gets its turn
LOOK_S = 0.02
LOST_SHARE = 0.001  # (ours) of the messages
NAME = "lilong-plain-%d"


@dataclass(frozen=True, slots=True)
class Plain:
    """What is asked for. rate: messages a second of all clients together; ramp_s None: as fast as the broker accepts.

    duration_s None: until it is stopped. first: the number of the first client. after_ms: when its messages begin.
    """

    clients: int
    rate: float
    size: int = 64
    qos: int = 1
    duration_s: float | None = 10.0
    ramp_s: float | None = None
    first: int = 1
    after_ms: float = 0.0

    @property
    def names(self) -> list[str]:
        """Client ids; each is in its client's topic too."""
        return [NAME % number for number in range(self.first, self.first + self.clients)]

    def part(self, shard: Shard) -> "Plain":
        """A shard's clients, and their share of the messages, which fall between those of the others."""
        mine = shard.range_of(self.clients)
        return replace(
            self, clients=len(mine), rate=self.rate * len(mine) / self.clients, first=self.first + mine.start,
            after_ms=1000 * shard.index / self.rate,
        )  # fmt: skip


class PlainRun:
    """One check, or a shard of one; `clock` is its time in ms. Each message is due at its own time, whatever stalls.

    zero_ns: CLOCK_MONOTONIC at the clock's 0; None: now.
    """

    truth: Sequence[TruthRow] = ()
    expectations: Sequence[Expectation] = ()

    def __init__(
        self, asked: Plain, target: Target, online_timeout_s: float = ONLINE_TIMEOUT_S, zero_ns: int | None = None
    ) -> None:
        self.asked = asked
        self._online_timeout_s = online_timeout_s
        self._zero_ns = time.monotonic_ns() if zero_ns is None else zero_ns
        self.epoch_zero = (time.time_ns() - (time.monotonic_ns() - self._zero_ns)) / 1e6
        self.recorder = LoadRecorder(self.clock)
        if asked.qos == 0:
            self.recorder.quiet_classes.add(PLAIN)
        self.clients = PlainClients(target, self.recorder, bytes(asked.size), asked.qos, self.clock)
        self.connect_s: float | None = None
        self.world_zero: float | None = None  # the run's clock when the messages began
        self.played_s = 0.0
        self.lost = 0
        self.refusals = Refusals(lambda: [self.clients], self.recorder.linked, self.clock, "clients")
        self._stopping = asyncio.Event()

    def clock(self) -> float:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self._zero_ns) / 1e6

    @property
    def devices(self) -> range:
        """As many as there are clients."""
        return range(self.asked.clients)

    @property
    def troubles(self) -> dict[str, int]:
        """Why links broke or could not be had, and how often."""
        return self.clients.troubles

    @property
    def world_now(self) -> float:
        """How long messages have been due, in ms."""
        return 0.0 if self.world_zero is None else self.clock() - self.world_zero

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """End early; the PUBACKs are waited for all the same."""
        self._stopping.set()

    async def bring_up(self) -> None:
        """Connect all clients; NotOnline when that does not come about in time."""
        asked = self.asked
        began = self.clock()
        per_ms = None if not asked.ramp_s else asked.clients / (asked.ramp_s * 1000)
        for number, name in enumerate(asked.names):
            while per_ms is not None and number > (self.clock() - began) * per_ms and not self.stopped:
                self.refusals.look(number, asked.clients)
                await self._pause(LOOK_S)
            if self.stopped:
                return
            self.clients.add(name)
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        waits_from = self.clock()
        while len(self.recorder.linked) < asked.clients - self.refusals.given_up and not self.stopped:
            self.refusals.look(asked.clients, asked.clients)
            if self.clock() - waits_from > self._online_timeout_s * 1000:
                raise NotOnline(
                    f"only {len(self.recorder.linked):,} of {asked.clients:,} clients connected after "
                    f"{self._online_timeout_s:g} s; {self._why()}"
                )
            await self._pause(LOOK_S)
        if not self.stopped:
            self.connect_s = round((self.clock() - began) / 1000, 3)

    async def play(self, world_zero: float | None = None) -> None:
        """The messages, and then what becomes of the last of them. world_zero: the run's clock at which they begin."""
        self.world_zero = began = self.clock() if world_zero is None else world_zero
        duration_s = self.asked.duration_s
        await self._pause(max(0.0, began + self.asked.after_ms - self.clock()) / 1000)
        self.clients.publish(self.asked.rate)
        await self._pause(None if duration_s is None else max(0.0, duration_s - self.world_now / 1000))
        self.clients.publish(0)
        self.played_s = round((self.clock() - began) / 1000, 3)
        last = self.clock() + DRAIN_S * 1000
        while self.clock() < last and any(one.flight for one in self.clients.members.values()):
            await asyncio.sleep(LOOK_S)
        self.lost = self.asked.clients - len(self.recorder.online)

    async def close(self) -> None:
        """Leave in good order; what has no PUBACK by then is in flight."""
        self.recorder.over = True
        for member in self.clients.members.values():
            for _, cls, _ in member.flight:
                self.recorder.measures.counts_of(cls).in_flight += 1
            member.flight = ()
        await self.clients.close()

    def result(self, index: int = 0, count: int = 1) -> ShardResult:
        """As of a run without a world."""
        return ShardResult(
            shards=(index,), count=count, recorder=self.recorder, truth=[], expectations=[],
            world_zero=self.world_zero, epoch_zero=self.epoch_zero, horizon=inf, played_s=self.played_s,
            devices=self.asked.clients, lost=self.lost, connect_s=self.connect_s, troubles=self.troubles,
            refused=self.refusals.counted,
        )  # fmt: skip

    # ---- inside

    def _why(self) -> str:
        troubles = sorted(self.clients.troubles.items(), key=lambda item: -item[1])
        if not troubles:
            return "no link broke: is that an MQTT broker, and has it room for so many?"
        return "most often: " + "; ".join(f"{why} ({count} times)" for why, count in troubles[:3])

    async def _pause(self, seconds: float | None) -> None:
        """Sleep, or less when the run is stopped."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass


def summary(asked: Plain, result: ShardResult) -> dict[str, Any]:
    """For the report: what was asked for, and rates a second."""
    counts = _counts(result.recorder)
    told = {name: value for name, value in asdict(asked).items() if name in ("clients", "rate", "size", "qos")}
    per_s = 1 / result.played_s if result.played_s else None
    return told | {
        "connects_per_s": None if not result.connect_s else round(result.devices / result.connect_s, 1),
        "sent_per_s": None if per_s is None else round(counts.sent * per_s, 1),
        "acknowledged_per_s": None if per_s is None or not asked.qos else round(counts.acknowledged * per_s, 1),
    }


def shortcomings(recorder: Recorder) -> list[str]:
    """What the broker did not do that was asked of it."""
    counts = _counts(recorder)
    gone = counts.lost + counts.skipped + counts.in_flight
    due = counts.sent + counts.skipped
    if gone <= LOST_SHARE * due:
        return []
    return [
        f"not sustained: of {due:,} messages {counts.skipped:,} had no room, {counts.lost:,} were lost with their "
        f"connection and {counts.in_flight:,} had no PUBACK at the end"
    ]


def _counts(recorder: Recorder) -> Counts:
    return Counts() if recorder.measures is None else recorder.measures.counts_of(PLAIN)
