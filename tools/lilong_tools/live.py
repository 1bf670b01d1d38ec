"""`lilong demo` and `lilong load`: a live run with all that stands around it."""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilong_simulator import linkage, report
from lilong_simulator.choose_boards import choose_boards, must_be_simulated
from lilong_simulator.completeness import completeness
from lilong_simulator.estate import Device
from lilong_simulator.feed import Feed, FeedEvent
from lilong_simulator.fleet import process
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.faults.excuses import Excuses
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
from lilong_simulator.quality_score import quality_score
from lilong_simulator.report_model import SEALED
from lilong_simulator.retained import Topics, of_frames, remove_own_retained, remove_retained
from lilong_simulator.score import score
from lilong_simulator.score_incidents import steps_of
from rich.console import Console

from .cut_short import cut_short, lasted_s
from .load.hands import NO_COMMANDS, Commands, hands_for
from .load.saving import save
from .load.target import Reached
from .load.view import LoadView
from .narrator import Narrator
from .polled import polled
from .stopping import Stopper
from .summary import VERDICT_STYLE, summarise

if TYPE_CHECKING:
    from .load.sharded import Shards

LEAVING_MS = 10_000  # (ours) a run may take so long to leave in good order, and devices say no more then
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
    warnings = () if recording is None or recording.trouble is None else (recording.trouble,)
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


def conclude(
    request: Request, played: Played, reached: Reached, console: Console, knee: Mapping[str, Any] | None = None
) -> int:
    """Judge, tell, write; the exit code."""
    content = judged(request, played, reached, knee)
    result = played.result
    if result.world_zero is not None:
        for name in request.incidents:
            if not any(row.incident == name for row in result.truth):
                console.print(f"{name} did not happen within the run: --duration or --start", style="yellow")
        summarise(content, console)
    else:
        console.print(played.reasons[0], style="yellow")
        console.print(f"verdict: {content['verdict']}", style=VERDICT_STYLE[content["verdict"]])
    code = report.EXIT_CODES[content["verdict"]]
    return code if save(request.folder, request.junit, content, result, console) else code or 1


def judged(request: Request, played: Played, reached: Reached, knee: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The content of report.json."""
    scenario, result = request.scenario, played.result
    world_zero = result.world_zero or 0.0
    horizon = result.horizon if result.world_zero is not None else -inf
    by_puback = scenario.accept == "puback"
    feed = None if played.feed is None else [_coded(event, result) for event in played.feed]
    scored = score(
        result.truth, result.recorder.alarms.values(), feed, world_zero, result.epoch_zero,
        request.acknowledgement_expected, horizon, by_puback, Excuses(result.hindrances),
        ended=world_zero + result.played_s * 1000,
    )  # fmt: skip
    linked = linkage.judge(
        result.expectations if request.linkage_expected else [], scored.alarm_of_row, result.recorder,
        feed or [], result.epoch_zero, horizon, Excuses(result.hindrances), world_zero,
    )  # fmt: skip
    ingest_by = request.ingest_by
    if played.feed is None:
        ingest_by = report.BY_PUBACK if by_puback else report.BY_STORED_ACK
    lasted = lasted_s(scenario.duration_s, result.played_s, played.stopped)
    conditions = report.Conditions(
        estate=request.places[0].tenant if len(request.places) == 1 else scenario.name,
        mode="live",
        seed=scenario.seed,
        started=scenario.start.isoformat(" "),
        duration_s=lasted,
        broker=reached.broker.describe(),
        measures_latency=reached.broker.kind != "embedded",
        incidents=request.incidents,
        devices=result.devices,
        real_micropython=result.boards,
        lost=result.lost,
        connect_s=result.connect_s,
        began_s=None if result.world_zero is None else round(result.world_zero / 1000, 3),
        troubles=result.troubles,
        refused=result.refused,
        machine=report.this_machine(),
        estates=len(request.places),
        rate=scenario.rate,
        shards=result.count,
        shards_missing=result.missing,
        accept=scenario.accept,
        ingest_by=ingest_by,
        thresholds=request.thresholds,
        knee=knee,
        faults=result.faults,
        payload=SEALED if scenario.template is None else scenario.template[0],
        reasons=tuple(played.reasons),
        warnings=(*(() if played.reasons else cut_short(lasted, scenario.duration_s)), *played.warnings),
        workers=played.workers,
        unseen=played.unseen,
        steps={one.name: steps_of(one, scenario.start, world_zero) for one in request.places[0].incidents},
        completeness=completeness(
            [device for place in request.places for device in place.devices], result.recorder, world_zero,
            world_zero + result.played_s * 1000 - LEAVING_MS, scenario.rate, Excuses(result.hindrances),
        ),
        world_began=None if result.world_zero is None else result.epoch_zero + result.world_zero,
        quality=quality_score(result.labels, feed, world_zero, result.epoch_zero).to_json()
        if scenario.data_faults
        else None,
    )
    return report.build(conditions, result.recorder, scored, linked)


def _coded(event: FeedEvent, result: ShardResult) -> FeedEvent:
    """With the code of its alarm, where a feed does not tell it."""
    alarm = None if event.code else result.recorder.alarms.get((event.device, event.boot, event.seq))
    return event if alarm is None else replace(event, code=alarm.code)
