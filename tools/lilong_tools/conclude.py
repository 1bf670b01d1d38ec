"""What a live run came to: judged, told, and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

from lilong_simulator import report
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.load.result import ShardResult
from lilong_simulator.report.model import SEALED
from lilong_simulator.score import linkage, score
from lilong_simulator.score.completeness import completeness
from lilong_simulator.score.feed_hints import feed_hints
from lilong_simulator.score.incidents import steps_of
from lilong_simulator.score.quality import quality_score
from lilong_simulator.score.witness import Judging, Witness
from rich.console import Console

from .cut_short import cut_short, lasted_s
from .load.saving import save
from .load.target import Reached
from .summary import VERDICT_STYLE, summarise

if TYPE_CHECKING:
    from .live import Played, Request

LEAVING_MS = 10_000  # (ours) a run may take so long to leave in good order, and devices say no more then
BROKER_ALONE = "to judge the broker alone: --accept puback counts its PUBACKs, --probe what it delivers"


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
        if report.NO_BACKEND in content["failures"]:
            console.print(BROKER_ALONE, style="dim")
    else:
        console.print(played.reasons[0], style="yellow")
        console.print(f"verdict: {content['verdict']}", style=VERDICT_STYLE[content["verdict"]])
    code = report.EXIT_CODES[content["verdict"]]
    witness = _witness(request, result, content["duration_s"])
    saved = save(request.folder, request.junit, content, result, console, witness)
    return code if saved else code or 1


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
        ended=world_zero + result.played_s * 1000, findings_expected=request.linkage_expected,
    )  # fmt: skip
    linked = linkage.judge(
        result.expectations if request.linkage_expected else [], scored.alarm_of_row, result.recorder,
        feed or [], result.epoch_zero, horizon, Excuses(result.hindrances), world_zero,
    )  # fmt: skip
    known = {device.id for place in request.places for device in place.devices}
    hints = feed_hints(feed or [], known)
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
        warnings=(*(() if played.reasons else cut_short(lasted, scenario.duration_s)), *played.warnings, *hints),
        workers=played.workers,
        unseen=played.unseen,
        steps={one.name: steps_of(one, scenario.start, world_zero) for one in request.places[0].incidents},
        completeness=completeness(
            [device for place in request.places for device in place.devices],
            result.recorder,
            world_zero,
            _counted_to(result),
            scenario.rate,
            Excuses(result.hindrances),
        ),
        world_began=None if result.world_zero is None else result.epoch_zero + result.world_zero,
        quality=quality_score(result.labels, feed, world_zero, result.epoch_zero).to_json()
        if scenario.data_faults
        else None,
    )
    return report.build(conditions, result.recorder, scored, linked)


def _counted_to(result: ShardResult) -> float:
    return (result.world_zero or 0.0) + result.played_s * 1000 - LEAVING_MS


def _witness(request: Request, result: ShardResult, lasted_s: float) -> Witness | None:
    """What a score of its recording will ask for; None: its world never began."""
    zero = result.world_zero
    if zero is None:
        return None
    people = request.acknowledgement_expected
    judging = Judging(
        result.epoch_zero, zero, result.horizon, zero + result.played_s * 1000, _counted_to(result), console=False,
        people=people, asks=request.linkage_expected, rate=request.scenario.rate,
        started=request.scenario.start.isoformat(" "), lasted_s=lasted_s, seed=request.scenario.seed,
    )  # fmt: skip
    steps = {one.name: steps_of(one, request.scenario.start, zero) for one in request.places[0].incidents}
    return Witness(judging, result.recorder, result.hindrances, steps)


def _coded(event: FeedEvent, result: ShardResult) -> FeedEvent:
    """With the code of its alarm, where a feed does not tell it."""
    alarm = None if event.code else result.recorder.alarms.get((event.device, event.boot, event.seq))
    return event if alarm is None else replace(event, code=alarm.code)
