"""Runs what is asynchronous, and ends with its exit code."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from .stopping import SIGNALS, Stopper, stopped_by_signals

INTERRUPTED = 130  # what a shell says of a command that Ctrl-C ended


def run(work: Callable[[Stopper], Coroutine[Any, Any, int]]) -> None:
    """Exit with what a live run gives; a signal that comes after it does not change that."""

    async def inside() -> int:
        try:
            with stopped_by_signals() as stopper:
                return await work(stopper)
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)

    try:
        code = uvloop.run(inside())
    except asyncio.CancelledError:
        code = INTERRUPTED
    sys.exit(code)
