"""`lilong demo` and `lilong load`: a live run with all that stands around it."""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilong_simulator import report
from lilong_simulator.choose_boards import choose_boards, must_be_simulated
from lilong_simulator.estate import Device
from lilong_simulator.feed import Feed, FeedEvent
from lilong_simulator.fleet import process
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.faults.live_run import planned_by
from lilong_simulator.load.places import Place, parts_of
from lilong_simulator.load.prometheus import Endpoint
from lilong_simulator.load.record import Recording
from lilong_simulator.load.refusals import all_online, let_in
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Scenario
from lilong_simulator.load.settings import ONLINE_TIMEOUT_S, SETTLE_S, Settings
from lilong_simulator.load.shards.unseen import Unseen
from lilong_simulator.load.thresholds import Threshold
from lilong_simulator.retained import Topics, of_frames, remove_own_retained, remove_retained
from rich.console import Console

from .conclude import conclude
from .load.hands import NO_COMMANDS, Commands, hands_for
from .load.target import Reached
from .load.view import LoadView
from .narrator import Narrator
from .polled import polled
from .stopping import Stopper

if TYPE_CHECKING:
    from .load.sharded import Shards

STOPPED_EARLY = "stopped before all devices were online: nothing is judged"


@dataclass(frozen=True)
class Request:
    """What the user asked for. `keys`: estate key by tenant.

    ingest_by: who tells of commits where there is a feed (`report.BY_...`). metrics: where Prometheus asks.
    """

    scenario: Scenario
    places: Sequence[Place]
    keys: Mapping[str, bytes]
    folder: Path | None  # where the report goes
    real_micropython: bool
    acknowledgement_expected: bool
    linkage_expected: bool  # judge what must follow from alarms: the release of doors
    thresholds: tuple[Threshold, ...] = ()
    ingest_by: str = report.BY_FEED
    junit: Path | None = None
    metrics: str | None = None
    view: bool = False  # a table of figures at the bottom, in place of a line
    shards: "Shards | None" = None  # by several processes; None: by this one
    record: Path | None = None  # where all that is sent goes too
    commands: Commands = NO_COMMANDS  # that restart and freeze a broker which is not ours
    app: str | None = None  # the address at which residents ask the backend for things

    @property
    def incidents(self) -> tuple[str, ...]:
        """What those that were asked for are called in rows of the truth; their files may have gone meanwhile."""
        return tuple(one.name for one in self.places[0].incidents[: len(self.scenario.incidents)])


@dataclass
class Played:
    """What a run came to; `feed` None: nothing was observed. `reasons`: why it did not come to its end."""

    result: ShardResult
    feed: list[FeedEvent] | None
    reasons: list[str] = field(default_factory=list)
    stopped: bool = False  # by the user, before its end
    workers: Sequence[Mapping[str, Any]] = ()  # of a run by several processes
    unseen: Unseen | None = None  # what happened to the devices of lost shards
    warnings: tuple[str, ...] = ()


async def run_live(request: Request, reached: Reached, feed: Feed | None, console: Console, stopper: Stopper) -> int:
    """Run the fleet against a broker that is there, judge and report; the exit code of definitions."""
    played = await play(request, reached, feed, console, stopper)
    return conclude(request, played, reached, console)


