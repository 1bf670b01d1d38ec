"""`lilong demo` and `lilong load`: a live run with all that stands around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lilong_simulator import linkage, report
from lilong_simulator.choose_boards import choose_boards
from lilong_simulator.estate import Device
from lilong_simulator.feed import FeedError, FeedReader
from lilong_simulator.fleet import process
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.places import Place, parts_of
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.run import LiveRun, Settings
from lilong_simulator.load.scenario import Scenario
from lilong_simulator.retained import remove_retained
from lilong_simulator.score import score
from lilong_simulator.truth import write_rows
from rich.console import Console

from .broker import Broker
from .narrator import Narrator
from .stopping import Stopper
from .summary import summarise

POLL_S = 0.05


@dataclass(frozen=True)
class Request:
    """What the user asked for. `keys`: estate key by tenant."""

    scenario: Scenario
    places: Sequence[Place]
    keys: Mapping[str, bytes]
    folder: Path | None  # where the report goes
    real_micropython: bool
    acknowledgement_expected: bool
    linkage_expected: bool  # judge what must follow from alarms: the release of doors


async def run_live(
    request: Request, broker: Broker, feed: FeedReader | None, console: Console, stopper: Stopper
) -> int:
    """Run the fleet against a broker that is there, judge and report; the exit code of definitions."""
    boards = _boards(request, console)
    target = Target.all_as(broker.host, broker.port, broker.username, broker.password)
    run = LiveRun(Settings(request.scenario, parts_of(request.places), request.keys, target, boards))
    connect_s = None
    lost = 0
    with Narrator(console, run, feed) as narrator, stopper.ends(run.stop):
        narrator.poll()  # a feed that is none is told before anything is powered on
        async with _told(narrator, run):
            try:
                began = run.clock()
                await run.bring_up()
                connect_s = round((run.clock() - began) / 1000, 3)
                if not run.stopped:
                    console.print(f"all {len(run.devices):,} devices online after {connect_s:.1f} s", style="bold")
                    await run.play()
                    lost = run.lost
            finally:
                await run.close()
                known = [(part.place.tenant, device.id) for part in run.settings.parts for device in part.devices]
                await remove_retained(broker.host, broker.port, known, broker.username, broker.password)
        narrator.poll()
    if run.world_zero is None:
        console.print("stopped before all devices were online: nothing is judged", style="yellow")
        return 1
    result = merge([ShardResult.of(run, connect_s, lost)])
    return _conclude(request, result, narrator, broker, console)


def _boards(request: Request, console: Console) -> list[Device]:
    """Which devices are real MicroPython: those of the first estate."""
    if not request.real_micropython:
        return []
    missing = process.available()
    if missing is not None:
        console.print(f"no real MicroPython among the devices: {missing}", style="yellow")
        return []
    first = request.places[0]
    return [device for device in choose_boards(first.estate, first.incidents) if device in first.devices]


def _conclude(
    request: Request, result: ShardResult, narrator: Narrator, broker: Broker, console: Console
) -> int:
    scenario = request.scenario
    assert result.world_zero is not None
    feed = narrator.events if narrator.observes else None
    judged = score(
        result.truth, result.recorder.alarms.values(), feed, result.world_zero, result.epoch_zero,
        request.acknowledgement_expected, result.horizon,
    )  # fmt: skip
    linked = linkage.judge(
        result.expectations if request.linkage_expected else [], judged.alarm_of_row, result.recorder,
        narrator.events, result.epoch_zero, result.horizon,
    )  # fmt: skip
    conditions = report.Conditions(
        estate=request.places[0].tenant if len(request.places) == 1 else scenario.name,
        mode="live",
        seed=scenario.seed,
        started=scenario.start.isoformat(" "),
        duration_s=scenario.duration_s if scenario.duration_s is not None else result.played_s,
        broker=broker.describe(),
        measures_latency=broker.kind != "embedded",
        incidents=scenario.incidents,
        devices=result.devices,
        real_micropython=result.boards,
        lost=result.lost,
        connect_s=result.connect_s,
        troubles=result.troubles,
        machine=report.this_machine(),
        estates=len(request.places),
        rate=scenario.rate,
        shards=result.count,
        shards_missing=result.missing,
        accept=scenario.accept,
        ingest_by=report.BY_FEED if narrator.observes else report.BY_STORED_ACK,
    )
    for name in scenario.incidents:
        if not any(row.incident == name for row in result.truth):
            console.print(f"{name} did not happen within the run: --duration or --start", style="yellow")
    content = report.build(conditions, result.recorder, judged, linked)
    summarise(content, console)
    if request.folder is not None:
        report.write(request.folder, content, result.recorder)
        write_rows(request.folder / "truth.jsonl", result.truth)
        write_rows(request.folder / "expectations.jsonl", result.expectations)
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
