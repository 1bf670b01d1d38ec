"""The score: what the world did against what devices raised and the backend stored, by the words of definitions.

Truth rows are matched to alarms by device, code and time: an alarm belongs to the last row of its device and code
whose crossing came before its decision, or within a tick after it.
"""

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from lilong_protocol.codes import is_alarm, severity
from lilong_protocol.pc.findings import is_finding

from .feed import FeedEvent
from .load.faults.excuses import Excuses
from .recorder import AlarmClocks
from .truth import TruthRow

TICK_MS = 1.0  # a device counts whole milliseconds: what the world does within one, it has felt at its beginning
CLOCKS = ("local", "ingest", "shown", "acknowledged")


@dataclass(slots=True)
class Judged:
    """One truth row and what came of it. Times in ms of the run's clock; None: not observed."""

    row: TruthRow
    crossing: float
    alarm: AlarmClocks | None = None
    ingest: float | None = None
    shown: float | None = None
    acknowledged: float | None = None
    excused: str | None = None  # the fault that kept its device from raising
    raise_from: float = -inf  # the limit of the local output counts from then, if that is after the crossing
    send_from: float = -inf  # and those of the others
    late: list[str] = field(default_factory=list)  # the clocks that came after their limit
    missing: list[str] = field(default_factory=list)  # those that never came

    def after_crossing(self, clock: str) -> float | None:
        """Milliseconds from the crossing to "local", "ingest", "shown" or "acknowledged"."""
        at = self._at(clock)
        if at is None:
            return None
        return 0.0 if -TICK_MS < at - self.crossing < 0 else at - self.crossing

    def after_decision(self, clock: str) -> float | None:
        """Milliseconds from the device's decision to a clock."""
        at = self._at(clock)
        return None if at is None or self.alarm is None else at - self.alarm.decided

    def after_possible(self, clock: str) -> float | None:
        """Milliseconds from when a fault, where there was one, let it be."""
        at = self._at(clock)
        possible = self.raise_from if clock == "local" else self.send_from
        return None if at is None else at - max(self.crossing, possible)

    def _at(self, clock: str) -> float | None:
        if clock == "local":
            return None if self.alarm is None else self.alarm.local
        at: float | None = getattr(self, clock)
        return at


@dataclass(slots=True)
class Score:
    """The judgement on a run; counts that could not be observed are None."""

    judged: list[Judged]
    raised: int
    stored: int
    acknowledged: int | None
    undetected: int | None
    missed: int
    late: int | None
    false: int | None
    duplicate: int | None
    out_of_order: int | None
    failures: list[str]
    excused: int = 0  # not raised, because a fault of the run kept the device from it

    @property
    def true(self) -> int:
        return sum(1 for one in self.judged if one.row.expect == "must")

    @property
    def alarm_of_row(self) -> dict[str, AlarmClocks]:
        """The alarm that answered each truth row."""
        return {one.row.id: one.alarm for one in self.judged if one.alarm is not None}

    @property
    def passed(self) -> bool:
        return not self.failures

    def counts(self) -> dict[str, int | None]:
        names = ("true", "raised", "stored", "acknowledged", "undetected", "missed", "late", "false", "excused")
        return {name: getattr(self, name) for name in (*names, "duplicate", "out_of_order")}


def score(
    truth: Sequence[TruthRow],
    alarms: Iterable[AlarmClocks],
    feed: Sequence[FeedEvent] | None,
    world_zero: float = 0.0,
    epoch_zero: float = 0.0,
    acknowledgement_expected: bool = True,
    horizon: float = inf,
    by_puback: bool = False,
    excuses: Excuses | None = None,
) -> Score:
    """Judge a run.

    `world_zero`: the run's clock at world time 0; `epoch_zero`: epoch ms at the run's clock 0; `feed` None: nothing
    was observed but stored-acks, so order and repeated commits are unknown, and ingest is its upper bound; `horizon`:
    rows that cross later explain alarms but are not judged, since the run ended before their limits; `by_puback`: with
    no feed, the PUBACK counts as ingest, since it was asked for: it says that a broker has the alarm, and no more;
    `excuses`: what faults of the run kept devices from.
    """
    judged = [Judged(row, world_zero + row.crossing_ms) for row in truth]
    by_name = {alarm.id: alarm for alarm in alarms}
    false, duplicates = _match(judged, by_name.values(), excuses or Excuses())
    effects = _effects(feed, epoch_zero, by_name) if feed is not None else None
    _clocks(judged, effects, by_puback)
    # A second alarm shows at its device; a second commit of one alarm shows nowhere but in the feed.
    duplicate, out_of_order = len(duplicates) or None, None
    if effects is not None:
        false += [f"{name} is stored, and no device raised it" for name in effects.stored if name not in by_name]
        duplicates += [f"{name} is stored twice" for name in effects.repeated]
        duplicate, out_of_order = len(duplicates), len(effects.disordered)
    judged = [one for one in judged if one.crossing <= horizon]
    must = [one for one in judged if one.row.expect == "must"]
    for one in must:
        if excuses is not None:
            _excuse(one, excuses)
        _limits(one, acknowledgement_expected)
    acknowledged = sum(1 for one in must if one.acknowledged is not None)
    return Score(
        judged,
        raised=sum(1 for one in must if one.alarm is not None),
        stored=sum(1 for one in must if one.ingest is not None),
        acknowledged=acknowledged if acknowledgement_expected or acknowledged else None,
        undetected=sum(1 for one in must if one.alarm is None and one.excused is None),
        excused=sum(1 for one in must if one.alarm is None and one.excused is not None),
        missed=sum(1 for one in must if one.alarm is not None and one.ingest is None),
        late=sum(1 for one in must if "ingest" in one.late),
        false=len(false),
        duplicate=duplicate,
        out_of_order=out_of_order,
        failures=[
            *(f"false: {text}" for text in false),
            *(f"duplicate: {text}" for text in duplicates),
            *(f"out of order: {text}" for text in (effects.disordered if effects is not None else ())),
            *(text for one in must for text in _failures(one)),
        ],
    )


