"""The score: what the world did against what devices raised and the backend stored, by the words of definitions.

Truth rows are matched to alarms by device, code and time: an alarm belongs to the last row of its device and code
whose crossing came before its decision, or within a tick after it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from ..feed import FeedEvent
from ..load.faults.base import CUT_OFF
from ..load.faults.excuses import Excuses
from ..recorder import AlarmClocks
from ..truth import TruthRow
from . import findings as score_findings
from . import forwarded as score_forwarded
from . import recall as score_recall
from . import shares as score_shares
from . import told as score_told
from .feed_effects import Effects, effects_of
from .findings import Findings
from .judged import AFTERWARDS, ALL_CLOCKS, CLOCKS, TICK_MS, Judged

__all__ = ["CLOCKS", "Judged", "Score", "score"]

SAME_CLOCK_MS = 1_000.0  # (ours) how far a backend's clock may be off before what it says came too early


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
    wrongly_cleared: int | None = None  # ended by the backend, not by its device
    early: int = 0  # decided before it may be
    untrue: int | None = None  # something that the backend tells of it is not so
    forgotten: int | None = None  # not among what is open at the backend, and nobody has ended it
    findings: Findings = field(default_factory=Findings)
    false_alarms: list[tuple[str, str, float]] = field(default_factory=list)  # name, device, when
    recalls: list[score_recall.Recall] = field(default_factory=list)  # of what sensors do not always see
    shares: list[score_shares.Share] = field(default_factory=list)  # limits that hold for a share of all

    @property
    def true(self) -> int:
        return sum(1 for one in self.judged if one.row.expect == "must" and one.row.by == "device")

    @property
    def alarm_of_row(self) -> dict[str, AlarmClocks]:
        """The alarm that answered each truth row."""
        return {one.row.id: one.alarm for one in self.judged if one.alarm is not None}

    @property
    def passed(self) -> bool:
        return not self.failures

    def counts(self) -> dict[str, int | None]:
        names = ("true", "raised", "stored", "acknowledged", "undetected", "missed", "late", "false", "excused")
        more = ("duplicate", "out_of_order", "wrongly_cleared", "early", "untrue", "forgotten")
        return {name: getattr(self, name) for name in (*names, *more)}


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
    shown_expected: bool = False,
    local_observed: bool = True,
    clears_observed: bool = True,
    resolution_ms: float = TICK_MS,
    arrivals_expected: bool | None = None,
    ended: float = inf,
    findings_expected: bool = True,
) -> Score:
    """Judge a run.

    `world_zero`: the run's clock at world time 0; `epoch_zero`: epoch ms at the run's clock 0; `feed` None: nothing
    was observed but stored-acks, so order and repeated commits are unknown, and ingest is its upper bound; `horizon`:
    rows that cross later explain alarms but are not judged, since the run ended before their limits; `by_puback`: with
    no feed, the PUBACK counts as ingest, since it was asked for: it says that a broker has the alarm, and no more;
    `excuses`: what faults of the run kept devices from; `shown_expected`: a console was there all the time;
    `local_observed`, `clears_observed`: whether outputs of devices were seen, and that they ended alarms;
    `resolution_ms`: so long before its crossing an alarm may seem to have been decided; `arrivals_expected`: somebody
    says when officers arrive, None: where the feed says so once; `ended`: nothing was observed after it;
    `findings_expected`: False: a backend that tells of none, or forwards nothing, need not: that is not observed.
    """
    judged = [Judged(row, world_zero + row.crossing_ms) for row in truth]
    devices = [one for one in judged if one.row.by == "device"]
    backend = [one for one in judged if one.row.by == "backend"]
    excuses = excuses or Excuses()
    by_name = {alarm.id: alarm for alarm in alarms}
    false, duplicates = _match(devices, by_name.values(), excuses, resolution_ms)
    failures = [f"false: {text}" for text, _, _, _ in false]
    effects = effects_of(feed, epoch_zero, by_name) if feed is not None else None
    _clocks(devices, effects, by_puback)
    # A second alarm shows at its device; a second commit of one alarm shows nowhere but in the feed.
    duplicate, out_of_order, wrongly_cleared = len(duplicates) or None, None, None
    findings = Findings()
    forgotten: dict[str, float] | None = None
    if effects is not None:
        haunting = [name for name in effects.alarms if name not in by_name]
        false += [(name, name, name.partition("-")[0], effects.stored[name]) for name in haunting]
        failures += [f"false: {name} is stored, and no device raised it" for name in haunting]
        findings = score_findings.match(backend, effects, devices)
        duplicates += _repeated(devices, effects)
        duplicate, out_of_order = len(duplicates), len(effects.disordered)
        if clears_observed:
            wrongly_cleared = _wrongly_cleared(devices, effects, by_name.values())
        forgotten = score_told.forgotten(effects, devices)
        failures += [
            f"forgotten: {name} is not among what is open at the backend at {at:.0f} ms, and nobody has ended it"
            for name, at in (forgotten or {}).items()
        ]
    judged = [one for one in judged if one.crossing <= horizon]
    must = [one for one in judged if one.row.expect == "must" and one.row.by == "device"]
    concluded = [one for one in judged if one.row.expect == "must" and one.row.by == "backend"]
    clocks = [
        *(["local"] if local_observed else []), "ingest", *(["shown"] if shown_expected else []),
        *(["acknowledged"] if acknowledgement_expected else []),
    ]  # fmt: skip
    if effects is not None and (bool(effects.on_site) if arrivals_expected is None else arrivals_expected):
        clocks.append("on_site")
    for one in must:
        _excuse(one, one.row.device, excuses)
        _limits(one, clocks, ended)
        _early(one)
        if effects is not None:
            score_told.judge(one, effects, epoch_zero)
        one.failures += _failures(one)
    findings.true = len(concluded)
    if effects is not None:
        told_of = score_findings.told_of(effects)
        for one in concluded:
            one.seen = findings_expected or told_of(one.row.alarm)
            if not one.seen:
                continue
            score_forwarded.confirm(one, devices, effects)
            if one.row.through:
                _excuse(one, one.row.through, excuses)
            _limits(one, [*clocks, "ended"], ended)
            score_told.judge(one, effects, epoch_zero)
            one.failures += _failures(one)
        findings.stored = sum(1 for one in concluded if one.answer is not None)
        if concluded and not any(one.seen for one in concluded):
            findings.missed = None
        else:
            findings.missed = sum(one.seen and one.answer is None and one.excused is None for one in concluded)
        findings.late = sum(1 for one in concluded if "ingest" in one.late)
    acknowledged = sum(1 for one in must if one.acknowledged is not None)
    recalls = score_recall.recalls(must)
    shares = score_shares.shares(must, concluded, clocks, ended)
    return Score(
        judged,
        raised=sum(1 for one in must if one.alarm is not None),
        stored=sum(1 for one in must if one.ingest is not None),
        acknowledged=acknowledged if acknowledgement_expected or acknowledged else None,
        undetected=sum(1 for one in must if one.alarm is None and one.excused is None),
        excused=sum(1 for one in must if one.unheard or (one.alarm is None and one.excused is not None)),
        missed=sum(1 for one in must if one.alarm is not None and one.ingest is None and not one.unheard),
        late=sum(1 for one in must if "ingest" in one.late),
        false=len(false),
        duplicate=duplicate,
        out_of_order=out_of_order,
        wrongly_cleared=wrongly_cleared,
        early=sum(one.early for one in (*must, *concluded)),
        untrue=score_told.untrue([*must, *concluded]),
        forgotten=None if forgotten is None else len(forgotten),
        findings=findings,
        false_alarms=[(name, device, at) for _, name, device, at in false],
        recalls=recalls,
        shares=shares,
        failures=[
            *failures,
            *(f"duplicate: {text}" for text in duplicates),
            *(f"out of order: {text}" for text in (effects.disordered.values() if effects is not None else ())),
            *findings.failures,
            *(text for one in (*must, *concluded) for text in _failures(one)),
            *(one.failure for one in recalls if one.failure is not None),
            *(one.failure for one in shares if one.failure is not None),
        ],
    )


def _match(
    judged: list[Judged], alarms: Iterable[AlarmClocks], excuses: Excuses, resolution_ms: float
) -> tuple[list[tuple[str, str, str, float]], list[str]]:
    """Gives each alarm to its row; says which belong to no row, and which are the second of one episode.

    Of the false ones: what is wrong, id, device, when.
    """
    rows: dict[tuple[str, int], list[Judged]] = {}
    for one in sorted(judged, key=lambda one: one.crossing):
        rows.setdefault((one.row.device, one.row.code), []).append(one)
    false: list[tuple[str, str, str, float]] = []
    duplicates: list[str] = []
    for alarm in sorted(alarms, key=lambda alarm: alarm.decided):
        mine = rows.get((alarm.device, alarm.code), [])
        at = bisect_left([one.crossing for one in mine], alarm.decided + resolution_ms) - 1
        # Several of one number may be true at once, each child of a gateway: an older row may explain it as well.
        while at > 0 and mine[at].alarm is not None and mine[at].row.expect == mine[at - 1].row.expect == "may":
            at -= 1
        if at < 0 or mine[at].row.expect == "must_not":
            if not excuses.blinded(alarm.device, alarm.code, alarm.decided):
                what = f"{alarm.id} (code {alarm.code}) has no cause at {alarm.decided:.0f} ms"
                booted = excuses.booted(alarm.device, alarm.decided)
                what += "" if booted is None else f", {booted:.0f} ms after its power came back"
                false.append((what, alarm.id, alarm.device, alarm.decided))
                if at >= 0 and mine[at].lasts(alarm.decided):
                    mine[at].broken.append(alarm.id)
                    mine[at].failures.append(f"false: {alarm.id}: {mine[at].row.alarm} at {mine[at].row.name}")
        elif mine[at].alarm is not None:
            duplicates.append(f"{alarm.id} is a second alarm of {mine[at].row.id}")
            mine[at].repeated.append(alarm.id)
            mine[at].failures.append(f"duplicate: {duplicates[-1]}")
        else:
            mine[at].alarm = alarm
    return false, duplicates


def _repeated(judged: Iterable[Judged], effects: Effects) -> list[str]:
    """What was committed twice, and what came out of its order: told at its rows too."""
    by_alarm = {one.alarm.id: one for one in judged if one.alarm is not None}
    for name in (*effects.repeated, *effects.disordered):
        one = by_alarm.get(name)
        if one is not None and name in effects.disordered:
            one.disordered = True
            one.failures.append(f"out of order: {effects.disordered[name]}")
        if one is not None and name in effects.repeated:
            one.repeated.append(name)
            one.failures.append(f"duplicate: {name} is stored twice")
    findings = {event.alarm for event in effects.findings}
    return [f"{name} is stored twice" for name in effects.repeated if name not in findings]


def _wrongly_cleared(judged: Iterable[Judged], effects: Effects, alarms: Iterable[AlarmClocks]) -> int:
    """Alarms that the backend has ended and their devices have not: they latch until the device says otherwise.

    A later alarm of its device and code proves that an older one is over.
    """
    last: dict[tuple[str, int], float] = {}
    for each in alarms:
        key = (each.device, each.code)
        last[key] = max(last.get(key, each.decided), each.decided)
    for one in judged:
        alarm = one.alarm
        at = None if alarm is None else effects.cleared.get(alarm.id)
        if alarm is None or at is None or alarm.decided < last[alarm.device, alarm.code] <= at + SAME_CLOCK_MS:
            continue
        if alarm.cleared is None or alarm.cleared > at + SAME_CLOCK_MS:
            one.cleared = at
    return sum(1 for one in judged if one.cleared is not None)


def _clocks(judged: list[Judged], effects: Effects | None, by_puback: bool) -> None:
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


def _excuse(one: Judged, device: str, excuses: Excuses) -> None:
    """device: the one that has to tell."""
    decided = None if one.alarm is None else one.alarm.decided
    excuse = excuses.of(device, one.crossing, one.row.limits, decided)
    one.excused, one.raise_from, one.send_from = excuse.why, excuse.raise_from, excuse.send_from
    alarm = one.alarm
    if alarm is not None and alarm.puback is None and one.ingest is None and excuses.silenced(device, alarm.decided):
        one.excused, one.unheard = CUT_OFF, True


def _early(one: Judged) -> None:
    """Whether it was raised, or called people, before it may be."""
    earliest = one.row.limits.get("not_before_ms")
    if earliest is not None and one.alarm is not None:
        first = min(one.alarm.decided, one.alarm.local or one.alarm.decided)
        one.early = first - one.crossing < earliest - TICK_MS


def _limits(one: Judged, expected: Sequence[str], ended: float) -> None:
    """Which clocks broke their limits, and which of the expected ones never came."""
    for clock in ALL_CLOCKS:
        limit = one.row.limits.get(f"{clock}_ms")
        if limit is None or (clock == "local" and one.row.by == "backend"):
            continue
        after = one.after_possible(clock)
        if after is None:
            too_soon = clock in AFTERWARDS and one.crossing + limit > ended
            if clock in expected and not too_soon and (clock == "local" or not one.unheard):
                one.missing.append(clock)
        elif after > limit:
            one.late.append(clock)
    limit = one.row.limits.get("transfer_ms")
    one.slow = limit is not None and (one.transfer or 0.0) > limit and "ingest" not in one.late
    if one.slow:
        one.late.append("ingest")


def _failures(one: Judged) -> Iterator[str]:
    """What went wrong with a row that must be raised. What follows from a miss is not told again."""
    what = f"{one.row.alarm} at {one.row.name or 'the estate'}"
    if one.row.by == "backend" and not one.seen:
        return
    if one.row.by == "backend" and one.answer is None:
        if one.excused is None:
            yield f"missed: {what}: the backend never found it ({one.row.cause})"
        return
    if one.answered is None:
        if one.excused is None and one.row.recall is None:
            yield f"undetected: {what}: the device did not raise it"
        return
    if one.ingest is None and not one.unheard:
        told = " though its stored-ack said so" if one.alarm is not None and one.alarm.stored is not None else ""
        yield f"missed: {what}: {one.answered} was raised and never stored{told}"
    if one.cleared is not None:
        yield f"cleared: {what}: {one.answered} was ended by the backend, and its device had not ended it"
    if one.slow:
        since = "its decision, or when it could be sent"
        yield f"late: {what}: ingest {one.transfer:.0f} ms after {since}, limit {one.row.limits['transfer_ms']} ms"
    for clock in one.late:
        if clock == "ingest" and one.slow:
            continue
        word = "late" if clock == "ingest" else "over its limit"
        limit = one.row.limits[f"{clock}_ms"]
        possible = one.raise_from if clock == "local" else one.send_from
        since = "the crossing" if possible <= one.crossing else "a fault of the run was over"
        since = "it was confirmed" if one.row.after else since
        yield f"{word}: {what}: {clock} {one.after_possible(clock):.0f} ms after {since}, limit {limit} ms"
    for clock in one.missing:
        if clock == "local" or (clock != "ingest" and one.ingest is not None):
            yield f"missing: {what}: {clock} was never seen"
    if one.early and one.row.after:
        yield f"early: {what}: {one.answer} came {one.send_from - (one.ingest or 0):.0f} ms before it was confirmed"
    elif one.early:
        first = min(one.alarm.decided, one.alarm.local or one.alarm.decided) if one.alarm is not None else 0.0
        earliest = one.row.limits["not_before_ms"]
        yield f"early: {what}: raised {first - one.crossing:.0f} ms after the crossing, not before {earliest} ms"
    for untrue in one.untrue:
        yield f"untrue: {what}: {untrue}"
    if one.unnamed:
        yield f"incomplete: {what}: {one.answered} does not name {one.unnamed} of its {len(one.row.members)} devices"
    if one.misnamed:
        yield f"incomplete: {what}: {one.answered} names {one.misnamed} devices that it is not about"
