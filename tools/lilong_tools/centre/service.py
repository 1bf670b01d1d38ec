"""A running centre: ingest, console and their ends, in one event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from types import TracebackType

import uvicorn

from lilong_tools.broker import Broker

from .clips import ON_THE_CAMERA
from .core import Core
from .forwarding.courier import Receiver
from .hub import Hub
from .ingest import Ingest
from .observed import ObservedFeed
from .store import Store
from .web import Web

CLOSE_S = 2  # how long consoles may take to go


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the centre has to store what it holds first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Centre:
    """`async with Centre(...) as centre`: at work on `centre.url` until the block ends. The store stays open."""

    def __init__(
        self, core: Core, store: Store, feed: ObservedFeed, listener: socket.socket, broker: Broker, client_id: str,
        receiver: Receiver | None = None, clips: str = ON_THE_CAMERA,
    ) -> None:  # fmt: skip
        self.core = core
        self.hub = Hub(core.counts)
        self.ingest = Ingest(core, store, feed, self.hub.broadcast, receiver)
        host, port = listener.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        run = {"broker": f"{broker.host}:{broker.port}", "estate": core.estate.id}
        web = Web(core, self.ingest, store, self.hub, run, host, clips)
        config = uvicorn.Config(
            web.app, log_level="warning", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=CLOSE_S,
            ws_per_message_deflate=False,
        )  # fmt: skip
        self._server = _Server(config)
        self._listener = listener
        self._broker = broker
        self._client_id = client_id
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Centre":
        self._tasks = [
            asyncio.create_task(self.ingest.run(self._broker, self._client_id)),
            asyncio.create_task(self.hub.run()),
            asyncio.create_task(self._server.serve([self._listener])),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ingest, hub, server = self._tasks
        self._server.should_exit = True
        ingest.cancel()
        hub.cancel()
        done = await asyncio.gather(ingest, hub, server, return_exceptions=True)
        await self.ingest.close()
        for result in done:
            if isinstance(result, Exception):
                raise result  # a failure is told, never swallowed

    async def until(self, stop: asyncio.Event) -> None:
        """Until told to stop, or something of the centre has failed."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([*self._tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
