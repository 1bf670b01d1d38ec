"""The consoles that are watching: each has a bounded queue, and one that cannot keep up is let go."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from .model import Json

QUEUE_MAX = 2_000  # messages that one console may be behind
STATES_EVERY_S = 0.2
COUNTS_EVERY_S = 1.0
TRY_AGAIN_LATER = 1013


def _text(message: Json) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


class Client:
    """One console."""

    def __init__(self, socket: WebSocket, first: list[Json]) -> None:
        self.socket = socket
        self._first = first
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self.slow = False

    def send(self, text: str) -> None:
        if self.slow:
            return
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.slow = True

    async def pump(self) -> None:
        """Write what is queued until the console is gone or too slow."""
        for message in self._first:
            await self.socket.send_text(_text(message))
        self._first = []
        while not self.slow:
            await self.socket.send_text(await self.queue.get())


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
        pump = asyncio.create_task(client.pump())
        try:
            await self._listen(client, pump, heard)
        finally:
            self.clients.discard(client)
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            if client.slow:
                self.let_go += 1

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

    async def _listen(self, client: Client, pump: "asyncio.Task[None]", heard: Callable[[Client, Any], None]) -> None:
        while True:
            receive = asyncio.ensure_future(client.socket.receive_text())
            await asyncio.wait((receive, pump), return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                receive.cancel()
                await asyncio.gather(receive, return_exceptions=True)
                if client.slow and pump.exception() is None:
                    await client.socket.close(TRY_AGAIN_LATER, "too slow")
                return
            try:
                text = receive.result()
            except (WebSocketDisconnect, KeyError):
                return
            try:
                message = json.loads(text)
            except ValueError:
                message = None
            heard(client, message)
