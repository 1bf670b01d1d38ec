"""What a backend's feed says of an alarm or finding beside its times, and what it says is open: so, or not so.

A backend may say none of it; then nothing of it is observed. What it says must be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lilong_protocol.registry import ALARM

from ..truth import ANY, DECIDED
from .feed_effects import Effects
from .judged import Judged

SAME_CLOCK_MS = 1_000.0  # (ours) how far a backend's clock may be off
DATED_MS = 10_000.0  # a clock is right within 10 s a day (GB 50396 5.2.2)
KEYS = ("raised_at", "officer")  # said for themselves; values of what was seen are said together
LEVEL = "level"


def judge(one: Judged, effects: Effects, epoch_zero: float) -> None:
    """Fill in what is told of a row that must be answered, and what of that is not so."""
    if one.answered is None or one.answered not in effects.told:
        return
    told = effects.told[one.answered]
    wanted = dict(one.row.tells)
    if one.row.by == "device":
        wanted[LEVEL] = [ALARM[one.row.code].level] * 2
    values = [name for name in wanted if name not in (*KEYS, LEVEL)]
    observed = [name for name in wanted if name in told or (name in values and any(each in told for each in values))]
    if asked := [name for name in observed if name in one.row.tells]:
        one.told = {name: told.get(name) for name in asked}
    one.untrue += [text for name in observed for text in _untrue(one, name, wanted[name], told.get(name), epoch_zero)]


def _untrue(one: Judged, name: str, wanted: Any, said: Any, epoch_zero: float) -> Iterator[str]:
    if said is None:
        yield f"it does not tell {name}"
    elif wanted == DECIDED:
        decided = one.crossing if one.alarm is None else one.alarm.decided
        if not _number(said):
            yield f"{name} is {said!r}, no time"
        elif abs(said - epoch_zero - decided) > DATED_MS:
            yield f"{name} is {(said - epoch_zero - decided) / 1000:+.0f} s from when its device raised it"
    elif isinstance(wanted, list):
        low, high = wanted
        if not _number(said) or not low <= said <= high:
            yield f"{name} is {said}, not {low}" + (f" to {high}" if high != low else "")
    elif wanted not in (ANY, said):
        yield f"{name} is {said}, not {wanted}"


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def untrue(judged: Iterable[Judged]) -> int | None:
    """Rows of which something that is told is not so; None: nothing was told that anybody asked for."""
    rows = list(judged)
    wrong = sum(bool(one.untrue) for one in rows)
    return wrong if wrong or any(one.told is not None for one in rows) else None


def forgotten(effects: Effects, judged: Iterable[Judged]) -> dict[str, float] | None:
    """Alarms that the backend has stored, that nobody has ended, and that it lacks where it says what is open: when.

    None: it never says what is open.
    """
    if not effects.open:
        return None
    rows = {one.answered: one for one in judged if one.answered is not None}
    waiting = sorted(((effects.stored[name], name) for name in effects.alarms), reverse=True)
    alive: set[str] = set()
    found: dict[str, float] = {}
    for at, names in effects.open:
        while waiting and waiting[-1][0] <= at - SAME_CLOCK_MS:
            alive.add(waiting.pop()[1])
        alive = {name for name in alive if effects.cleared.get(name, at + 2 * SAME_CLOCK_MS) > at + SAME_CLOCK_MS}
        for name in sorted(alive - names):
            found[name] = at
            alive.discard(name)
            if name in rows:
                rows[name].forgotten = at
                rows[name].failures.append(f"forgotten: {name} is not among what is open at the backend")
    return found
