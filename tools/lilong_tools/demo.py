"""`lilong demo`: broker, centre, console and the estate, set up and taken down together."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from lilong_simulator.feed import FeedReader
from rich.console import Console

from .broker import open_broker
from .centre_process import CentreProcess
from .live import Request, run_live
from .operator import Operator


async def run_demo(
    request: Request, estate: str, broker_url: str | None, http: str, headless: bool, console: Console
) -> int:
    """The exit code of the run; everything that was started is stopped whatever happens."""
    with tempfile.TemporaryDirectory(prefix="lilong-") as name:
        folder = Path(name)
        observed = folder / "observed.jsonl"
        async with open_broker(broker_url) as broker:
            console.print(f"broker: {broker.describe()}", highlight=False)
            if broker.kind == "embedded":
                console.print(
                    "the embedded broker carries the demo, but no latency claim: install mosquitto to measure",
                    style="yellow",
                )
            url = broker_url or f"mqtt://{broker.host}:{broker.port}"
            async with CentreProcess(estate, url, folder, http, observed) as centre:
                console.print(f"console: [bold]{centre.url}[/bold]", highlight=False)
                operator = asyncio.create_task(Operator(centre.url, request.seed).run()) if headless else None
                try:
                    return await run_live(request, broker, FeedReader(observed), console)
                finally:
                    if operator is not None:
                        operator.cancel()
                        with contextlib.suppress(asyncio.CancelledError):
                            await operator
