"""A recorded run of anybody's backend, judged: what devices sent, what was true, what the backend says that it did.

With the run's own `witness` it is judged as the run judged itself. Without one local outputs, which are not on the
wire, are null, faults of the run excuse nothing, and what lies outside of what was recorded is not judged: rows that
crossed before it began or too shortly before it ended, and devices that it has nothing of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from .. import report
from ..data_faults.label import Label
from ..feed import OPEN, REVOKED, FeedEvent
from ..load.faults.excuses import Excuses
from ..load.thresholds import Threshold
from ..recorder import AlarmClocks, Recorder
from ..truth import PASSES, Expectation, TruthRow
from . import SAME_CLOCK_MS, Score, linkage, score
from .completeness import completeness
from .feed_hints import feed_hints
from .judged import CLOCKS, TICK_MS, Judged
from .quality import quality_score
from .recorded_run import RecordedRun
from .witness import Witness

Key = tuple[str, int, int]
DONE = ("command", "report", "kept", "done")  # what is judged by outputs of devices
UNWITNESSED = "no witness.json of the run: no local output is known, and no fault of the run is taken into account"


@dataclass(frozen=True, slots=True)
class Given:
    """What is judged. `world_began`: Unix ms of world time 0. `console`, `people`: whether somebody was there to be
    shown alarms and to answer them; None: as the witness says, else where the feed says so once. `cut`: the recording
    ends before the run did. `labels`: of data faults, None: there were none, or nobody knows."""

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
    witness: Witness | None = None
    cut: bool = False
    labels: Sequence[Label] | None = None


def judge(given: Given) -> dict[str, Any]:
    """The content of report.json."""
    run = given.run
    epoch_zero = run.epoch_zero or 0.0
    world_zero = given.world_began - epoch_zero
    witness = None if given.witness is None else given.witness.on(epoch_zero)
    whole = None if given.cut else witness  # what was seen of it to its end
    known = run.devices if witness is None else run.devices | {row.device for row in given.truth}
    of_all = (OPEN, REVOKED)
    feed = [one for one in given.feed if one.is_finding or one.event in of_all or one.device in known]
    if witness is not None:
        _witnessed(run.recorder, witness)
    _answers(run, feed, epoch_zero, {} if witness is None else witness.seen.alarms)
    ended = max([run.last, *(event.at - epoch_zero for event in feed)])
    truth, warnings = _heard(given, world_zero, whole)
    warnings += feed_hints(given.feed, known)
    scoring = _Scoring(given, witness, feed, world_zero, ended)
    if whole is None:
        judged = scoring.of(truth)
        unfinished = {one.row.id for one in judged.judged if _is_unfinished(one, ended)}
        if unfinished:
            truth = [replace(row, expect="may") if row.id in unfinished else row for row in truth]
            warnings.append(_told(len(unfinished), "too shortly before its end"))
        asked = [one for one in given.expectations if one.device in run.devices]
        horizon = ended - max([one.within_ms or 0 for one in asked], default=0)
        judged = scoring.of(truth)
    else:
        asked, horizon = list(given.expectations), whole.judging.horizon
        judged = scoring.of(truth, horizon, whole.judging.ended)
    excuses = scoring.excuses
    unseen = _untold(asked, run) if witness is None else []
    seen = [one for one in asked if one not in unseen]
    linked = linkage.judge(seen, judged.alarm_of_row, run.recorder, feed, epoch_zero, horizon, excuses, world_zero)
    linked += [linkage.Linked(one, None) for one in unseen]
    order = {one.id: index for index, one in enumerate(asked)}
    linked.sort(key=lambda one: order[one.expectation.id])
    if witness is None:
        warnings.append(UNWITNESSED)
    if unseen:
        actions = ", ".join(dict.fromkeys(one.action for one in unseen))
        warnings.append(f"not judged: {actions}, of which no frame tells at {len(unseen)} devices")
    names = {row.device: row.name for row in truth} | {one.device: one.name for one in asked}
    start = datetime.fromtimestamp((epoch_zero + run.first) / 1000, UTC)
    conditions = report.Conditions(
        estate=next(iter(run.tenants)) if len(run.tenants) == 1 else f"{len(run.tenants)} estates",
        mode="recorded",
        seed=0 if witness is None else witness.judging.seed,
        started=f"{start.replace(tzinfo=None).isoformat(' ', 'seconds')} UTC"
        if witness is None
        else witness.judging.started,
        duration_s=round((ended - run.first) / 1000, 3) if whole is None else whole.judging.lasted_s,
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
        steps={} if witness is None else witness.steps,
        completeness=completeness(run.placed(names), run.recorder, run.first, run.last)
        if whole is None
        else completeness(
            run.placed(names), run.recorder, world_zero, whole.judging.counted_to, whole.judging.rate, excuses
        ),
        world_began=given.world_began,
        quality=None if given.labels is None else quality_score(given.labels, feed, world_zero, epoch_zero).to_json(),
    )
    return report.build(conditions, run.recorder, judged, linked)


@dataclass(frozen=True, slots=True)
class _Scoring:
    """How the truth is judged, whatever becomes of its rows."""

    given: Given
    witness: Witness | None
    feed: Sequence[FeedEvent]
    world_zero: float
    last: float

    @property
    def excuses(self) -> Excuses | None:
        """None: nobody knows of any."""
        return Excuses(self.witness.hindrances) if self.witness is not None and self.witness.hindrances else None

    def of(self, truth: Sequence[TruthRow], horizon: float = inf, ended: float | None = None) -> Score:
        run, known = self.given.run, self.witness
        return score(
            truth, run.recorder.alarms.values(), self.feed, self.world_zero, run.epoch_zero or 0.0,
            acknowledgement_expected=self._there("people", "acknowledged"),
            shown_expected=self._there("console", "shown"),
            horizon=horizon,
            excuses=self.excuses,
            local_observed=known is not None,
            resolution_ms=SAME_CLOCK_MS if known is None else TICK_MS,
            arrivals_expected=None if known is None else known.judging.arrivals,
            ended=self.last if ended is None else ended,
            findings_expected=known is not None and bool(known.judging.asks),
        )  # fmt: skip

    def _there(self, who: str, event: str) -> bool:
        """Whether somebody was there: as was asked, as the run knows, or as the feed says once."""
        asked: bool | None = getattr(self.given, who)
        if asked is None and self.witness is not None:
            asked = getattr(self.witness.judging, who)
        return any(one.event == event for one in self.feed) if asked is None else asked


def _witnessed(recorder: Recorder, witness: Witness) -> None:
    """What the run saw of its devices goes before what their frames let guess.

    Not when a person's answer came, or a stored-ack, where the run was answered by another backend than the feed's: in
    virtual time it is the centre, and the feed may be anybody's.
    """
    live = witness.judging.people is not None
    for key, seen in witness.seen.alarms.items():
        recorder.alarms[key] = replace(seen, acknowledged=None, stored=seen.stored if live else None)
    asked = {device for _, device, _, _ in witness.seen.outputs}
    told = [row for row in recorder.outputs if row[1] not in asked]
    recorder.outputs = sorted([*told, *witness.seen.outputs], key=lambda row: row[0])
    recorder.burnt = dict(witness.seen.burnt)
    for device, said in witness.seen.said.items():
        if device in recorder.said:
            recorder.said[device].accepts = said.accepts


def _untold(asked: Sequence[Expectation], run: RecordedRun) -> list[Expectation]:
    """What had to be done by outputs that show on no wire."""
    arms = PASSES["vehicle_lane"]
    return [one for one in asked if one.action == arms or (one.what in DONE and not run.tells_of(one.action))]


def _is_unfinished(one: Judged, ended: float) -> bool:
    """What might still have come in time after the recording's end, had it gone on."""
    waits = one.row.expect == "must" and (one.answered is None or bool(one.missing))
    limits = [ms for clock in CLOCKS if (ms := one.row.limits.get(f"{clock}_ms")) is not None]
    return waits and one.crossing + max(limits, default=0) > ended


