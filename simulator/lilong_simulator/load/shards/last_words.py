"""Why a worker's process ended, asked of whoever started it: before it has come, and after it has gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from .shard import STARTED, PlayedShard, Starter

LAST_WORDS_S = 2.0  # how long one waits to hear why a process ended
LOOK_S = 0.05  # how often it is asked whether a process has ended


async def before_it_came(starter: Starter, shard: PlayedShard, ended: Callable[[PlayedShard, str], None]) -> None:
    """Until the worker has come; `ended` is told when its process ends before."""
    while shard.stage == STARTED:
        words = await starter.words(shard.index)
        if words is not None and shard.stage == STARTED:
            ended(shard, words)
        await asyncio.sleep(LOOK_S)


async def after_it_went(starter: Starter, index: int) -> str:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            while True:
                words = await starter.words(index)
                if words is not None:
                    return words
                await asyncio.sleep(LOOK_S)
    return "its connection ended, and why is not known"
