"""A simulated operator: a console client that sees every alarm and acknowledges it after a human's while."""

import asyncio
import contextlib
import json
from typing import Any

from lilong_simulator.random_streams import draw_below
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

# How long a person takes to read an alarm and press the button; the limit for a human answer is 60 s.
QUICKEST_MS, SLOWEST_MS = 2_000, 9_000
CLOSE_S = 1.0  # how long the centre may take to say goodbye


def reaction_ms(seed: int, alarm: str) -> int:
    """The operator's time for one alarm: the mean of two even draws, the same for the same seed and alarm."""
    device = alarm.split("-", 1)[0]  # boot numbers differ from run to run
    spread = SLOWEST_MS - QUICKEST_MS
    return QUICKEST_MS + (draw_below(spread, seed, device, "read") + draw_below(spread, seed, device, "act")) // 2


class Operator:
    """Answers the alarms of one centre over its WebSocket. `name` stands in the centre's records."""

    def __init__(self, url: str, seed: int, name: str = "simulated operator") -> None:
        self._url = url.replace("http://", "ws://", 1).rstrip("/") + "/api/live"
        self._seed = seed
        self._name = name

    async def run(self) -> None:
        """Until cancelled; a console that the centre dropped comes back, and answers what is still open then."""
        # A proxy of the environment is not for the centre, which is on this machine.
        async for socket in connect(self._url, max_queue=None, max_size=None, close_timeout=CLOSE_S, proxy=None):
            answers: dict[str, asyncio.Task[None]] = {}
            try:
                async for message in socket:
                    await self._message(socket, answers, json.loads(message))
            except ConnectionClosed:
                pass
            finally:
                for answer in answers.values():
                    answer.cancel()
                await socket.close()

    async def _message(
        self, socket: ClientConnection, answers: dict[str, asyncio.Task[None]], message: dict[str, Any]
    ) -> None:
        if message["type"] != "alarm":
            return
        alarm = message["alarm"]
        if alarm["shown_at"] is None:
            await socket.send(json.dumps({"type": "shown", "alarm": alarm["id"]}))
        if not alarm["acknowledged"] and not alarm["cleared"] and alarm["id"] not in answers:
            answers[alarm["id"]] = asyncio.create_task(self._answer(socket, alarm["id"]))

    async def _answer(self, socket: ClientConnection, alarm: str) -> None:
        await asyncio.sleep(reaction_ms(self._seed, alarm) / 1000)
        with contextlib.suppress(ConnectionClosed):  # the next connection is told of it again
            await socket.send(json.dumps({"type": "acknowledge", "alarm": alarm, "operator": self._name}))
