"""What a backend itself must conclude, judged from its observed feed alone: rows of the truth `by` "backend".

A finding answers a row of the same name that crossed before it and, where the row has a device, names that device.
Devices raise none of it; without a feed nothing of it is observed, and every figure is None. False is what a must_not
forbids, and what nothing but a cause of its own can bring about, as a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lilong_protocol.pc.findings import ALARM_FORWARDED, FIRE_FORWARDED

from ..feed import FeedEvent
from . import forwarded
from .apart import told_apart
from .feed_effects import Effects
from .judged import Judged

DAILY = ("comms.", "care.", "weather.")  # what daily life and faults bring about, of which the truth has no row
LABELLED = "quality."  # judged against the labels of data faults (`quality_score`), never here


FORWARDED = (FIRE_FORWARDED.name, ALARM_FORWARDED.name)


@dataclass(slots=True)
class Findings:
    """The judgement on them. None: there was no feed."""

    true: int = 0
    stored: int | None = None
    missed: int | None = None
    late: int | None = None
    false: int | None = None
    duplicate: int | None = None
    failures: list[str] = field(default_factory=list)
    baseless: list[tuple[str, str, float]] = field(default_factory=list)  # the false ones: name, device, at

    def counts(self) -> dict[str, int | None]:
        return {name: getattr(self, name) for name in ("true", "stored", "missed", "late", "false", "duplicate")}


def match(judged: Sequence[Judged], effects: Effects, devices: Sequence[Judged] = ()) -> Findings:
    """Gives each finding to its row, and judges those that have none; `devices`: the rows of what they raise."""
    found = Findings(stored=0, missed=0, late=0, false=0, duplicate=0)
    rows: dict[str, list[Judged]] = {}
    by_row = {one.row.id: one for one in devices}
    for one in sorted(judged, key=lambda one: one.crossing):
        rows.setdefault(one.row.alarm, []).append(one)
    for event in effects.findings:
        if event.name.startswith(LABELLED) and event.name not in rows:
            continue
        at = effects.stored[event.alarm]
        mine = [one for one in rows.get(event.name, ()) if one.row.device in ("", event.device) and one.crossing <= at]
        mine = [one for one in mine if forwarded.may_answer(one, event, by_row)]
        free = [one for one in mine if one.answer is None]
        # What must be told is answered first, then the latest that explains it.
        for expect in ("must", "may"):
            if wanted := [one for one in free if one.row.expect == expect]:
                _answer(wanted[-1], event, effects)
                break
        else:
            _unwanted(found, mine, event, effects)
    names = {event.alarm for event in effects.findings}
    for name in effects.repeated:
        if name in names:
            found.failures.append(f"duplicate: {name} is stored twice")
    found.failures += told_apart(judged, effects)
    found.duplicate = sum(1 for text in found.failures if text.startswith("duplicate"))
    found.false = len(found.baseless)
    return found


def told_of(effects: Effects) -> Callable[[str], bool]:
    """Whether a backend tells of findings like one of that name at all: of what it concludes, or forwards, once."""
    names = {event.name for event in effects.findings if not event.name.startswith(LABELLED)}
    forwards = bool(names & set(FORWARDED) or effects.confirmed)
    concludes = bool(names - set(FORWARDED))
    return lambda name: forwards if name in FORWARDED else concludes


def _answer(one: Judged, event: FeedEvent, effects: Effects) -> None:
    one.answer = event.alarm
    one.ingest = effects.stored[event.alarm]
    one.shown = effects.shown.get(event.alarm)
    one.acknowledged = effects.acknowledged.get(event.alarm)
    one.on_site = effects.on_site.get(event.alarm)
    one.ended = effects.cleared.get(event.alarm)
    told = set(effects.members[event.alarm])
    one.unnamed = len(set(one.row.members) - told)
    one.misnamed = len(told - set(one.row.members)) if one.row.members else 0


def _unwanted(found: Findings, mine: Sequence[Judged], event: FeedEvent, effects: Effects) -> None:
    what, at = f"{event.alarm} ({event.name})", effects.stored[event.alarm]
    forbidden = [one for one in mine if one.row.expect == "must_not" and one.lasts(at)]
    open_still = [one for one in mine if one.answer is not None and effects.cleared.get(one.answer, at) >= at]
    if forbidden:
        forbidden[-1].broken.append(event.alarm)
        forbidden[-1].failures.append(f"false: {what} must not be")
        found.failures.append(f"false: {what} must not be, {forbidden[-1].row.cause}")
    elif open_still:
        open_still[-1].repeated.append(event.alarm)
        open_still[-1].failures.append(f"duplicate: {what} is a second finding of {open_still[-1].row.id}")
        found.failures.append(open_still[-1].failures[-1])
        return
    elif event.name.startswith(DAILY) or forwarded.founded(event, effects):
        return
    else:
        found.failures.append(f"false: {what} has no cause at {at:.0f} ms")
    found.baseless.append((event.name, event.device, at))