def _match(judged: list[Judged], alarms: Iterable[AlarmClocks], excuses: Excuses) -> tuple[list[str], list[str]]:
    """Gives each alarm to its row; says which belong to no row, and which are the second of one episode."""
    rows: dict[tuple[str, int], list[Judged]] = {}
    for one in sorted(judged, key=lambda one: one.crossing):
        rows.setdefault((one.row.device, one.row.code), []).append(one)
    false: list[str] = []
    duplicates: list[str] = []
    for alarm in sorted(alarms, key=lambda alarm: alarm.decided):
        mine = rows.get((alarm.device, alarm.code), [])
        at = bisect_left([one.crossing for one in mine], alarm.decided + TICK_MS) - 1
        # Several of one number may be true at once, each child of a gateway: an older row may explain it as well.
        while at > 0 and mine[at].alarm is not None and mine[at].row.expect == mine[at - 1].row.expect == "may":
            at -= 1
        if at < 0 or mine[at].row.expect == "must_not":
            if not excuses.blinded(alarm.device, alarm.decided):
                false.append(f"{alarm.id} (code {alarm.code}) has no cause at {alarm.decided:.0f} ms")
        elif mine[at].alarm is not None:
            duplicates.append(f"{alarm.id} is a second alarm of {mine[at].row.id}")
        else:
            mine[at].alarm = alarm
    return false, duplicates


@dataclass(slots=True)
class _Effects:
    """What the feed says of the backend: times on the run's clock, and what should not be."""

    stored: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)


def _effects(feed: Sequence[FeedEvent], epoch_zero: float, known: Container[str]) -> _Effects:
    effects = _Effects()
    last: dict[tuple[str, int], FeedEvent] = {}
    for event in feed:
        if is_finding(event.code):
            continue  # of the backend itself: no device has raised it
        at = event.at - epoch_zero
        if at < 0 and event.alarm not in known:
            continue  # of an earlier run, in a file that has grown since
        if event.event == "shown":
            effects.shown.setdefault(event.alarm, at)
        elif event.event == "stored":
            if event.alarm in effects.stored:
                effects.repeated.append(event.alarm)
                continue
            effects.stored[event.alarm] = at
            # Order is promised within one device and one priority.
            lane = (event.device, severity(event.code) if is_alarm(event.code) else 0)
            before = last.get(lane)
            if before is not None and (before.boot, before.seq) > (event.boot, event.seq):
                effects.disordered.append(f"{event.alarm} is stored after {before.alarm}")
            last[lane] = event
    return effects


def _clocks(judged: list[Judged], effects: _Effects | None, by_puback: bool) -> None:
    for one in judged:
        alarm = one.alarm
        if alarm is None:
            continue
        if effects is not None:
            one.ingest = effects.stored.get(alarm.id)
        else:
            one.ingest = alarm.puback if by_puback else alarm.stored
        one.shown = None if effects is None else effects.shown.get(alarm.id)
        one.acknowledged = alarm.acknowledged


def _excuse(one: Judged, excuses: Excuses) -> None:
    decided = None if one.alarm is None else one.alarm.decided
    excuse = excuses.of(one.row.device, one.crossing, one.row.limits, decided)
    one.excused, one.raise_from, one.send_from = excuse.why, excuse.raise_from, excuse.send_from


def _limits(one: Judged, acknowledgement_expected: bool) -> None:
    """Which clocks broke their limits. Local and ingest must be seen; shown only if a console was there."""
    for clock in CLOCKS:
        limit = one.row.limits.get(f"{clock}_ms")
        if limit is None:
            continue
        after = one.after_possible(clock)
        if after is None:
            if clock in ("local", "ingest") or (clock == "acknowledged" and acknowledgement_expected):
                one.missing.append(clock)
        elif after > limit:
            one.late.append(clock)


def _failures(one: Judged) -> Iterator[str]:
    """What went wrong with a row that must be raised. What follows from a miss is not told again."""
    what = f"{one.row.alarm} at {one.row.name}"
    if one.alarm is None and one.excused is not None:
        return
    if one.alarm is None:
        yield f"undetected: {what}: the device did not raise it"
        return
    if one.ingest is None:
        yield f"missed: {what}: {one.alarm.id} was raised and never stored"
    for clock in one.late:
        word = "late" if clock == "ingest" else "over its limit"
        limit = one.row.limits[f"{clock}_ms"]
        possible = one.raise_from if clock == "local" else one.send_from
        since = "the crossing" if possible <= one.crossing else "a fault of the run was over"
        yield f"{word}: {what}: {clock} {one.after_possible(clock):.0f} ms after {since}, limit {limit} ms"
    for clock in one.missing:
        if clock == "local" or (clock == "acknowledged" and one.ingest is not None):
            yield f"missing: {what}: {clock} was never seen"