def _heard(given: Given, world_zero: float, whole: Witness | None) -> tuple[list[TruthRow], list[str]]:
    """The truth; what crossed before the recording, and at devices that nobody has anything of, may be."""
    run = given.run
    rows: list[TruthRow] = []
    before, unheard = 0, set()
    for row in given.truth:
        early = world_zero + row.crossing_ms < run.first
        silent = whole is None and row.by == "device" and row.device not in run.devices
        before += early and row.expect == "must"
        if silent:
            unheard.add(row.device)
        rows.append(replace(row, expect="may") if row.expect == "must" and (early or silent) else row)
    if whole is None:
        unheard.update(one.device for one in given.expectations if one.device not in run.devices)
    warnings = [_told(before, "before the recording began")] if before else []
    if unheard:
        one = "device" if len(unheard) == 1 else "devices"
        warnings.append(f"not judged: {len(unheard)} {one} of the truth of which nothing is recorded")
    return rows, warnings


def _told(count: int, when: str) -> str:
    return f"not judged: {count} {'alarm' if count == 1 else 'alarms'} that crossed {when}"


def _answers(run: RecordedRun, feed: Sequence[FeedEvent], epoch_zero: float, seen: Mapping[Key, AlarmClocks]) -> None:
    """When a person answered, as the backend says; when that reached its device, where that was `seen`."""
    for event in feed:
        if event.event == "acknowledged" and not event.is_finding:
            key = event.device, event.boot, event.seq
            alarm = run.recorder.alarms.get(key)
            if alarm is not None and alarm.acknowledged is None:
                alarm.acknowledged = seen[key].acknowledged if key in seen else event.at - epoch_zero
