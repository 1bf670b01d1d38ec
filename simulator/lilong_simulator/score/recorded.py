"""A recorded run of anybody's backend, judged: what devices sent, what was true, what the backend says that it did.

Local outputs are not on the wire, so they are null. What lies outside of what was recorded is not judged: rows that
crossed before it began or too shortly before it ended, and devices that it has nothing of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .. import report
from ..feed import OPEN, REVOKED, FeedEvent
from ..load.thresholds import Threshold
from ..truth import Expectation, TruthRow
from . import SAME_CLOCK_MS, Score, linkage, score
from .completeness import completeness
from .judged import CLOCKS, Judged
from .recorded_run import RecordedRun


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
    run = given.run
    epoch_zero = run.epoch_zero or 0.0
    world_zero = given.world_began - epoch_zero
    of_all = (OPEN, REVOKED)
    feed = [one for one in given.feed if one.is_finding or one.event in of_all or one.device in run.devices]
    ended = max([run.last, *(event.at - epoch_zero for event in feed)])
    _answers(run, feed, epoch_zero)
    truth, warnings = _heard(given, world_zero)
    judged = _scored(given, truth, feed, world_zero, ended)
    unfinished = {one.row.id for one in judged.judged if _is_unfinished(one, ended)}
    if unfinished:
        truth = [replace(row, expect="may") if row.id in unfinished else row for row in truth]
        judged = _scored(given, truth, feed, world_zero, ended)
        warnings.append(_told(len(unfinished), "too shortly before its end"))
    expectations = [one for one in given.expectations if one.device in run.devices]
    longest = max([one.within_ms or 0 for one in expectations], default=0)
    linked = linkage.judge(expectations, judged.alarm_of_row, run.recorder, feed, epoch_zero, ended - longest)
    names = {row.device: row.name for row in truth} | {one.device: one.name for one in expectations}
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


def _scored(
    given: Given, truth: Sequence[TruthRow], feed: Sequence[FeedEvent], world_zero: float, ended: float
) -> Score:
    happened = {event.event for event in feed}
    return score(
        truth, given.run.recorder.alarms.values(), feed, world_zero, given.run.epoch_zero or 0.0,
        acknowledgement_expected="acknowledged" in happened if given.people is None else given.people,
        shown_expected="shown" in happened if given.console is None else given.console,
        local_observed=False, resolution_ms=SAME_CLOCK_MS, ended=ended,
    )  # fmt: skip


def _is_unfinished(one: Judged, ended: float) -> bool:
    """What might still have come in time after the recording's end, had it gone on."""
    waits = one.row.expect == "must" and (one.answered is None or bool(one.missing))
    limits = [ms for clock in CLOCKS if (ms := one.row.limits.get(f"{clock}_ms")) is not None]
    return waits and one.crossing + max(limits, default=0) > ended


def _heard(given: Given, world_zero: float) -> tuple[list[TruthRow], list[str]]:
    """The truth; what crossed before the recording, and at devices that it has nothing of, may be."""
    run = given.run
    rows: list[TruthRow] = []
    before, unheard = 0, set()
    for row in given.truth:
        early = world_zero + row.crossing_ms < run.first
        silent = row.by == "device" and row.device not in run.devices
        before += early and row.expect == "must"
        if silent:
            unheard.add(row.device)
        rows.append(replace(row, expect="may") if row.expect == "must" and (early or silent) else row)
    unheard.update(one.device for one in given.expectations if one.device not in run.devices)
    warnings = [_told(before, "before the recording began")] if before else []
    if unheard:
        one = "device" if len(unheard) == 1 else "devices"
        warnings.append(f"not judged: {len(unheard)} {one} of the truth of which nothing is recorded")
    return rows, warnings


def _told(count: int, when: str) -> str:
    return f"not judged: {count} {'alarm' if count == 1 else 'alarms'} that crossed {when}"


def _answers(run: RecordedRun, feed: Sequence[FeedEvent], epoch_zero: float) -> None:
    """When a person answered, as the backend says: what devices heard is not recorded."""
    for event in feed:
        if event.event == "acknowledged" and not event.is_finding:
            alarm = run.recorder.alarms.get((event.device, event.boot, event.seq))
            if alarm is not None and alarm.acknowledged is None:
                alarm.acknowledged = event.at - epoch_zero
