"""Between broker and core: gathers what has arrived, lets the core decide, commits, and only then answers.

Alarms have a connection of their own, so that no backlog of anything else stands before them (GB 26875.1 4.1.2: a
fire alarm overtakes everything). A message is acknowledged to the broker after its commit, so a crash loses none.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lilong_protocol import topics

from lilong_tools.broker import Broker

from .core import Core
from .link import Link, Message
from .model import Batch, Json
from .observed import ObservedFeed
from .store import Store, StoreError

log = logging.getLogger("lilong.centre")

TAKE_MAX = 128  # messages in one batch: what an alarm may have to wait for
BESIDE_ALARMS = 16  # other messages in a batch that has alarms in it
HELD_MAX = 200_000  # rows that wait for a disk that does not take them
RETRY_S = 1.0
END_AGAIN_S = 0.1

T = TypeVar("T")


def now_ms() -> int:
    """Epoch ms of this host."""
    return time.time_ns() // 1_000_000


class Ingest:
    """The centre at work. `run` until cancelled; `decide` lets an operator's wish take the same way as a message."""

    def __init__(self, core: Core, store: Store, feed: ObservedFeed, broadcast: Callable[[list[Json]], None]) -> None:
        self.core = core
        self.batches = 0
        self.connected = asyncio.Event()  # both connections are subscribed
        self._store = store
        self._feed = feed
        self._broadcast = broadcast
        self._arrived = asyncio.Event()
        self._links: list[Link] = []
        self._held: list[tuple[Batch, list[Message]]] = []
        self._held_rows = 0
        self._asked: list[asyncio.Future[None]] = []  # `durable`: of what the core has not given yet
        self._due: list[asyncio.Future[None]] = []  # of what is held
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="history") if store.reads_beside else self._writer
        self._now_ms = now_ms()
        feed.catch_up(self._now_ms, core.alarms.all())

    def now(self) -> int:
        """Epoch ms that never goes back."""
        self._now_ms = max(self._now_ms, now_ms())
        return self._now_ms

    def decide(self, decision: Callable[[int], T]) -> T:
        """Let the core decide something at the present time; its batch leaves with the next one."""
        result = decision(self.now())
        self._arrived.set()
        return result

    async def durable(self, patience_s: float) -> None:
        """Until all that was decided before is on the disk; TimeoutError when the disk does not take it for so long."""
        stored = asyncio.get_running_loop().create_future()
        self._asked.append(stored)
        self._arrived.set()
        await asyncio.wait_for(stored, patience_s)

    async def query(self, work: Callable[[], T]) -> T:
        """Run a query on the database without stopping the world or a commit."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    async def run(self, broker: Broker, client_id: str) -> None:
        """Connect, and go on until cancelled."""
        tenant = self.core.estate.id
        others = [topics.up(tenant, "+", cls) for cls in topics.UP_CLASSES if cls != topics.ALARM]
        self._links = [
            Link(broker, f"{client_id}-alarms", [topics.up(tenant, "+", topics.ALARM)], self._arrived),
            Link(broker, client_id, others, self._arrived),
        ]
        work = [asyncio.create_task(one) for one in (self._pump(), *(link.run() for link in self._links))]
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)  # each goes on for ever, or fails
        finally:
            await _end([*work, watch])
        for task in work:
            if not task.cancelled():
                task.result()

    async def close(self) -> None:
        """Store what the core has decided; nothing is lost that had been taken."""
        self._collect([])
        try:
            await self._settle()
        except StoreError as error:
            log.error("%s", error)
        self._writer.shutdown()
        self._reader.shutdown()
        self._feed.close()

    async def forget(self) -> None:
        """After `run`: leave no session on the broker; what it would have kept for this centre is lost."""
        await asyncio.gather(*(link.forget() for link in self._links))

    # ---- inside

    async def _watch(self) -> None:
        for link in self._links:
            await link.subscribed.wait()
        self.connected.set()

    async def _pump(self) -> None:
        retry_at, complaint = 0.0, ""
        while True:
            await self._work(retry_at)
            messages = self._take() if self._held_rows < HELD_MAX else []
            now = self.now()
            for message in messages:
                self.core.receive(now, message.topic, message.payload, message.retain)
            if self.core.deadline <= now:
                self.core.step(now)
            self._collect(messages)
            if not self._held or time.monotonic() < retry_at:
                continue
            try:
                await self._settle()
                retry_at, complaint = 0.0, ""
            except StoreError as error:
                if complaint != str(error):
                    complaint = str(error)
                    log.error("%s", error)
                retry_at = time.monotonic() + RETRY_S

    async def _work(self, retry_at: float) -> None:
        """Wait until something has arrived or is due."""
        if self._held_rows >= HELD_MAX:
            await asyncio.sleep(max(0.0, retry_at - time.monotonic()))
            return
        if any(link.inbox for link in self._links):
            await asyncio.sleep(0)  # the sockets have their turn too
            return
        wait_s = min(3600.0, (self.core.deadline - self.now()) / 1000)
        if retry_at:
            wait_s = min(wait_s, retry_at - time.monotonic())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), max(0.0, wait_s))
        self._arrived.clear()

    def _take(self) -> list[Message]:
        """What has arrived, alarms first and nearly alone; a bounded number, so that the next does not wait long."""
        taken: list[Message] = []
        for link in self._links:
            room = TAKE_MAX if not taken else BESIDE_ALARMS
            while link.inbox and room:
                taken.append(link.inbox.popleft())
                room -= 1
        return taken

    def _collect(self, messages: list[Message]) -> None:
        batch = self.core.take()
        if batch or messages:
            self._held.append((batch, messages))
            self._held_rows += len(batch.rows)
        self._due += self._asked
        self._asked = []
        if not self._held:
            self._durable()

    def _durable(self) -> None:
        due, self._due = self._due, []
        for stored in due:
            if not stored.done():
                stored.set_result(None)

    async def _settle(self) -> None:
        """Commit all that is held; then acknowledge, publish and tell. Without a disk consoles are told still."""
        held = list(self._held)
        rows = [row for batch, _ in held for row in batch.rows]
        try:
            if rows:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._store.commit, rows)
        except StoreError:
            for batch, _ in held:
                self._broadcast(batch.changes)
                batch.changes = []  # a fire is shown even while it cannot be stored
            raise
        self._held.clear()
        self._held_rows = 0
        self.batches += 1
        self._durable()
        stored_ms = self.now()
        for batch, _ in held:
            self._feed.write(stored_ms, batch.feed)  # before anybody hears of it: nothing acknowledged is missing there
        for batch, messages in held:
            for message in messages:
                message.done()
            for publish in batch.publishes:
                self._links[0].publish(publish)
        for batch, _ in held:
            self._broadcast(batch.changes)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until it is done: before Python 3.12 `wait_for` swallows a cancellation that comes with its result."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=END_AGAIN_S)
