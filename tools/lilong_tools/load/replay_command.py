"""`lilong replay`: a recorded run again, against a broker, at any speed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator import report as reports
from lilong_simulator.feed import Feed, FeedEvent
from lilong_simulator.fleet.live import need_files
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.observed import observed as observed_feed
from lilong_simulator.load.observed import probe as probe_of
from lilong_simulator.load.recorded import Contents, look_through, open_source
from lilong_simulator.load.refusals import let_in
from lilong_simulator.load.replay import DRAIN_S, SILENT_S, ReplayRun, ReplaySettings, place_of
from lilong_simulator.load.scenario import MOST_COPIES
from lilong_simulator.load.thresholds import Threshold, parse
from lilong_simulator.retained import remove_own_retained, remove_retained
from lilong_simulator.score import score
from rich.console import Console

from ..inputs import InputError, output_folder
from ..narrator import Line
from ..running import run
from ..stopping import Stopper
from ..summary import summarise
from . import options
from .consent import ask
from .replay_keys import access_of_recorded, keys_of_recorded
from .saving import save
from .target import Reached, look_at, reach

POLL_S = 0.1
FASTEST = 1_000_000
NOTHING_SAID = "nothing of the recording was said: nothing is judged"

Source = Annotated[Path, typer.Argument(help="a file of --record, or a folder of lilong simulate")]
Accept = Annotated[
    options.AcceptBy | None,
    typer.Option(help="what says that an alarm is taken over; else its stored-ack", rich_help_panel=options.MEASURE),
]
Speed = Annotated[float, typer.Option(help="so many times as fast as it was", rich_help_panel=options.FLEET)]


def replay(
    source: Source,
    broker: options.Broker,
    speed: Speed = 1.0,
    copies: options.Copies = None,
    yes: options.Yes = False,
    public_key: options.PublicKey = False,
    keys: options.Keys = None,
    ca: options.Ca = None,
    cert: options.Cert = None,
    key: options.Key = None,
    certificates: options.Certificates = None,
    credentials: options.Credentials = None,
    addresses: Annotated[
        list[str] | None, typer.Option("--source", help="a local address, or several", rich_help_panel=options.BROKER)
    ] = None,
    observed: options.Observed = None,
    probe: options.Probe = False,
    accept: Accept = None,
    require: options.Require = None,
    report: options.Report = None,
    junit: options.Junit = None,
) -> None:
    """A recorded run again, with fresh seals, against any broker and backend, at any speed."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    thresholds = tuple(parse(text) for text in require or ())
    if not 0 < speed <= FASTEST:
        raise InputError(f"--speed {speed:g}: out of bounds; give a factor, above 0 and at most {FASTEST}")
    if copies is not None and not 1 <= copies <= MOST_COPIES:
        raise InputError(f"--copies {copies}: out of bounds; give 1 to {MOST_COPIES:,}")
    if observed is not None and probe:
        raise InputError("--observed and --probe: only one can tell what was stored; leave one of them out")
    if accept == options.AcceptBy.OBSERVED and observed is None:
        raise InputError("--accept observed: nothing tells what was stored; give --observed too")
    accepted = (accept or options.AcceptBy.STORED).value
    folder = None if report is None else output_folder("--report", report)
    if junit is not None:
        output_folder("--junit", junit.parent)
    recording = open_source(source)
    contents = look_through(recording)
    many = copies or 1
    places = [place_of(tenant, device, at) for at in range(1, many + 1) for device, tenant in contents.devices.items()]
    access = access_of_recorded(ca, cert, key, certificates, credentials, addresses, places)
    there, _ = look_at(broker, access)
    keys_of = keys_of_recorded(keys, places, there.host, public_key)
    need_files(len(places))
    console.print(_plan(recording.name, contents, speed, many))
    if contents.cut is not None:
        console.print(contents.cut, style="yellow")
    if not is_loopback(there.host) and not yes:
        ask(there.host, console)
    replayed = ReplayRequest(
        contents, speed, many, thresholds, folder, junit, reports.BY_PROBE if probe else None, accepted
    )  # fmt: skip

    async def work(stopper: Stopper) -> int:
        reached = await reach(broker, access)
        console.print(f"broker: {reached.broker.describe()}")
        settings = ReplaySettings(recording, contents, reached.target, keys_of, speed, many, accept=accepted)
        async with _feed(observed, probe, contents, many, reached) as feed:
            return await _play(replayed, settings, reached, feed, console, stopper)

    run(work)


class ReplayRequest:
    """What the user asked for."""

    def __init__(
        self, contents: Contents, speed: float, copies: int, thresholds: tuple[Threshold, ...], folder: Path | None,
        junit: Path | None, ingest_by: str | None, accept: str,
    ) -> None:  # fmt: skip
        self.contents = contents
        self.speed = speed
        self.copies = copies
        self.thresholds = thresholds
        self.folder = folder
        self.junit = junit
        self.ingest_by = ingest_by
        self.accept = accept

    @property
    def by_puback(self) -> bool:
        return self.accept == options.AcceptBy.PUBACK


