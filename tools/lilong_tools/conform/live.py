"""Real time over a broker: what a wire needs of it, whichever side is judged."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ..broker import BrokerError
from .line import Line

Heard = TypeVar("Heard")


class Live(Generic[Heard]):
    """`_tell` what has come; `wait` ends with an error when a connection of `_connected` is lost.

    poll_s: look at the condition so often at least; None: only what comes can make it true.
    """

    poll_s: float | None = None

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._take: Callable[[Heard], None] = lambda _: None

    def now(self) -> int:
        return int(self._loop.time() * 1000)

    def epoch(self) -> int:
        return time.time_ns() // 1_000_000

    def listen(self, take: Callable[[Heard], None]) -> None:
        self._take = take

    async def wait(self, until: Callable[[], bool], at_most_ms: int) -> bool:
        end = self._loop.time() + at_most_ms / 1000
        while not until():
            for name, line in self._connected():
                if line.lost.done():
                    raise BrokerError(f"the connection of {name} to the broker was lost: {line.lost.result()}")
            left = end - self._loop.time()
            if left <= 0:
                return False
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left if self.poll_s is None else min(left, self.poll_s))
            except TimeoutError:
                continue
        return True

    def _tell(self, heard: Heard) -> None:
        self._take(heard)
        self._news.set()

    def _connected(self) -> Iterable[tuple[str, Line]]:
        """(whose, connection)"""
        raise NotImplementedError
