"""Waiting on a board: for a bell that may ring, or for bytes. asyncio's Event, Stream and wait_for would take 5 KB.

Both rest on asyncio's own queues of tasks, as those do.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Bell:
    """One task at a time waits for it; it rings on until it is cleared."""

    __slots__ = ("_sleeper", "rings")

    def __init__(self) -> None:
        self.rings = False
        self._sleeper: Any = None

    def ring(self) -> None:
        self.rings = True
        sleeper = self._sleeper
        if sleeper is not None:  # as Task.cancel wakes one
            self._sleeper = None
            queue = asyncio.core._task_queue  # type: ignore[attr-defined]  # MicroPython's
            queue.remove(sleeper)
            queue.push(sleeper)

    async def wait(self, ms: int) -> None:
        """Until it rings, at most `ms`; at once when it does."""
        if not self.rings:
            self._sleeper = asyncio.core.cur_task  # type: ignore[attr-defined]
            try:
                await asyncio.core.sleep_ms(ms)  # type: ignore[attr-defined]
            finally:
                self._sleeper = None


def readable(stream: "Any") -> "Any":
    """To be awaited: until there is something to read, or an end or a fault that reading will tell."""
    yield asyncio.core._io_queue.queue_read(stream)  # type: ignore[attr-defined]