async def play(
    request: Request,
    reached: Reached,
    feed: Feed | None,
    console: Console,
    stopper: Stopper,
    online_timeout_s: float = ONLINE_TIMEOUT_S,
) -> Played:
    """Power on, play, drain, leave; what is retained of the devices is taken away again."""
    boards = _boards(request, reached, console)
    if request.shards is not None:
        from .load.sharded import play_shards  # noqa: PLC0415  it uses what stands here

        return await play_shards(
            request, request.shards, boards, reached, feed, console, stopper, online_timeout_s
        )  # fmt: skip
    run = LiveRun(
        Settings(
            request.scenario, parts_of(request.places), request.keys, reached.target, boards,
            request.acknowledgement_expected, hands_for(request.scenario, reached.broker, request.commands),
            request.app,
        ),
        online_timeout_s,
        SETTLE_S if request.scenario.accept == "stored" else 0.5,  # else no backend is expected to answer
    )  # fmt: skip
    connect_s = None
    lost = 0
    reasons: list[str] = []
    run.refusals.tell = lambda text: console.print(text, style="yellow")
    view = LoadView(console, run) if request.view else None
    with (
        contextlib.ExitStack() as beside,
        Narrator(console, run, feed, view) as narrator,
        stopper.ends(run.stop),
    ):
        if request.metrics is not None:
            console.print(f"metrics: {beside.enter_context(Endpoint(request.metrics, run)).url}")
        if request.record is not None:
            run.recorder.recording = beside.enter_context(_recording(request.record, run, console))
        narrator.poll()  # a feed that is none is told before anything is powered on
        async with polled(narrator, run.stop):
            try:
                began = run.clock()
                await run.bring_up()
                if not run.stopped:
                    connect_s = round((run.clock() - began) / 1000, 3)
                    console.print(all_online(len(run.devices), run.refusals.given_up, connect_s), style="bold")
                    await run.play()
                    lost = run.lost
            except NotOnline as error:
                reasons.append(str(error))
            finally:
                await run.close()
                await _clear(run, reached, console)
        narrator.poll()
    if run.faults is not None:
        reasons += [f"a fault could not be played: {why}" for why in run.faults.levers.failures]
    if run.world_zero is None and not reasons:
        reasons.append(STOPPED_EARLY)
    result = merge([ShardResult.of(run, connect_s, lost)])
    recording = run.recorder.recording
    warnings = () if reasons else run.take_overs.warnings
    if recording is not None and recording.trouble is not None:
        warnings = (*warnings, recording.trouble)
    return Played(result, narrator.events if feed is not None else None, reasons, run.stopped, warnings=warnings)


def _recording(file: Path, run: LiveRun, console: Console) -> Recording:
    tenants = {device.id: part.place.tenant for part in run.settings.parts for device in part.devices}
    return Recording(
        file, run.epoch_zero, "lilong load", tenants.__getitem__, lambda why: console.print(why, style="yellow")
    )


async def _clear(run: LiveRun, reached: Reached, console: Console) -> None:
    if not let_in(run.recorder):
        return  # the broker has nothing of them
    unheard = {name for name, why in run.refusals.shut_out.items() if not why.will}
    known = [
        (part.place.tenant, device.id)
        for part in run.settings.parts for device in part.devices if device.id not in unheard
    ]  # fmt: skip
    of: Topics = of_frames
    if run.template is not None:
        if not run.template.retains:
            return
        speech = {fleet.tenant: fleet.speech for fleet in run.fleets}

        def of(tenant: str, device: str) -> Iterable[str]:
            spoken = speech.get(tenant)
            return () if spoken is None else spoken.retained(device)

    if not reached.apart:
        await remove_retained(reached.account, known, of)
        return
    left = await remove_own_retained(reached.account, reached.target, known, of)
    if left:
        console.print(f"the retained births of {left:,} devices could not be removed from the broker", style="yellow")


def _boards(request: Request, reached: Reached, console: Console) -> list[Device]:
    """Which devices are real MicroPython: those of the first estate."""
    if not request.real_micropython:
        return []
    missing = process.available()
    if missing is None and request.shards is not None and request.shards.cluster is not None:
        missing = "they are started by processes of this machine alone, not by a cluster's nodes"
    if missing is None and not reached.plain:
        missing = "they reach a broker without TLS and WebSocket alone"
    if missing is None and request.scenario.template is not None:
        missing = "they speak in sealed frames alone, and by no template"
    if missing is None and request.scenario.accept != "stored":
        missing = f"they end their retries by a stored-ack alone, not by --accept {request.scenario.accept}"
    if missing is None and request.scenario.telemetry_qos == 1:
        missing = "they send their samples as firmware does, and not with --telemetry-qos 1"
    if missing is not None:
        console.print(f"no real MicroPython among the devices: {missing}", style="yellow")
        return []
    first = request.places[0]

    def chosen(apart: Collection[str] = ()) -> list[Device]:
        return [device for device in choose_boards(first.estate, first.incidents, apart) if device in first.devices]

    planned = planned_by(request.scenario, parts_of(request.places))
    boards = chosen(must_be_simulated(first.estate, first.incidents, planned))
    if without := {one.kind for one in chosen()} - {one.kind for one in boards}:
        of = f"of {', '.join(sorted(without))} " if boards else ""
        console.print(f"no real MicroPython {of}among the devices: faults of the run would pass it by", style="yellow")
    return boards
