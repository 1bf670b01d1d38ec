"""What a broker takes on this machine: connects and messages a second, by a few seconds of plain clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lilong_simulator.fleet.live import Target
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.plain import Plain, PlainRun, shortcomings, summary
from rich.console import Console

from ..broker import open_broker
from ..inputs import InputError

CLIENTS, BYTES = 400, 100
FIRST, MOST = 1_000.0, 256_000.0  # messages a second
EACH_S = 1.5
SUSTAINED = 0.9  # of what was asked for
LAG_MS = 200.0  # p99: the clients are too slow themselves

Step = Callable[[Plain], Awaitable[dict[str, Any]]]
"""Plays it: what `summary` says, `broke` (a reason or None) and `lag_ms`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A second. `ended`: why no more was tried."""

    messages: float
    connects: float
    ended: str


async def measure(url: str | None, console: Console) -> Found:
    """Of the broker at a URL, or of one of our own; InputError where it takes not even a little."""
    async with open_broker(url) as broker:
        console.print(f"measuring {broker.describe()}: {CLIENTS} clients, {BYTES} bytes, QoS 1, {EACH_S:g} s each step")
        target = Target.all_as(broker.host, broker.port, broker.username, broker.password)
        if broker.tls is not None:
            target = Target(broker.host, broker.port, broker.tls.context(), login=target.login)

        async def step(asked: Plain) -> dict[str, Any]:
            return await play(asked, target)

        found = await climb(step, console.print)
    figures = f"{found.messages:,.0f} messages and {found.connects:,.0f} connects a second"
    console.print(f"measured: {figures}; {found.ended}")
    console.print()
    return found


async def climb(step: Step, say: Callable[[str], object]) -> Found:
    """Twice the rate each time, while the broker acknowledges what it is sent and the clients keep their times."""
    rate, best, connects, ended = FIRST, 0.0, 0.0, "no higher rate was tried"
    while rate <= MOST:
        said = await step(Plain(CLIENTS, rate, BYTES, 1, EACH_S))
        took = said["acknowledged_per_s"] or 0.0
        connects = max(connects, said["connects_per_s"] or 0.0)
        best = max(best, took)
        say(f"  {rate:,.0f} a second: {took:,.0f} acknowledged")
        if said["broke"] is not None or took < SUSTAINED * rate:
            ended = said["broke"] or f"at {rate:,.0f} it did not follow"
            break
        if said["lag_ms"] is not None and said["lag_ms"] > LAG_MS:
            ended = f"at {rate:,.0f} the clients themselves were late: it may take more"
            break
        rate *= 2
    if not best or not connects:
        raise InputError(f"--measure: the broker acknowledged nothing ({ended}); look at its log, or give figures")
    return Found(best, connects, ended)


async def play(asked: Plain, target: Target) -> dict[str, Any]:
    run = PlainRun(asked, target)
    broke: str | None = None
    try:
        await run.bring_up()
        await run.play()
    except NotOnline as error:
        broke = str(error)
    finally:
        await run.close()
    result = run.result()
    lag = run.recorder.measures.lag if run.recorder.measures is not None else None
    return {
        **summary(asked, result), "broke": broke or next(iter(shortcomings(run.recorder)), None),
        "lag_ms": lag.percentile(99) if lag is not None and lag.count else None,
    }  # fmt: skip
