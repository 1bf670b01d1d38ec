"""Between broker and core: the backend library's pump brings what has arrived, the core decides, the store commits, and
only then anybody is told.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lilong_protocol.pc.backend.address import Address
from lilong_protocol.pc.backend.pump import Pump, Work, end

from lilong_tools.broker import Broker

from .core import OPEN_EVERY_MS, Core
from .forwarding.courier import Courier, Receiver
from .model import Batch, Json
from .observed import ObservedFeed
from .store import Store, StoreError

log = logging.getLogger("lilong.centre")

HELD_MAX = 200_000  # rows that wait for a disk that does not take them
RETRY_S = 1.0

T = TypeVar("T")


class Ingest:
    """The centre at work. `run` until cancelled; `decide` lets an operator's wish take the same way as a message."""

    def __init__(
        self, core: Core, store: Store, feed: ObservedFeed, broadcast: Callable[[list[Json]], None],
        receiver: Receiver | None = None,
    ) -> None:  # fmt: skip
        self.core = core
        self.batches = 0
        self._pump: Pump[Batch] = Pump(core)
        self.connected = self._pump.connected
        self._store = store
        self._feed = feed
        self._broadcast = broadcast
        self._courier = None if receiver is None else Courier(receiver, self._received, self._failed)
        self._held: list[Work[Batch]] = []
        self._held_rows = 0
        self._asked: list[asyncio.Future[None]] = []  # `durable`: of what the core has not given yet
        self._due: list[asyncio.Future[None]] = []  # of what is held
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="history") if store.reads_beside else self._writer
        feed.catch_up(self.now(), core.alarms.all(), core.findings.book.all())

    def now(self) -> int:
        """Epoch ms that never goes back."""
        return self._pump.now()

    def decide(self, decision: Callable[[int], T]) -> T:
        """Let the core decide something at the present time; its batch leaves with the next one."""
        result = decision(self.now())
        self._pump.wake()
        return result

    async def durable(self, patience_s: float) -> None:
        """Until all that was decided before is on the disk; TimeoutError when the disk does not take it for so long."""
        stored = asyncio.get_running_loop().create_future()
        self._asked.append(stored)
        self._pump.wake()
        await asyncio.wait_for(stored, patience_s)

    async def query(self, work: Callable[[], T]) -> T:
        """Run a query on the database without stopping the world or a commit."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    async def run(self, broker: Broker, client_id: str) -> None:
        """Connect, and go on until cancelled."""
        tls = None if broker.tls is None else broker.tls.context()
        address = Address(broker.host, broker.port, broker.username, broker.password, tls)
        self._pump.connect(address, client_id, [self.core.estate.id])
        work = [asyncio.create_task(one) for one in (self._ingest(), self._pump.run(), self._tell_open())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)  # each goes on for ever, or fails
        finally:
            await end(work)
        for task in work:
            if not task.cancelled():
                task.result()

    async def close(self) -> None:
        """Store what the core has decided; nothing is lost that had been taken."""
        self._collect(self._pump.decide(take_in=False))
        if self._courier is not None:
            self._courier.close()
            self._courier = None
        try:
            await self._settle()
        except StoreError as error:
            log.error("%s", error)
        self._writer.shutdown()
        self._reader.shutdown()
        self._feed.close()

    async def forget(self) -> None:
        """After `run`: leave no session on the broker; what it would have kept for this centre is lost."""
        await self._pump.forget()

    # ---- inside

    async def _ingest(self) -> None:
        retry_at, complaint = 0.0, ""
        while True:
            await self._work(retry_at)
            self._collect(self._pump.decide(take_in=self._held_rows < HELD_MAX))
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

    async def _tell_open(self) -> None:
        while True:
            await asyncio.sleep(OPEN_EVERY_MS / 1000)
            self.decide(self.core.tell_open)

    async def _work(self, retry_at: float) -> None:
        """Wait until something has arrived or is due."""
        wait_s = max(0.0, retry_at - time.monotonic())
        if self._held_rows >= HELD_MAX:
            await asyncio.sleep(wait_s)
        elif retry_at:
            await self._pump.wait(wait_s)
        else:
            await self._pump.wait()

    def _collect(self, work: Work[Batch] | None) -> None:
        if work is not None:
            self._held.append(work)
            self._held_rows += len(work.batch.rows)
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
        rows = [row for work in held for row in work.batch.rows]
        try:
            if rows:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._store.commit, rows)
        except StoreError:
            for work in held:
                self._broadcast(work.batch.changes)
                work.batch.changes = []  # a fire is shown even while it cannot be stored
                self._forward(work.batch)  # and forwarded: its key is the same if this centre forgets it
            raise
        self._held.clear()
        self._held_rows = 0
        self.batches += 1
        self._durable()
        stored_ms = self.now()
        for work in held:
            self._feed.tell(stored_ms, work.batch)  # before anybody hears of it: nothing acknowledged lacks there
        for work in held:
            self._pump.finish(work.arrivals, work.batch.publishes)
            self._forward(work.batch)
        for work in held:
            self._broadcast(work.batch.changes)

    def _forward(self, batch: Batch) -> None:
        posts, batch.posts = batch.posts, []
        if self._courier is not None:
            for post in posts:
                self._courier.send(post)

    def _received(self, name: str, receipt: str) -> None:
        self.decide(lambda now: self.core.forwarding.received(now, name, receipt))

    def _failed(self, name: str, why: str) -> None:
        self.decide(lambda now: self.core.forwarding.failed(now, name, why))
