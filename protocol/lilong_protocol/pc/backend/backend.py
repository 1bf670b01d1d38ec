"""A backend in ten lines: messages verified, each once, in order, and acknowledged after the caller's commit."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ... import topics
from ...keys import device_root
from ..decided import Decided, StateRow
from ..engine import Engine
from ..errors import BackendError
from ..roots import KeySource, keys_of
from ..simulation import is_loopback, simulation_key
from .address import address_of
from .asking import Asking
from .statefile import StateFile
from .tenants import Known, Tenants, add
from .workers import own_tenants, refuse_in_turn, shared_prefix

if TYPE_CHECKING:
    from .batch import Batch
    from .pump import Pump

log = logging.getLogger("lilong.backend")

OUTSIDE = "the backend is not running; use it inside `async with Backend(...)`"
OUTSTANDING_MAX = 10_000  # messages in batches that were not stored: no more are taken from the broker
_ANY_DEVICE = "0" * 16


class Backend(Asking):
    """`async with Backend(...) as backend: async for batch in backend: ...; await batch.stored()`.

    url: mqtts://[user:password@]host[:port], with PEM files `ca`, `cert`, `key` where needed; mqtt:// on this machine.
    keys: an estate key, {tenant: estate key}, {(tenant, device): root}, or an object with `root(tenant, device)`.
    tenants: the estates whose devices are listened to; of several workers each takes its own by `worker=(i, n)`.
    state: a file of the backend's own, or the rows that the caller has stored from `batch.state`.
    client_id: under this name the broker keeps what comes while the backend is away: give each deployment its own.
    known: the devices of a tenant that may speak; by default all that have a key.
    shared: the name of a group of workers that share all tenants, at a broker that gives all messages of one publisher
    to one subscriber (EMQX: shared_subscription_strategy = hash_clientid); refused at mosquitto. See README.
    classes: of topics that are listened to. Without alarms and events they wait in their devices for another backend.

    One task iterates; `command` and its like may be called at any time between two batches, from the same event loop.
    """

    def __init__(
        self,
        url: str,
        keys: KeySource,
        *,
        tenants: Iterable[str],
        state: str | Path | Iterable[StateRow],
        worker: tuple[int, int] = (0, 1),
        client_id: str = "lilong-backend",
        known: Known = lambda tenant: None,
        shared: str | None = None,
        classes: Iterable[str] = topics.UP_CLASSES,
        ca: str | None = None,
        cert: str | None = None,
        key: str | None = None,
        insecure: bool = False,
        simulation: bool = False,
        clock: Callable[[], int] | None = None,
    ) -> None:
        if isinstance(tenants, str):
            raise BackendError(f"tenants={tenants!r}: give a list of names, [{tenants!r}]")
        self.tenants = own_tenants(list(tenants), worker)
        self._address = address_of(url, ca, cert, key, insecure)
        self._keys = keys_of(keys)
        self._state = state
        self._known = known
        self._classes = tuple(classes)
        self._prefix = "" if shared is None else shared_prefix(shared)
        if shared is not None and worker != (0, 1):
            raise BackendError("shared and worker: workers share either by tenant or by the broker; give one of them")
        self._client_id = client_id if worker[1] == 1 else f"{client_id}-{worker[0]}-of-{worker[1]}"
        self._clock = clock
        self._file: StateFile | None = None
        self._engines: Tenants | None = None
        self._pump: Pump[Decided] | None = None
        self._outstanding: deque[Batch] = deque()
        self._untold = Decided()
        self._storing = False
        self._finished = asyncio.Event()
        self._links: asyncio.Task[None] | None = None
        self._stopped = False
        if not simulation and not is_loopback(self._address.host):
            self._refuse_public_keys()

    # ---- batches

    async def __aenter__(self) -> Backend:
        from .pump import Pump, now_ms  # noqa: PLC0415  aiomqtt is an extra

        if self._prefix:
            await refuse_in_turn(self._address)
        clock = self._clock or now_ms
        try:
            self._engines = Tenants(self.tenants, self._keys, clock(), self._rows(), self._known)
        except BaseException:
            self._close()
            raise
        self._pump = Pump(self._engines, clock)
        self._pump.connect(self._address, self._client_id, self.tenants, self._prefix, self._classes)
        self._links = asyncio.create_task(self._pump.run())
        self._links.add_done_callback(lambda _: self.wake())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from .pump import end  # noqa: PLC0415

        if self._links is not None:
            await end([self._links])
        self._close()
        if self._links is not None and not self._links.cancelled():
            self._links.result()

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self._batches()

    def stop(self) -> None:
        """The iteration ends after the present batch, and one more if something was asked for since."""
        self._stopped = True
        self._running().wake()

    async def connected(self) -> None:
        """Until the broker has taken all subscriptions."""
        await self._running().connected.wait()

    async def forget(self) -> None:
        """After the end: leave no session on the broker; what it would have kept is lost."""
        await self._running().forget()

    def engine(self, tenant: str) -> Engine:
        """The engine of a tenant: sessions, orders, configurations ... After a wish of it call `wake`."""
        return self._decider().engine(tenant)

    def wake(self) -> None:
        """Something was decided: the next batch comes at once."""
        self._running().wake()

    def now(self) -> int:
        """Epoch ms by the clock of the backend; it never goes back."""
        return self._running().now()

    # ---- for a batch

    def is_last(self, batch: Batch) -> bool:
        return not self._storing and bool(self._outstanding) and self._outstanding[-1] is batch

    def decided_since(self) -> Decided:
        return self._decider().take()

    async def finish(self, batch: Batch) -> None:
        """`Batch.stored`."""
        if self._storing or not self._outstanding or self._outstanding[0] is not batch:
            why = "an earlier one was not" if batch in self._outstanding else "it was already"
            why = "it is being stored" if self._storing and self._outstanding[0] is batch else why
            raise BackendError(f"a batch cannot be stored: {why}; call stored() on each batch once, in their order")
        if self._file is not None:
            batch.fold()
            if batch.decided.state:
                self._storing = True
                try:
                    loop = asyncio.get_running_loop()
                    await loop.run_in_executor(self._writer, self._file.commit, list(batch.decided.state))
                finally:
                    self._storing = False
        self._outstanding.popleft()
        self._finished.set()
        if batch.untold():
            add(self._untold, batch.untold())
            self.wake()
        self._running().finish(batch.arrivals, batch.decided.publishes)

    # ---- inside

    async def _batches(self) -> AsyncIterator[Batch]:
        from .batch import Batch  # noqa: PLC0415

        pump = self._running()
        assert self._links is not None
        stopped = False
        while not stopped:
            stopped = self._stopped
            if not stopped:
                await self._room()
                await pump.wait()
            if self._links.done():
                self._links.result()
                return
            work = pump.decide(take_in=not self._stopped)
            if work is None and not self._untold:
                continue
            decided, self._untold = self._untold, Decided()
            if work is not None:
                add(decided, work.batch)
            batch = Batch(self, decided, work.arrivals if work is not None else [])
            self._outstanding.append(batch)
            if len(self._outstanding) == 1 and self._concerns_nobody(decided):
                await batch.stored()
            else:
                yield batch

    def _concerns_nobody(self, decided: Decided) -> bool:
        """Repeats, refusals, answers: nothing of it is the application's to store."""
        told = decided.messages or decided.kept or decided.gaps or decided.incidents or decided.sessions
        return (
            not told and not decided.orders and not decided.given_up and (self._file is not None or not decided.state)
        )

    async def _room(self) -> None:
        """Wait while too much was given to the application that it has not stored."""
        while sum(len(batch.arrivals) for batch in self._outstanding) > OUTSTANDING_MAX:
            log.warning("%d batches wait for their stored(); nothing more is taken", len(self._outstanding))
            self._finished.clear()
            await self._finished.wait()

    def _running(self) -> Pump[Decided]:
        if self._pump is None:
            raise BackendError(OUTSIDE)
        return self._pump

    def _decider(self) -> Tenants:
        if self._engines is None:
            raise BackendError(OUTSIDE)
        return self._engines

    def _rows(self) -> Iterable[StateRow]:
        if not isinstance(self._state, str | Path):
            return self._state
        self._file = StateFile(self._state)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="state")
        return self._file.load()

    def _close(self) -> None:
        if self._file is not None:
            self._writer.shutdown()
            self._file.close()

    def _refuse_public_keys(self) -> None:
        for tenant in self.tenants:
            if self._keys.root(tenant, _ANY_DEVICE) == device_root(simulation_key(tenant), tenant, _ANY_DEVICE):
                raise BackendError(
                    f"broker {self._address}: another machine, and the key of {tenant} is the public one of "
                    "simulations: whoever reaches it could forge alarms; give the estate's own, or simulation=True"
                )
