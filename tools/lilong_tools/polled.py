"""Lets the narrator look at a run again and again while it goes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from lilong_simulator.feed import FeedError

from .narrator import Narrator

POLL_S = 0.05


@contextlib.asynccontextmanager
async def polled(narrator: Narrator, stop: Callable[[], None]) -> AsyncIterator[None]:
    """A feed that cannot be read stops the run, and is told when that has ended."""

    async def tell() -> None:
        try:
            while True:
                narrator.poll()
                await asyncio.sleep(POLL_S)
        except FeedError:
            stop()
            raise

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
