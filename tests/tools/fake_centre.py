"""A stand-in for the management centre's web API that a test drives by hand, on a port of its own."""

import asyncio
import queue
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import lilong_tools
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

CONSOLE = Path(lilong_tools.__file__).parent / "centre" / "console"
PATIENCE_S = 20

Json = dict[str, Any]


class FakeCentre:
    """Serves `estate`, `registry` and `devices` (id -> answer of /api/device), and what the test pushes.

    `at_connect` is what a new connection is sent; `received` holds what consoles sent, `commands` and `revocations`
    their POSTs.
    """

    def __init__(self, estate: Json, registry: Json) -> None:
        self.estate = estate
        self.registry = registry
        self.devices: dict[str, Json] = {}
        self.at_connect: list[Json] = []
        self.received: queue.Queue[Json] = queue.Queue()
        self.commands: queue.Queue[Json] = queue.Queue()
        self.revocations: queue.Queue[Json] = queue.Queue()
        self.refusal: tuple[int, str] | None = None  # status and error of the next commands
        self.open_for_consoles = True
        self._consoles: set[WebSocket] = set()
        self._ready = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._application(), log_level="critical", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> "FakeCentre":
        self._thread.start()
        if not self._ready.wait(PATIENCE_S):
            raise TimeoutError("the fake centre did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.drop_consoles()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()

    def push(self, *messages: Json) -> None:
        """Sends each message to every console, in order."""
        self._run(self._push(messages))

    def drop_consoles(self, *, refuse_new: bool = False) -> None:
        """Cuts every live connection; with `refuse_new` no new one is let in until `open_for_consoles` is set."""
        self.open_for_consoles = not refuse_new
        self._run(self._drop())

    def next_received(self, kind: str) -> Json:
        """The next message of type `kind` that a console sent; others before it are passed over."""
        while (message := self.received.get(timeout=PATIENCE_S))["type"] != kind:
            pass
        return message

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _push(self, messages: tuple[Json, ...]) -> None:
        for console in set(self._consoles):
            for message in messages:
                await console.send_json(message)

    async def _drop(self) -> None:
        for console in set(self._consoles):
            await console.close(1012)

    def _application(self) -> Starlette:
        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            yield

        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/api/estate", self._estate),
                Route("/api/registry", self._registry),
                Route("/api/device/{device}", self._device),
                Route("/api/device/{device}/command", self._command, methods=["POST"]),
                Route("/api/cards/revoke", self._revoke, methods=["POST"]),
                WebSocketRoute("/api/live", self._live),
                Mount("/static", StaticFiles(directory=CONSOLE)),
            ],
            lifespan=lifespan,
        )

    async def _page(self, _: Request) -> Response:
        return FileResponse(CONSOLE / "index.html")

    async def _estate(self, _: Request) -> Response:
        return JSONResponse(self.estate)

    async def _registry(self, _: Request) -> Response:
        return JSONResponse(self.registry)

    async def _device(self, request: Request) -> Response:
        answer = self.devices.get(request.path_params["device"])
        if answer is None:
            return JSONResponse({"error": "no such device"}, status_code=404)
        return JSONResponse(answer)

    async def _command(self, request: Request) -> Response:
        self.commands.put({"device": request.path_params["device"], **await request.json()})
        if self.refusal is not None:
            status, error = self.refusal
            return JSONResponse({"error": error}, status_code=status)
        return JSONResponse({"counter": 7}, status_code=202)

    async def _revoke(self, request: Request) -> Response:
        self.revocations.put(await request.json())
        if self.refusal is not None:
            status, error = self.refusal
            return JSONResponse({"error": error}, status_code=status)
        return JSONResponse({"stamp": 4}, status_code=202)

    async def _live(self, console: WebSocket) -> None:
        if not self.open_for_consoles:
            await console.close()
            return
        await console.accept()
        for message in self.at_connect:
            await console.send_json(message)
        self._consoles.add(console)
        try:
            while True:
                self.received.put(await console.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            self._consoles.discard(console)
