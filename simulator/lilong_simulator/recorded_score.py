"""A recorded run of anybody's backend, judged: what devices sent, what was true, what the backend says that it did.

Local outputs are not on the wire, so they are null. What lies outside of what was recorded is not judged: rows that
crossed before it began or too shortly before it ended, and devices that it has nothing of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from . import linkage, report
from .completeness import completeness
from .feed import FeedEvent
from .load.thresholds import Threshold
from .recorded_run import RecordedRun
from .score import SAME_CLOCK_MS, score
from .truth import Expectation, TruthRow


@dataclass(frozen=True, slots=True)
class Given:
    """What is judged. `world_began`: Unix ms of world time 0. `console`, `people`: whether somebody was there to be
    shown alarms and to answer them; None: where the feed says so once."""

    run: RecordedRun
    truth: Sequence[TruthRow]
    expectations: Sequence[Expectation]
    feed: Sequence[FeedEvent]
    world_began: float
    source: str
    console: bool | None = None
    people: bool | None = None
    thresholds: tuple[Threshold, ...] = ()
    warnings: tuple[str, ...] = ()


def judge(given: Given) -> dict[str, Any]:
    """The content of report.json."""
    run, feed = given.run, given.feed
    epoch_zero = run.epoch_zero or 0.0
    world_zero = given.world_began - epoch_zero
    ended = max([run.last, *(event.at - epoch_zero for event in feed)])
    truth, warnings = _within(given, world_zero, ended)
    happened = {event.event for event in feed}
    console = "shown" in happened if given.console is None else given.console
    people = "acknowledged" in happened if given.people is None else given.people
    _answers(run, feed, epoch_zero)
    judged = score(
        truth, run.recorder.alarms.values(), feed, world_zero, epoch_zero, people, shown_expected=console,
        local_observed=False, resolution_ms=SAME_CLOCK_MS,
    )  # fmt: skip
    longest = max([one.within_ms or 0 for one in given.expectations], default=0)
    linked = linkage.judge(
        given.expectations, judged.alarm_of_row, run.recorder, feed, epoch_zero, ended - longest
    )  # fmt: skip
    names = {row.device: row.name for row in truth} | {one.device: one.name for one in given.expectations}
    start = datetime.fromtimestamp((epoch_zero + run.first) / 1000, UTC)
    conditions = report.Conditions(
        estate=next(iter(run.tenants)) if len(run.tenants) == 1 else f"{len(run.tenants)} estates",
        mode="recorded",
        seed=0,
        started=start.replace(tzinfo=None).isoformat(" ", "seconds"),
        duration_s=round((ended - run.first) / 1000, 3),
        broker=f"as recorded in {given.source}",
        measures_latency=True,
        incidents=tuple(dict.fromkeys(row.incident for row in truth if row.incident)),
        devices=len(run.devices),
        real_micropython={},
        lost=0,
        connect_s=None,
        troubles={},
        machine=None,
        estates=len(run.tenants),
        ingest_by=report.BY_FEED,
        thresholds=given.thresholds,
        warnings=(*given.warnings, *warnings),
        completeness=completeness(run.placed(names), run.recorder, run.first, run.last),
        world_began=given.world_began,
    )
    return report.build(conditions, run.recorder, judged, linked)


def _within(given: Given, world_zero: float, ended: float) -> tuple[list[TruthRow], list[str]]:
    """The truth; what the recording could not show may be, and is not demanded."""
    run = given.run
    rows, before, after, unheard = [], 0, 0, set()
    for row in given.truth:
        crossing = world_zero + row.crossing_ms
        limit = max([ms for ms in row.limits.values() if ms is not None], default=0)
        if row.expect == "must":
            early, late = crossing < run.first, crossing + limit > ended
            silent = row.by == "device" and row.device not in run.devices
            before, after = before + early, after + (late and not early)
            if silent:
                unheard.add(row.device)
            if early or late or silent:
                row = replace(row, expect="may")
        rows.append(row)
    words = [
        f"not judged: {count} {'alarm that' if count == 1 else 'alarms that'} {why}"
        for count, why in (
            (before, "crossed before the recording began"), (after, "crossed too shortly before its end"),
        ) if count
    ]  # fmt: skip
    if unheard:
        words.append(f"not judged: {len(unheard)} devices of the truth of which nothing is recorded")
    return rows, words


def _answers(run: RecordedRun, feed: Sequence[FeedEvent], epoch_zero: float) -> None:
    """When a person answered, as the backend says: what devices heard is not recorded."""
    for event in feed:
        if event.event == "acknowledged" and not event.is_finding:
            alarm = run.recorder.alarms.get((event.device, event.boot, event.seq))
            if alarm is not None and alarm.acknowledged is None:
                alarm.acknowledged = event.at - epoch_zero