async def _play(
    request: ReplayRequest, settings: ReplaySettings, reached: Reached, feed: Feed | None, console: Console,
    stopper: Stopper,
) -> int:  # fmt: skip
    replaying = ReplayRun(settings, silent_s=SILENT_S if feed is None else DRAIN_S)  # a feed may speak late
    events: list[FeedEvent] = []
    reasons: list[str] = []
    replaying.refusals.tell = lambda text: console.print(text, style="yellow")
    line = Line(console, lambda: _line(replaying))
    task = asyncio.create_task(replaying.play())
    line.start()
    try:
        with stopper.ends(replaying.stop):
            while not task.done():
                for event in feed.poll() if feed is not None else ():
                    events.append(event)
                    replaying.observed(event)
                line.update()
                await asyncio.wait((task,), timeout=POLL_S)
            try:
                await task
            except NotOnline as error:
                reasons.append(str(error))
            if feed is not None:
                events += feed.poll()
    finally:
        line.stop()
        replaying.stop()
        await asyncio.gather(task, return_exceptions=True)
        await replaying.close()
        await _clear(replaying, reached, console)
    result = replaying.result()
    content = judged(request, replaying, reached, events if feed is not None else None, reasons)
    if result.world_zero is None:
        console.print(NOTHING_SAID, style="yellow")
    else:
        summarise(content, console)
    code = reports.EXIT_CODES[content["verdict"]]
    return code if save(request.folder, request.junit, content, result, console) else code or 1


def judged(
    request: ReplayRequest, replaying: ReplayRun, reached: Reached, feed: list[FeedEvent] | None,
    reasons: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The content of report.json: what nobody can see in a replay is null."""
    result, contents = replaying.result(), request.contents
    scored = score(
        result.truth, result.recorder.alarms.values(), feed, 0.0, result.epoch_zero, False,
        by_puback=request.by_puback, clears_observed=False,
    )  # fmt: skip
    # Of the world nothing is recorded: not what a device should have raised, nor by when.
    scored = replace(scored, undetected=None, late=None, false=None)
    ingest_by = request.ingest_by or reports.BY_FEED
    if feed is None:
        ingest_by = reports.BY_PUBACK if request.by_puback else reports.BY_STORED_ACK
    fleet = replaying.fleet
    warnings = [] if contents.cut is None else [contents.cut]
    if fleet is not None and fleet.unborn:
        warnings.append(f"{fleet.unborn:,} frames were left out: their devices' births are not in the recording")
    start = datetime.fromtimestamp((contents.epoch_zero or 0.0) / 1000 + contents.first / 1000, UTC)
    tenants = contents.tenants
    conditions = reports.Conditions(
        estate=tenants[0] if len(tenants) * request.copies == 1 else f"{len(tenants) * request.copies} estates",
        mode="replay",
        seed=0,
        started=start.replace(tzinfo=None).isoformat(" ", "seconds"),
        duration_s=round(replaying.duration_s, 3),
        broker=reached.broker.describe(),
        measures_latency=reached.broker.kind != "embedded",
        incidents=(),
        devices=result.devices,
        real_micropython={},
        lost=result.lost,
        connect_s=None,
        troubles=result.troubles,
        refused=result.refused,
        machine=reports.this_machine(),
        estates=len(tenants) * request.copies,
        rate=request.speed,
        accept=request.accept,
        ingest_by=ingest_by,
        thresholds=request.thresholds,
        warnings=tuple(warnings),
        reasons=tuple(reasons) or ((NOTHING_SAID,) if result.world_zero is None else ()),
    )
    return reports.build(conditions, result.recorder, scored)


@contextlib.asynccontextmanager
async def _feed(
    spec: str | None, probed: bool, contents: Contents, copies: int, reached: Reached
) -> AsyncIterator[Feed | None]:
    if spec is not None:
        async with observed_feed(spec, reached.account) as feed:
            yield feed
    elif probed:
        tenants = {place_of(tenant, "", copy)[0] for tenant in contents.tenants for copy in range(1, copies + 1)}
        async with probe_of(sorted(tenants), reached.account) as feed:
            yield feed
    else:
        yield None


async def _clear(replaying: ReplayRun, reached: Reached, console: Console) -> None:
    if not let_in(replaying.recorder):
        return  # the broker has nothing of them
    if not reached.apart:
        await remove_retained(reached.account, replaying.places)
        return
    left = await remove_own_retained(reached.account, reached.target, replaying.places)
    if left:
        console.print(f"the retained births of {left:,} devices could not be removed from the broker", style="yellow")


def _plan(name: str, contents: Contents, speed: float, copies: int) -> str:
    span_s = (contents.last - contents.first) / 1000
    devices = len(contents.devices) * copies
    times = "" if copies == 1 else f", {copies} times over"
    return (
        f"{name}: {contents.rows:,} frames of {len(contents.devices):,} devices in {span_s:,.1f} s{times}; at speed "
        f"{speed:g} {contents.rows * copies:,} frames over {devices:,} connections in {span_s / speed:,.1f} s"
    )


def _line(replaying: ReplayRun) -> str:
    recorder = replaying.recorder
    began = replaying.began
    at_s = 0.0 if began is None else (replaying.clock() - began) / 1000
    alarms = recorder.alarms.values()
    waiting = sum(1 for alarm in alarms if alarm.stored is None)
    return (
        f"{at_s:.0f} s of {replaying.duration_s:.0f} s · {len(recorder.online):,} connected · "
        f"{sum(recorder.messages.values()):,} messages · {len(alarms):,} alarms, {waiting:,} in flight"
    )
