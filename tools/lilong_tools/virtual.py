"""One estate in virtual time with the management centre's own core answering in the loop, and what it leaves."""

import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedWriter, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator import report
from lilong_simulator.data_faults import write_labels
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.fleet.still import Still
from lilong_simulator.incidents import Incident, find
from lilong_simulator.load.faults import FaultAsked
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.random_streams import draw
from lilong_simulator.score import linkage, score
from lilong_simulator.score.completeness import completeness
from lilong_simulator.score.incidents import steps_of
from lilong_simulator.score.quality import quality_score
from lilong_simulator.score.witness import Judging, Witness
from lilong_simulator.tables import parquet, rows, schema
from lilong_simulator.tables.messages import Messages
from lilong_simulator.tables.parquet import Columns
from lilong_simulator.tables.spare import SPARE_BYTES, Spare, SparedFile
from lilong_simulator.truth import write_rows
from lilong_simulator.virtual_run import VirtualRun, epoch_ms

from .inputs import InputError
from .virtual_centre import CentreInTheLoop
from .virtual_recorder import JsonLines, VirtualRecorder

if TYPE_CHECKING:
    from arro3.core import RecordBatch

DAY_MS = 86_400_000
STEP_MS = 300_000  # so often progress is told, and a stop is heard
FORGET_MS = 3_600_000
COLLECT_MS = 6 * FORGET_MS
PARQUET, JSONL = "parquet", "jsonl"
LINES = (
    "messages.jsonl", "truth.jsonl", "expectations.jsonl", "observed.jsonl", "labels.jsonl", "witness.json",
    "score.json", "score.html",
)  # fmt: skip

Progress = Callable[[float], None]
"""Told the share of the run that is over, 0 to 1."""
Opened = Callable[[Path, Spare], SparedFile]


@dataclass(frozen=True, slots=True)
class Job:
    """What is run, in plain values. `copy` 1: the estate itself, 2, 3 ...: others by its plan. `grid`: its place."""

    estate: str
    copy: int
    seed: int
    start: datetime
    days: float
    incidents: tuple[str, ...]
    out: Path
    format: str = JSONL
    seals: bool = True
    polls: bool = False
    faults: tuple[FaultAsked, ...] = ()
    data_faults: dict[str, float] = field(default_factory=dict)
    grid: tuple[str, ...] = ()
    officer: str = ""

    @property
    def horizon(self) -> int:
        return round(self.days * DAY_MS)


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a job: score.json, frames written, days of it that were run, device-days and what they took."""

    content: dict[str, Any]
    messages: int
    days: float
    device_days: float
    seconds: float


def seed_of(seed: int, copy: int) -> int:
    """Of a copy; the first has the run's own."""
    return seed if copy == 1 else draw(seed, "copy", copy) >> 1


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Devices live as long as the run, frames until they are written: searching them for garbage took a third of it.

    What is left in cycles is little. `_run` looks for it at times, among what is younger than the last.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


@_collecting_seldom()
def simulate(
    job: Job, progress: Progress = lambda share: None, stopped: Callable[[], bool] = lambda: False,
    opened: Opened = SparedFile,
) -> Ended:  # fmt: skip
    """Run and write it all, or as much of it as there is when it is `stopped` or its disk is full: the same, a warning
    or a failure apart, as a run of so many days leaves. Raises EstateError, IncidentError, ParquetError, InputError,
    OSError."""
    began = time.perf_counter()
    estate = load_estate(job.estate, copy=job.copy, grid=job.grid, officer=job.officer)
    job.out.mkdir(parents=True, exist_ok=True)
    for name in (*LINES, *(f"{table.name}.parquet" for table in schema.TABLES)):
        (job.out / name).unlink(missing_ok=True)  # of an earlier run, perhaps in the other format
    with closing(_spare(job.out)) as spare:
        one = _One(job, estate, [find(name) for name in job.incidents], spare, stopped)
        if job.format == PARQUET:
            one.write(schema.MESSAGES, one.parquet_messages(progress), lambda path: opened(path, spare))
        else:
            one.write_lines(progress, opened)
    content = one.finish()
    took = time.perf_counter() - began
    days = one.horizon / DAY_MS
    return Ended(content, one.messages, days, len(estate.devices) * days, took)


