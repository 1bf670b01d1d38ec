"""A check with plain clients while it goes on: a line at the bottom of the terminal, Prometheus, the first words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from lilong_simulator.fleet.live import PLAIN
from lilong_simulator.latency import percentiles
from lilong_simulator.load.prometheus import Endpoint
from lilong_simulator.load.watched import Measured
from lilong_simulator.plots import span
from rich.console import Console

from ..narrator import Line

REDRAW_S = 0.5


def tell_connected(clients: int, given_up: int, connect_s: float, console: Console) -> None:
    rate = f", {clients / connect_s:,.0f} a second" if connect_s else ""
    many = f"{clients - given_up:,} of {clients:,}" if given_up else f"all {clients:,}"
    console.print(f"{many} clients connected after {connect_s:.2f} s{rate}", style="bold")


@contextlib.asynccontextmanager
async def watched(run: Measured, metrics: str | None, console: Console) -> AsyncIterator[None]:
    """Prometheus where it is asked for, and a line beneath all else where there is a terminal."""
    with contextlib.ExitStack() as beside:
        if metrics is not None:
            console.print(f"metrics: {beside.enter_context(Endpoint(metrics, run)).url}")
        async with _line(run, console):
            yield


@contextlib.asynccontextmanager
async def _line(run: Measured, console: Console) -> AsyncIterator[None]:
    line = Line(console, lambda: progress(run))

    async def draw() -> None:
        while True:
            line.update()
            await asyncio.sleep(REDRAW_S)

    if not console.is_terminal:
        yield
        return
    line.start()
    task = asyncio.create_task(draw())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        line.stop()


def progress(run: Measured) -> str:
    recorder = run.recorder
    measures = recorder.measures
    phase = "connecting" if run.world_zero is None else f"{run.world_now / 1000:.0f} s"
    parts = [phase, f"{len(recorder.online):,} connected", f"{recorder.messages.get(PLAIN, 0):,} messages"]
    p50, p99 = percentiles(list(measures.puback.values()), (50, 99))
    if p50 is not None and p99 is not None:
        parts.append(f"PUBACK p50 {span(p50)}, p99 {span(p99)}")
    (lag,) = percentiles([recorder.lags], (99,))
    if lag is not None:
        parts.append(f"lag p99 {span(lag)}")
    return " · ".join(parts)
