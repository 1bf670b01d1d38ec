"""Between broker and decisions: gathers what has arrived, has it decided, and once that is durable acknowledges it.

Alarms have a connection of their own, so that no backlog of anything else stands before them (GB 26875.1 4.1.2: a
fire alarm overtakes everything). A message is acknowledged to the broker after its commit, so a crash loses none.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ... import topics
from ..decided import Publish
from .address import Address
from .link import Arrival, Link

TAKE_MAX = 128  # messages in one batch: what an alarm may have to wait for
BESIDE_ALARMS = 16  # other messages in a batch that has alarms in it
WAIT_MAX_S = 3600.0
END_AGAIN_S = 0.1

Batch = TypeVar("Batch")
Batch_co = TypeVar("Batch_co", covariant=True)
T = TypeVar("T")


class Decider(Protocol[Batch_co]):
    """What decides: an engine, or what an application has built around one."""

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> Any: ...
    def step(self, now_ms: int) -> Any: ...
    @property
    def deadline(self) -> int | None: ...
    def take(self) -> Batch_co: ...


@dataclass
class Work(Generic[Batch]):
    """A batch, and the messages that may be acknowledged when it is durable."""

    batch: Batch
    arrivals: list[Arrival]


def now_ms() -> int:
    """Epoch ms of this host."""
    return time.time_ns() // 1_000_000


class Pump(Generic[Batch]):
    """`wait`, `decide`, store the batch, `finish`; beside it `run` keeps the connections."""

    def __init__(self, decider: Decider[Batch], clock: Callable[[], int] = now_ms) -> None:
        self.connected = asyncio.Event()  # all connections are subscribed
        self._decider = decider
        self._clock = clock
        self._now_ms = clock()
        self._arrived = asyncio.Event()
        self._links: list[Link] = []

    def now(self) -> int:
        """Epoch ms that never goes back."""
        self._now_ms = max(self._now_ms, self._clock())
        return self._now_ms

    def connect(
        self,
        address: Address,
        client_id: str,
        tenants: Iterable[str],
        prefix: str = "",
        classes: Iterable[str] = topics.UP_CLASSES,
    ) -> None:
        """Set the connections up. prefix: stands before each filter of a shared subscription; classes: of topics."""
        wanted = list(classes)
        alarms: list[str] = []
        others: list[str] = []
        for tenant in tenants:
            for cls in wanted:
                (alarms if cls == topics.ALARM else others).append(prefix + topics.up(tenant, "+", cls))
        if alarms:
            self._links.append(Link(address, f"{client_id}-alarms", alarms, self._arrived))
        if others:
            self._links.append(Link(address, client_id, others, self._arrived))

    async def run(self) -> None:
        """Keep the connections until cancelled."""
        tasks = [asyncio.create_task(link.run()) for link in self._links]
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([*tasks, watch], return_when=asyncio.FIRST_EXCEPTION)  # each goes on for ever, or fails
            if not tasks:
                await asyncio.Event().wait()
        finally:
            await end([*tasks, watch])
        for task in tasks:
            if not task.cancelled():
                task.result()

    def wake(self) -> None:
        """Something has been decided beside the messages: the next `wait` returns."""
        self._arrived.set()

    async def wait(self, at_most_s: float = WAIT_MAX_S) -> None:
        """Until something has arrived or is due."""
        if any(link.inbox for link in self._links):
            await asyncio.sleep(0)  # the sockets have their turn too
            return
        deadline = self._decider.deadline
        wait_s = at_most_s if deadline is None else min(at_most_s, WAIT_MAX_S, (deadline - self.now()) / 1000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), max(0.0, wait_s))
        self._arrived.clear()

    def decide(self, take_in: bool = True) -> Work[Batch] | None:
        """Have decided what has arrived, alarms first, and what is due; None when nothing came of it."""
        arrivals = self._take() if take_in else []
        now = self.now()
        decider = self._decider
        for arrival in arrivals:
            decider.receive(now, arrival.topic, arrival.payload, arrival.retain)
        deadline = decider.deadline
        if deadline is not None and deadline <= now:
            decider.step(now)
        batch = decider.take()
        return Work(batch, arrivals) if batch or arrivals else None

    def finish(self, arrivals: Iterable[Arrival], publishes: Sequence[Publish]) -> None:
        """The batch is durable: acknowledge its messages and let its publishes leave.

        While there is no connection they are dropped: devices and orders repeat.
        """
        for arrival in arrivals:
            arrival.done()
        for publish in publishes:
            any(link.publish(publish) for link in self._links)  # by the first that has a connection

    async def forget(self) -> None:
        """After `run`: leave no session on the broker; what it would have kept is lost."""
        await asyncio.gather(*(link.forget() for link in self._links))

    async def _watch(self) -> None:
        for link in self._links:
            await link.subscribed.wait()
        self.connected.set()

    def _take(self) -> list[Arrival]:
        """What has arrived, alarms first and nearly alone; a bounded number, so that the next does not wait long."""
        taken: list[Arrival] = []
        for link in self._links:
            room = TAKE_MAX if not taken else BESIDE_ALARMS
            while link.inbox and room:
                taken.append(link.inbox.popleft())
                room -= 1
        return taken


async def end(tasks: Iterable[asyncio.Task[T]]) -> None:
    """Cancel until it is done: before Python 3.12 `wait_for` swallows a cancellation that comes with its result."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=END_AGAIN_S)
