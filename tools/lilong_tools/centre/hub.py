"""The consoles that are watching: each has a bounded queue, and one that cannot keep up is let go."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from .model import Json

QUEUE_MAX = 2_000  # messages that one console may be behind
STATES_EVERY_S = 0.2
COUNTS_EVERY_S = 1.0
TRY_AGAIN_LATER = 1013
CLOSE_S = 1.0


def _text(message: Json) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


class Client:
    """One console. `first` is what it gets before all else."""

    def __init__(self, socket: WebSocket, first: list[Json]) -> None:
        self.socket = socket
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self.too_slow = asyncio.Event()
        self._first = first

    def send(self, text: str) -> None:
        """Queue a message; one that does not fit any more ends the console."""
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.too_slow.set()

    async def write(self) -> None:
        """Write what is queued until the console is gone."""
        for message in self._first:
            await self.socket.send_text(_text(message))
        self._first = []
        while True:
            await self.socket.send_text(await self.queue.get())

    async def read(self, heard: Callable[["Client", Any], None]) -> None:
        """Hand on what the console says, None for what is not JSON, until it is gone."""
        while True:
            text = await self.socket.receive_text()
            try:
                message = json.loads(text)
            except ValueError:
                message = None
            heard(self, message)


class Hub:
    """`broadcast` is called with every change; `counts` is asked once a second."""

    def __init__(self, counts: Callable[[], Json]) -> None:
        self.clients: set[Client] = set()
        self.let_go = 0
        self._counts = counts
        self._states: dict[str, str] = {}

    def broadcast(self, changes: list[Json]) -> None:
        """Changes for every console: states are gathered, all else leaves at once and is encoded once."""
        for change in changes:
            if change["type"] == "states":
                self._states.update(change["states"])
            elif self.clients:
                text = _text(change)
                for client in self.clients:
                    client.send(text)

    async def serve(
        self, socket: WebSocket, first: Callable[[], list[Json]], heard: Callable[[Client, Any], None]
    ) -> None:
        """One console from its connection to its end: `first` is what it gets at once."""
        await socket.accept()
        client = Client(socket, first())
        self.clients.add(client)  # at one moment with the snapshot: no change is missed between them
        work = [asyncio.ensure_future(one) for one in (client.write(), client.read(heard), client.too_slow.wait())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.clients.discard(client)
            for task in work:
                task.cancel()
            ends = await asyncio.gather(*work, return_exceptions=True)
        if client.too_slow.is_set():
            self.let_go += 1
            with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                await asyncio.wait_for(socket.close(TRY_AGAIN_LATER, "too slow"), CLOSE_S)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, (WebSocketDisconnect, KeyError, RuntimeError)):
                raise end

    async def run(self) -> None:
        """Send the gathered states five times a second and the counts once, until cancelled."""
        messages = -1
        ticks = 0
        while True:
            await asyncio.sleep(STATES_EVERY_S)
            ticks += 1
            self.flush()
            if ticks % round(COUNTS_EVERY_S / STATES_EVERY_S) == 0:
                counts = self._counts()
                rate = counts["messages"] - messages if messages >= 0 else 0
                messages = counts["messages"]
                self.broadcast([{"type": "counts", **counts, "rate": rate}])

    def flush(self) -> None:
        """Send the states gathered so far."""
        if not self._states:
            return
        text = _text({"type": "states", "states": self._states})
        self._states = {}
        for client in self.clients:
            client.send(text)
