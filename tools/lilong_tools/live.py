"""`lilong demo` and `lilong load`: a live run with all that stands around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lilong_simulator import incidents, linkage, report
from lilong_simulator.choose_boards import choose_boards
from lilong_simulator.estate import Estate
from lilong_simulator.feed import FeedError, FeedReader
from lilong_simulator.fleet import process
from lilong_simulator.live_run import LiveRun, Settings
from lilong_simulator.recorder import Recorder
from lilong_simulator.retained import remove_retained
from lilong_simulator.score import Score, score
from lilong_simulator.truth import write_rows
from rich.console import Console

from .broker import Broker
from .narrator import Narrator
from .stopping import Stopper
from .summary import summarise

POLL_S = 0.05


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    estate: Estate
    estate_key: bytes
    seed: int
    start: datetime
    duration_s: float | None
    incidents: Sequence[incidents.Incident]
    folder: Path | None  # where the report goes
    real_micropython: bool
    acknowledgement_expected: bool
    linkage_expected: bool  # judge what must follow from alarms: the release of doors


async def run_live(
    request: Request, broker: Broker, feed: FeedReader | None, console: Console, stopper: Stopper
) -> int:
    """Run the fleet against a broker that is there, judge and report; the exit code of definitions."""
    boards = []
    if request.real_micropython:
        missing = process.available()
        if missing is None:
            boards = choose_boards(request.estate, request.incidents)
        else:
            console.print(f"no real MicroPython among the devices: {missing}", style="yellow")
    settings = Settings(
        request.estate, request.estate_key, broker.host, broker.port, request.seed, request.start, request.duration_s,
        request.incidents, boards, broker.username,
        None if broker.password is None else broker.password.encode(),
    )  # fmt: skip
    recorder = Recorder()
    run = LiveRun(settings, recorder)
    connect_s = None
    lost = 0
    with Narrator(console, request.estate, run, feed) as narrator, stopper.ends(run.stop):
        narrator.poll()  # a feed that is none is told before anything is powered on
        async with _told(narrator, run):
            try:
                began = run.clock()
                await run.bring_up()
                connect_s = round((run.clock() - began) / 1000, 3)
                if not run.stopped:
                    console.print(
                        f"all {len(request.estate.devices):,} devices online after {connect_s:.1f} s", style="bold"
                    )
                    await run.play()
                    lost = run.lost
            finally:
                await run.close()
                await remove_retained(broker.host, broker.port, request.estate, broker.username, broker.password)
        narrator.poll()
    if run.world_zero is None:
        console.print("stopped before all devices were online: nothing is judged", style="yellow")
        return 1
    judged = score(
        run.truth, recorder.alarms.values(), None if feed is None else narrator.events, run.world_zero, run.epoch_zero,
        request.acknowledgement_expected, run.horizon,
    )  # fmt: skip
    asked = run.world.expectations if request.linkage_expected else []
    linked = linkage.judge(
        asked, judged.alarm_of_row, recorder, narrator.events, run.epoch_zero, run.horizon
    )
    return _conclude(request, run, judged, linked, broker, connect_s, lost, console)


def _conclude(
    request: Request,
    run: LiveRun,
    judged: Score,
    linked: list[linkage.Linked],
    broker: Broker,
    connect_s: float | None,
    lost: int,
    console: Console,
) -> int:
    conditions = report.Conditions(
        estate=request.estate.id,
        mode="live",
        seed=request.seed,
        started=request.start.isoformat(" "),
        duration_s=request.duration_s if request.duration_s is not None else round(run.world_now / 1000, 1),
        broker=broker.describe(),
        measures_latency=broker.kind != "embedded",
        incidents=tuple(incident.name for incident in request.incidents),
        devices=len(request.estate.devices),
        real_micropython={device.kind: device.name for device in run.settings.boards},
        lost=lost,
        connect_s=connect_s,
        troubles=run.troubles,
        machine=report.this_machine(),
    )
    for incident in request.incidents:
        if not any(row.incident == incident.name for row in run.truth):
            console.print(f"{incident.name} did not happen within the run: --duration or --start", style="yellow")
    content = report.build(conditions, run.recorder, judged, linked)
    summarise(content, console)
    if request.folder is not None:
        report.write(request.folder, content, run.recorder)
        write_rows(request.folder / "truth.jsonl", run.truth)
        write_rows(request.folder / "expectations.jsonl", run.world.expectations)
        console.print(f"report: {request.folder / 'report.html'} and report.json")
    return report.EXIT_CODES[content["verdict"]]


@contextlib.asynccontextmanager
async def _told(narrator: Narrator, run: LiveRun) -> AsyncIterator[None]:
    async def tell() -> None:
        try:
            while True:
                narrator.poll()
                await asyncio.sleep(POLL_S)
        except FeedError:
            run.stop()
            raise

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
