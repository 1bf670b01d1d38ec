"""A live run by several processes, here or on a cluster, with all that stands around it: told, watched, cleaned up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf

from lilong_simulator.estate import Device
from lilong_simulator.feed import Feed
from lilong_simulator.load.faults.at_broker import AtBroker
from lilong_simulator.load.parts import Parts
from lilong_simulator.load.payload import Payload, Template
from lilong_simulator.load.places import Shard
from lilong_simulator.load.prometheus import Endpoint
from lilong_simulator.load.refusals import let_in
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.settings import SETTLE_S
from lilong_simulator.load.shards.cluster import Cluster
from lilong_simulator.load.shards.cluster_tls import ClusterTls
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_simulator.load.shards.recorded_part import nowhere
from lilong_simulator.load.shards.shard import Conducted, Starter, unsure_ms
from lilong_simulator.load.shards.unseen import unseen
from lilong_simulator.recorder import Recorder
from lilong_simulator.retained import Topics, of_frames, remove_own_retained, remove_retained
from rich.console import Console

from ..live import STOPPED_EARLY, Played, Request
from ..narrator import Narrator
from ..polled import polled
from ..stopping import Stopper
from .hands import hands_for
from .shard import COMMAND, packed
from .target import Access, Reached
from .view import LoadView

MOVED_MS = 0.1  # (ours) a clock that moves further during a run is told
LEAST_OPENING = 8


@dataclass(frozen=True)
class Shards:
    """By how many processes, on which cluster if on one (see `Cluster`), and how broker and cluster are reached."""

    count: int | None
    cluster: str | None
    url: str
    access: Access
    tls: ClusterTls | None = None


async def play_shards(
    request: Request, asked: Shards, boards: Sequence[Device], reached: Reached, feed: Feed | None, console: Console,
    stopper: Stopper, online_timeout_s: float,
) -> Played:  # fmt: skip
    """As `live.play`."""
    devices = sum(len(place.devices) for place in request.places)
    async with _starter(asked, devices, console) as (starter, count, host), contextlib.AsyncExitStack() as after:
        job = Job(
            request.scenario, request.keys, packed(asked.url, asked.access), int(time.time()),
            tuple(device.id for device in boards), request.acknowledgement_expected, online_timeout_s,
            SETTLE_S if request.scenario.accept == "stored" else 0.5, max(LEAST_OPENING, 100 // count),
            request.record is not None, app=request.app,
        )  # fmt: skip
        hands = hands_for(request.scenario, reached.broker, request.commands)
        parts = None if request.record is None else Parts(request.record, count, _word(console))
        conductor = Conductor(
            job, request.places, count, starter, lambda text: console.print(text, style="bold"), host,
            recorded=nowhere if parts is None else parts.take, tls=asked.tls,
        )  # fmt: skip
        run = conductor.together
        at_broker = AtBroker(conductor.scenario, hands, run.clock)
        after.push_async_callback(_whole, parts, run.epoch_zero, console)

        def stop() -> None:
            conductor.stop()
            at_broker.stop()

        view = LoadView(console, run) if request.view else None
        with (
            contextlib.ExitStack() as beside,
            Narrator(console, run, feed, view) as narrator,
            stopper.ends(stop),
        ):
            if request.metrics is not None:
                console.print(f"metrics: {beside.enter_context(Endpoint(request.metrics, run)).url}")
            narrator.poll()  # a feed that is none is told before anything is powered on
            try:
                async with polled(narrator, conductor.stop), _faults(at_broker, conductor):
                    conducted = await conductor.conduct()
            finally:
                if any(one.result is None or let_in(one.result.recorder) for one in conductor.shards):
                    await _clear(request, run.epoch_zero, reached, console)
            narrator.poll()
    played = _played(request, conductor, conducted, narrator if feed is not None else None)
    played.reasons += [f"a fault could not be played: {why}" for why in at_broker.failures]
    return played


@contextlib.asynccontextmanager
async def _starter(asked: Shards, devices: int, console: Console) -> AsyncIterator[tuple[Starter, int, str]]:
    """Who starts the workers, how many, and where this machine is reached."""
    if asked.cluster is None:
        count = asked.count or 1
        console.print(f"{count} workers on this machine")
        yield Processes(COMMAND), count, "127.0.0.1"
        return
    async with Cluster(asked.cluster, COMMAND, asked.tls) as cluster:
        count = asked.count or min(len(cluster.nodes), devices)  # a shard has one device at least
        console.print(f"{count} workers on {len(cluster.nodes)} nodes: {', '.join(cluster.nodes)}")
        yield cluster, count, cluster.host


def _played(request: Request, conductor: Conductor, conducted: Conducted, narrator: Narrator | None) -> Played:
    """What came of it, without what nobody can know: the part of the lost shards."""
    run = conductor.together
    world_zero = run.world_zero
    reasons = conducted.failures
    if world_zero is None and not reasons:
        reasons = [STOPPED_EARLY]
    horizon = conducted.horizon
    if horizon is None:  # all are lost
        duration_s = request.scenario.duration_s
        now = run.clock() - (world_zero or 0.0)
        horizon = (world_zero or 0.0) + (now if duration_s is None else min(now, duration_s * 1000))
    until_ms = -1.0 if world_zero is None else horizon - world_zero
    missing = unseen(
        conductor.scenario, request.places, [Shard(one.index, conductor.count) for one in conducted.lost],
        run.world_now if until_ms == inf else until_ms,
    )  # fmt: skip
    result = merge(conducted.results) if conducted.results else _nothing(conductor, horizon)
    known = {row.id for row in result.truth}
    result.expectations = [one for one in result.expectations if known.issuperset(one.after)]
    unknown = set(missing.devices)
    events = None if narrator is None else [event for event in narrator.events if event.device not in unknown]
    return Played(
        result, events, reasons, conducted.stopped,
        workers=[one.told() for one in conducted.shards], unseen=missing, warnings=tuple(_warnings(conducted)),
    )  # fmt: skip


def _nothing(conductor: Conductor, horizon: float) -> ShardResult:
    """No shard has given a result."""
    run = conductor.together
    recorder = Recorder()
    return ShardResult(
        (), conductor.count, recorder, [], [], run.world_zero, run.epoch_zero, horizon,
        round(run.world_now / 1000, 1), 0, 0, None,
    )  # fmt: skip


def _warnings(conducted: Conducted) -> Iterable[str]:
    for one in conducted.shards:
        clock = one.clock.told()
        if clock is not None and clock["moved_ms"] > MOVED_MS:
            yield (
                f"the clock of shard {one.index} on {one.host} moved by {clock['moved_ms']:g} ms during the run, "
                f"beyond the {clock['error_ms']:g} ms to which it was known: synchronise the machines' clocks"
            )


async def _clear(request: Request, epoch_zero: float, reached: Reached, console: Console) -> None:
    """Take away what is retained of all devices, those of lost shards too, whose wills the broker has published."""
    of: Topics = of_frames
    if request.scenario.template is not None:
        template = Template.parse(*request.scenario.template)
        if not template.retains:
            return
        said = {
            place.tenant: Payload(template, place.tenant, place.devices, epoch_zero) for place in request.places
        }  # fmt: skip

        def of(tenant: str, device: str) -> Iterable[str]:
            return said[tenant].retained(device)

    known = [(place.tenant, device.id) for place in request.places for device in place.devices]
    if not reached.apart:
        await remove_retained(reached.account, known, of)
        return
    left = await remove_own_retained(reached.account, reached.target, known, of)
    if left:
        console.print(f"the retained births of {left:,} devices could not be removed from the broker", style="yellow")


@contextlib.asynccontextmanager
async def _faults(at_broker: AtBroker, conductor: Conductor) -> AsyncIterator[None]:
    """What is to be done to the broker is done meanwhile; in the end it is there again, whatever has happened."""

    async def play() -> None:
        await at_broker.play(await conductor.begun(), unsure_ms(conductor.shards))

    task = asyncio.create_task(play())
    try:
        yield
    finally:
        at_broker.stop()
        if conductor.together.world_zero is None:
            task.cancel()  # it has done nothing
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _whole(parts: Parts | None, epoch_zero: float, console: Console) -> None:
    """One recording of all its parts, beside the event loop."""
    if parts is not None and (why := await asyncio.to_thread(parts.merge, epoch_zero)) is not None:
        _word(console)(why)


def _word(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, style="yellow")