def _spare(folder: Path) -> Spare:
    try:
        return Spare(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: {error.strerror}; a run holds {SPARE_BYTES / 1e6:.0f} MB back to end well: make room, or "
            "choose another folder"
        ) from None


class _One:
    """One run and its files."""

    def __init__(
        self, job: Job, estate: Estate, incidents: Sequence[Incident], spare: Spare, stopped: Callable[[], bool]
    ) -> None:
        self._job = job
        self._spare = spare
        self._stopped = stopped
        self.horizon = job.horizon  # of what was run; earlier when it is stopped
        self._estate = estate
        self._incidents = incidents
        self._epoch_zero = epoch_ms(estate, job.start)
        self._seed = seed_of(job.seed, job.copy)
        self._feed: list[dict[str, Any]] = []
        self.messages = 0

    def parquet_messages(self, progress: Progress) -> Iterator["RecordBatch"]:
        """Runs while it is asked for more."""
        messages = Messages(self._estate, self._epoch_zero)
        for _ in self._run(messages, progress):
            yield from messages.take()
        yield from messages.rest()
        self.messages = messages.count

    def write_lines(self, progress: Progress, opened: Opened) -> None:
        path = self._job.out / "messages.jsonl"
        raw = opened(path, self._spare)
        with TextIOWrapper(BufferedWriter(raw), encoding="ascii", newline="\n") as file:
            lines = JsonLines(file)
            for _ in self._run(lines, progress):
                pass
            self.messages = lines.count
        if raw.broken is not None:
            raise InputError(f"{path}: {raw.broken.strerror}; make room, or choose another folder") from raw.broken

    def write(
        self, table: schema.Table, batches: "Iterator[Columns | RecordBatch]", opened: parquet.Opened = SparedFile
    ) -> None:
        job = self._job
        run = {
            "estate": self._estate.id, "seed": self._seed, "start": job.start.isoformat(" "), "days": job.days,
            "incidents": list(job.incidents), "sealed": job.seals,
        }  # fmt: skip
        parquet.write(job.out / f"{table.name}.parquet", table, batches, run, opened)

    def finish(self) -> dict[str, Any]:
        """Judge it and write all but the messages."""
        job, run, out = self._job, self._virtual, self._job.out
        truth = [row for row in run.world.truth if row.crossing_ms <= self.horizon]
        write_rows(out / "truth.jsonl", truth)
        write_rows(out / "expectations.jsonl", run.world.expectations)
        labels = None if run.data_faults is None else run.data_faults.faults.labels
        if labels is not None:
            write_labels(out / "labels.jsonl", labels)
        with (out / "observed.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(row) + "\n" for row in self._feed)
        if job.format == PARQUET:
            self.write(schema.DEVICES, iter([rows.devices(self._estate)]))
            self.write(schema.TRUTH, iter([rows.truth(self._estate, self._epoch_zero, truth)]))
            self.write(schema.EXPECTATIONS, iter([rows.expectations(self._estate, run.world.expectations)]))
            self.write(schema.OBSERVED, iter([rows.observed(self._estate, self._feed)]))
            if labels is not None:
                self.write(schema.LABELS, iter([rows.labels(self._estate, self._epoch_zero, labels)]))
        return self._judge()

    def _run(self, log: Messages | JsonLines, progress: Progress) -> Iterator[None]:
        """Runs, and pauses after each STEP_MS; every hour what was logged is ready to be written."""
        job, horizon = self._job, self._job.horizon
        key = simulation_key(self._estate.id)
        centre = CentreInTheLoop(self._estate, key, self._epoch_zero, self._seed, log, bool(job.data_faults))
        told = log.told if isinstance(log, Messages) else None
        self._recorder = recorder = VirtualRecorder(log.up, told)
        run = self._virtual = VirtualRun(
            self._estate, key, self._seed, job.start, self._incidents, centre, self._recorder, job.polls, job.seals,
            plan(job.faults, {self._estate.id: self._estate.devices}, self._seed, whole=False),
            None if told is None or job.data_faults else Still(recorder.told, centre),
            job.data_faults,
        )  # fmt: skip
        self._feed = centre.feed
        gc.freeze()  # what lives as long as the run
        for at in range(STEP_MS, horizon + STEP_MS, STEP_MS):
            run.run(min(at, horizon))
            hour = at % FORGET_MS == 0
            if hour:
                self._close(log)
                self._recorder.forget(at - FORGET_MS, run.asked())
            progress(min(at, horizon) / horizon)
            yield
            if at % COLLECT_MS == 0:  # what was written is gone
                gc.collect(0)
            if at < horizon and (self._stopped() or self._spare.full is not None):
                self.horizon = horizon = at
                break
        self._close(log)
        run.mend()
        limits = (row.crossing_ms + max(filter(None, row.limits.values()), default=0) for row in run.world.truth)
        last = max(limits, default=0)
        if job.faults:
            last += int(run.env.now) - horizon  # what a fault put off counts from then
        if last >= horizon:
            run.run(max(last, int(run.env.now)) + 1)  # the drain
        self._close(log)
        yield

    def _close(self, log: Messages | JsonLines) -> None:
        self._virtual.catch_up()
        if isinstance(log, Messages):
            log.close()

    def _judge(self) -> dict[str, Any]:
        job, run, zero = self._job, self._virtual, self._epoch_zero
        feed = [FeedEvent.of(row) for row in self._feed]
        faults = None if run.faults is None else run.faults.timeline
        hindrances = [] if faults is None else faults.hindrances
        if run.data_faults is not None:
            hindrances = hindrances + run.data_faults.faults.hindrances
        excuses = Excuses(hindrances) if hindrances else None
        steps = {one.name: steps_of(one, job.start) for one in self._incidents}
        ended = float(run.env.now)
        Witness(
            Judging(
                float(zero), 0.0, self.horizon, ended, self.horizon, arrivals=True, started=job.start.isoformat(" "),
                lasted_s=self.horizon / 1000, seed=self._seed,
            ),
            self._recorder,
            hindrances,
            steps,
        ).write(job.out / "witness.json", run.world.expectations)
        judged = score(
            run.world.truth,
            self._recorder.alarms.values(),
            feed,
            0,
            zero,
            horizon=self.horizon,
            excuses=excuses,
            shown_expected=True,
            arrivals_expected=True,
            ended=ended,
        )
        content = report.build(
            report.Conditions(
                self._estate.id, "virtual", self._seed, job.start.isoformat(" "), self.horizon / 1000,
                "none: virtual time", True, tuple(incident.name for incident in self._incidents),
                len(self._estate.devices), {}, 0, None, {}, None,
                ingest_by=report.BY_FEED, faults=() if faults is None else faults.outcomes,
                warnings=self._cut_short(),
                steps=steps,
                completeness=completeness(
                    self._estate.devices, self._recorder, 0.0, self.horizon, excuses=excuses
                ),
                world_began=float(zero),
                quality=self._quality(feed),
            ),
            self._recorder, judged,
            linkage.judge(
                run.world.expectations, judged.alarm_of_row, self._recorder, feed, zero, self.horizon, excuses
            ),
        )  # fmt: skip
        if self._spare.full is not None and self.horizon < job.horizon:
            content["failures"].insert(0, f"{job.out}: {self._spare.full.strerror}; make room and run it again")
            content["verdict"] = report.FAIL
        report.write(job.out, content, self._recorder, "score")
        return content

    def _quality(self, feed: list[FeedEvent]) -> dict[str, Any] | None:
        data_faults = self._virtual.data_faults
        if data_faults is None:
            return None
        return quality_score(data_faults.faults.labels, feed, 0, self._epoch_zero).to_json()

    def _cut_short(self) -> tuple[str, ...]:
        if self.horizon == self._job.horizon:
            return ()
        why = "stopped" if self._spare.full is None else "the disk was full"
        return (f"{why} after {self.horizon / DAY_MS:.3f} of {self._job.days:g} days: judged up to then",)
