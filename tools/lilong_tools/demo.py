"""`lilong demo`: broker, centre, console and the estate, set up and taken down together."""

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator.feed import FeedReader
from rich.console import Console
from rich.text import Text

from .brigade import BrigadeServer
from .broker import open_broker
from .centre_process import CentreProcess
from .live import Request, run_live
from .load.target import reached
from .operator import Operator
from .stopping import Stopper


async def run_demo(
    request: Request, estate: str, broker_url: str | None, own_broker: bool, http: str, headless: bool,
    console: Console, stopper: Stopper, forward_to: str | None = None,
) -> int:  # fmt: skip
    """The exit code of the run; everything that was started is stopped whatever happens. forward_to: who gets confirmed
    alarms; None: a stub of our own."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lilong-")))
        receiver = forward_to or stack.enter_context(BrigadeServer()).url
        observed = folder / "observed.jsonl"
        async with open_broker(broker_url, kind="embedded" if own_broker else None) as broker:
            console.print(f"broker: {broker.describe()}", markup=False)
            if broker.kind == "embedded":
                console.print(
                    "the embedded broker carries the demo, but no latency claim: install mosquitto to measure",
                    style="yellow",
                )
            if not is_loopback(broker.host):
                console.print(
                    f"the broker is on another machine, and the key of this estate is public: whoever reaches "
                    f"{broker.host} can forge its alarms and commands",
                    style="yellow",
                )
            async with CentreProcess(estate, broker.url, folder, http, observed, receiver) as centre:
                console.print(Text.assemble("console: ", (centre.url, "bold")))
                asked = replace(request, app=centre.url)
                run = run_live(asked, reached(broker), FeedReader(observed), console, stopper)
                beside = [centre.watch(), *([Operator(centre.url, request.scenario.seed).run()] if headless else [])]
                return await _with(beside, run)


async def _with(beside: list[Coroutine[Any, Any, None]], run: Coroutine[Any, Any, int]) -> int:
    """The result of `run`. What goes on beside it ends with it, and when it fails, ends it with its own error."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in beside]
            code = await run
            for task in tasks:
                task.cancel()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return code
