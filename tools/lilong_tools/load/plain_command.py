"""`lilong load --broker URL --clients N`: plain clients for a quick check of a broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

from lilong_simulator import report
from lilong_simulator.fleet.live import PLAIN, Passwords
from lilong_simulator.latency import percentiles
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.plain import LIMIT_MS, Plain, PlainRun
from lilong_simulator.load.result import ShardResult
from lilong_simulator.load.thresholds import FIGURES, Threshold
from lilong_simulator.plots import span
from lilong_simulator.score import score
from rich.console import Console

from ..inputs import InputError
from ..narrator import Line
from ..stopping import Stopper
from ..summary import summarise_plain
from .saving import save
from .target import Access, Reached, reach

FITS = frozenset((
    "broker", "clients", "rate", "size", "qos", "duration", "ramp", "yes", "ca", "cert", "key", "certificates",
    "credentials", "source", "require", "report", "junit",
))  # fmt: skip
"""Parameters of `lilong load` that go with --clients."""
ONLY = ("size", "qos")
"""Those that go with nothing else."""
MOST_CLIENTS, MOST_RATE, MOST_BYTES = 1_000_000, 1_000_000, 16_000
REDRAW_S = 0.5


@dataclass(frozen=True)
class PlainRequest:
    asked: Plain
    folder: Path | None
    junit: Path | None
    thresholds: tuple[Threshold, ...]


def asked_for(
    clients: int, rate: float | None, size: int | None, qos: int | None, duration: float | None, ramp: float | None
) -> Plain:
    """InputError for what is out of bounds; by default a message a second of each client."""
    rate = float(clients) if rate is None else rate
    size = 64 if size is None else size
    for name, value, low, high in (
        ("--clients", clients, 1, MOST_CLIENTS), ("--rate", rate, 0.01, MOST_RATE), ("--size", size, 1, MOST_BYTES),
    ):  # fmt: skip
        if not low <= value <= high:
            raise InputError(f"{name} {value:g}: out of bounds; give {low:g} to {high:,}")
    return Plain(clients, rate, size, 1 if qos is None else qos, 10.0 if duration is None else duration, ramp)


def check_together(given: Sequence[tuple[str, str]], clients: bool, estate: bool) -> None:
    """InputError for options that do not go together. given: (parameter, option as it is written) of each."""
    if clients and estate:
        raise InputError("--clients: plain clients play no estate; leave the estate or --clients out")
    if not clients and not estate:
        raise InputError("lilong load: nothing to play; name an estate or a street, or give --clients N")
    for name, option in given:
        if clients and name not in FITS:
            raise InputError(f"{option} and --clients: plain clients have nothing of the kind; leave one of them out")
        if not clients and name in ONLY:
            raise InputError(f"{option}: goes with --clients alone; leave it out, or give --clients N")


def describe(asked: Plain, broker: str) -> str:
    """What is about to be done, in a line."""
    lasts = "until it is stopped" if asked.duration_s is None else f"for {asked.duration_s:g} s"
    return (
        f"{asked.clients:,} clients at {broker}: {asked.rate:,g} messages a second of {asked.size:,} bytes, "
        f"QoS {asked.qos}, {lasts}"
    )


def plain_access(
    asked: Plain, ca: Path | None, cert: Path | None, key: Path | None, certificates: Path | None,
    credentials: Path | None, sources: Sequence[str],
) -> Access:  # fmt: skip
    """How the clients reach the broker; each has its own name in a CSV of passwords or a folder of certificates."""
    passwords = None
    if credentials is not None:
        passwords = Passwords(credentials)
        passwords.check(asked.names)
    return Access(ca, cert, key, passwords, certificates, sources, asked.names[0])


async def check(request: PlainRequest, url: str, access: Access, console: Console, stopper: Stopper) -> int:
    """Reach the broker, run, judge, tell; the exit code."""
    reached = await reach(url, access)
    console.print(f"broker: {reached.broker.describe()}", markup=False)
    run = PlainRun(request.asked, reached.target)
    reasons: list[str] = []
    with stopper.ends(run.stop):
        async with _shown(run, console):
            try:
                await run.connect()
                if run.connect_s is None:
                    reasons.append("stopped before all clients were connected: nothing is judged")
                else:
                    per_s = run.summary()["connects_per_s"]
                    rate = "" if per_s is None else f", {per_s:,.0f} a second"
                    console.print(
                        f"all {request.asked.clients:,} clients connected after {run.connect_s:.2f} s{rate}",
                        style="bold",
                    )
                    await run.publish()
            except NotOnline as error:
                reasons.append(str(error))
            finally:
                await run.close()
    content = judged(request, run, reached, reasons)
    summarise_plain(content, console)
    code = report.EXIT_CODES[content["verdict"]]
    return code if save(request.folder, request.junit, content, result_of(run), console) else code or 1


def result_of(run: PlainRun) -> ShardResult:
    """As a run without a world."""
    return ShardResult(
        shards=(0,), count=1, recorder=run.recorder, truth=[], expectations=[], world_zero=run.began,
        epoch_zero=run.epoch_zero, horizon=inf, played_s=run.played_s, devices=run.asked.clients, lost=run.lost,
        connect_s=run.connect_s, troubles=run.clients.troubles,
    )  # fmt: skip


def judged(request: PlainRequest, run: PlainRun, reached: Reached, reasons: Sequence[str]) -> dict[str, Any]:
    """The content of report.json."""
    latencies = [
        one.limit for one in request.thresholds
        if one.figure in FIGURES and one.figure != "count" and one.name != "lag" and one.compare in ("<", "<=")
    ]  # fmt: skip
    asked = request.asked
    conditions = report.Conditions(
        estate="none",
        mode="plain",
        seed=0,
        started=datetime.now().isoformat(" ", "seconds"),
        duration_s=run.played_s,
        broker=reached.broker.describe(),
        measures_latency=reached.broker.kind != "embedded",
        incidents=(),
        devices=asked.clients,
        real_micropython={},
        lost=run.lost,
        connect_s=run.connect_s,
        troubles=run.clients.troubles,
        machine=report.this_machine(),
        estates=0,
        accept="puback",
        ingest_by=report.BY_PUBACK,
        thresholds=request.thresholds,
        reasons=tuple(reasons) or tuple(run.shortcomings()),
        payload=f"{asked.size} bytes of no meaning",
        plain=run.summary(),
        tightest_ms=min([LIMIT_MS, *(limit for limit in latencies if limit)]),
    )
    return report.build(conditions, run.recorder, score([], [], None, by_puback=True, acknowledgement_expected=False))


@contextlib.asynccontextmanager
async def _shown(run: PlainRun, console: Console) -> AsyncIterator[None]:
    """A line beneath all else, where there is a terminal."""
    line = Line(console, lambda: _progress(run))

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


def _progress(run: PlainRun) -> str:
    recorder = run.recorder
    measures = recorder.measures
    phase = "connecting" if run.began is None else f"{(run.clock() - run.began) / 1000:.0f} s"
    parts = [phase, f"{len(recorder.online):,} connected", f"{recorder.messages.get(PLAIN, 0):,} messages"]
    p50, p99 = percentiles(list(measures.puback.values()), (50, 99))
    if p50 is not None and p99 is not None:
        parts.append(f"PUBACK p50 {span(p50)}, p99 {span(p99)}")
    (lag,) = percentiles([recorder.lags], (99,))
    if lag is not None:
        parts.append(f"lag p99 {span(lag)}")
    return " · ".join(parts)
