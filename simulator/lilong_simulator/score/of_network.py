"""What a network is given and what it gives, judged: alarms from their delivery on, repeats, births, beats."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise

from lilong_protocol.registry import ALARM

from ..load.faults.excuses import Excuses
from ..recorder import AlarmClocks, Recorder
from ..truth import Expectation

OF_ALARMS = ("delivered", "repeated")
OF_DEVICES = ("born", "beats", "accepted")
SECOND_MS = 1_000
Timed = tuple[float | None, float | None, str | None]  # as of_time has it
UNSEEN: Timed = (None, None, None)


def of_alarm(
    asked: Expectation, alarm: AlarmClocks | None, recorder: Recorder, stored: Mapping[str, float] | None,
    excuses: Excuses | None = None,
) -> Timed:  # fmt: skip
    """`stored`: when the backend's feed says it was, by alarm; None: there is no feed."""
    if alarm is None:
        return UNSEEN
    name = f"{ALARM[alarm.code].name} at {asked.name}"
    at = alarm.stored if stored is None else stored.get(alarm.id)
    said = recorder.said.get(asked.device)
    tries = [] if said is None else said.raises.get((alarm.boot, alarm.seq), [])
    if asked.what == "delivered":
        if alarm.puback is None or at is None:
            return UNSEEN  # nobody has seen that it came, or it is missed
        # Where the first try came through, no network stood between: all of the way from the decision on counts.
        at_once = len([one for one in tries if one <= alarm.puback]) == 1
        could = alarm.decided if excuses is None else excuses.sendable(asked.device, alarm.decided)
        since, limit = (could if at_once else alarm.puback), asked.within_ms
        after = max(0.0, at - since)
        slow = limit is not None and after > limit
        what = "its decision, though its first try came through" if at_once else "the network had delivered it"
        return since, after, f"late: {name} is stored {after:.0f} ms after {what}, limit {limit} ms" if slow else None
    if not tries or (alarm.puback is None and at is not None):
        return UNSEEN  # nobody listened; or it has been delivered, and nobody saw when
    times = [alarm.decided, *(at for at in tries if alarm.puback is None or at <= alarm.puback)]
    waited = max((then - now for now, then in pairwise(times)), default=0.0)
    slow = asked.within_ms is not None and waited > asked.within_ms
    return alarm.decided, waited, (
        f"late: {name} is said again after {waited:.0f} ms, limit {asked.within_ms} ms" if slow else None
    )  # fmt: skip


def of_device(
    asked: Expectation, recorder: Recorder, world_zero: float, horizon: float, together: Iterable[str]
) -> Timed | None:
    """None: the run ended too early to tell. `together`: all devices of which the same is demanded."""
    begin, end = world_zero + (asked.from_ms or 0), world_zero + (asked.until_ms or asked.from_ms or 0)
    said = recorder.said.get(asked.device)
    if asked.device in recorder.burnt or said is None:
        return UNSEEN
    if (end if asked.what != "born" else begin + (asked.within_ms or 0)) > horizon:
        return None
    if asked.what == "beats":
        times = [at for at in said.alive if begin <= at <= end]
        waited = max(then - now for now, then in pairwise([begin, *times, end]))
        silent = asked.within_ms is not None and waited > asked.within_ms
        return begin, 0.0, f"silent: {asked.name} for {waited:.0f} ms, limit {asked.within_ms} ms" if silent else None
    if asked.what == "accepted":
        if not said.accepts:
            return UNSEEN
        spoke = [(boot, at) for boot, at in said.spoke.items() if begin <= at <= end]
        hasty = any(not _accepted(said.accepts, said.born, boot, at) for boot, at in spoke)
        return begin, 0.0, f"hasty: {asked.name} says more than who it is before it is accepted" if hasty else None
    born = next((at for at, _ in said.born if at >= begin), None)
    theirs = (recorder.said[one].born for one in together if one in recorder.said)
    others = sorted(at for births in theirs for at, _ in births if begin <= at <= end)
    wrong = None
    if asked.most is not None and born is not None:
        crowd = bisect_right(others, born + SECOND_MS) - bisect_left(others, born)
        if crowd > asked.most and _worst(others, born, crowd):
            wrong = f"in step: {crowd} devices are born within a second of {asked.name}, at most {asked.most} may be"
    return begin, None if born is None else born - begin, wrong


def _accepted(accepts: Iterable[float], born: Iterable[tuple[float, int]], boot: int, at: float) -> bool:
    """Whether it had been accepted in that boot."""
    since = min((when for when, one in born if one == boot), default=None)
    return since is None or any(since <= when <= at for when in accepts)


def _worst(times: list[float], at: float, crowd: int) -> bool:
    """Whether no other second before it is as crowded, so that it is told once."""
    return all(bisect_right(times, one + SECOND_MS) - bisect_left(times, one) < crowd for one in times if one < at)
