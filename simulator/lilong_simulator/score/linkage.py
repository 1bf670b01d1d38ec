"""Linkage judged: what other devices had to do once alarms had confirmed one another, and when they did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from lilong_protocol.pc.findings import IMPOSSIBLE_PASSAGE

from ..carried_out import carried_out, so_since, undone
from ..feed import RECORDED, REVOKED, FeedEvent
from ..load.faults.base import UNPOWERED
from ..load.faults.excuses import Excuses
from ..recorder import AlarmClocks, Recorder
from ..truth import Expectation
from . import latched, of_network, of_time, passages


@dataclass(slots=True)
class Linked:
    """One expectation. Times in ms after the alarm that called for it; None: it did not come."""

    expectation: Expectation
    trigger: float | None  # on the run's clock; None: too few of its alarms were raised
    after: float | None = None
    wrong: str | None = None  # what else is wrong with it, in words

    @property
    def failure(self) -> str | None:
        """Why it counts against the run, in words."""
        asked = self.expectation
        if self.trigger is None:
            return None
        if self.wrong is not None:
            return self.wrong
        if asked.what == "not_cleared":
            return None if self.after is None else f"cleared: the alarm of {asked.name} must stay"
        if asked.what == "latched":
            if self.after is None:
                return None
            ended = f"{asked.action} at {asked.name} ended after {self.after:.0f} ms"
            return f"unlatched: {ended}, and nobody had reset it"
        if asked.what == "kept":
            if self.after is None:
                return None
            return f"undone: {asked.action} at {asked.name}, {self.after:.0f} ms after the alarm, which stands"
        if self.after is None:
            return f"missing: {asked.action} at {asked.name}: {asked.what}"
        if asked.within_ms is not None and self.after > asked.within_ms:
            late = f"{asked.what} after {self.after:.0f} ms, limit {asked.within_ms} ms"
            return f"late: {asked.action} at {asked.name}: {late}"
        return None


def judge(
    expectations: Sequence[Expectation],
    alarm_of_row: Mapping[str, AlarmClocks],
    recorder: Recorder,
    feed: Sequence[FeedEvent],
    epoch_zero: float,
    horizon: float,
    excuses: Excuses | None = None,
    world_zero: float = 0.0,
) -> list[Linked]:
    """Judge what must follow from alarms; `alarm_of_row` gives the alarm that answered a truth row.

    An expectation whose trigger came so late that the run ended before its limit is left out. What a device did by
    itself while faults of the run kept it from saying so, it may report after them; one without power does nothing
    before it has power again (`excuses`).
    """
    judged = []
    stored = {event.alarm: event.at - epoch_zero for event in reversed(feed) if event.event == "stored"}
    groups: dict[tuple[str, str, int | None], list[str]] = {}
    for expectation in expectations:
        groups.setdefault(_group(expectation), []).append(expectation.device)
    recorded: dict[str, dict[tuple[int, int], float]] = {}
    for event in feed:
        if event.event == RECORDED:
            recorded.setdefault(event.device, {}).setdefault((event.boot, event.seq), event.at - epoch_zero)
    revoked = [event.at - epoch_zero for event in feed if event.event == REVOKED]
    driven: dict[str, list[tuple[float, str, str, int]]] = {}
    for output in recorder.outputs:
        driven.setdefault(output[1], []).append(output)
    finds_copies = any(event.code == IMPOSSIBLE_PASSAGE.number for event in feed)
    for expectation in expectations:
        if expectation.what in of_network.OF_DEVICES:
            together = groups[_group(expectation)]
            seen = of_network.of_device(expectation, recorder, world_zero, horizon, together)
            judged += [] if seen is None else [Linked(expectation, *seen)]
            continue
        if expectation.what in of_network.OF_ALARMS:
            alarm = alarm_of_row.get(expectation.after[0])
            found = of_network.of_alarm(expectation, alarm, recorder, stored or None, excuses)
            judged.append(Linked(expectation, *found))
            continue
        if expectation.from_ms is not None:
            timed = of_time.judge(
                expectation, recorder, excuses, world_zero, horizon, revoked, finds_copies,
                driven.get(expectation.device, ()), recorded.get(expectation.device, {}) if recorded else None,
            )  # fmt: skip
            judged += [] if timed is None else [Linked(expectation, *timed)]
            continue
        decided = sorted(alarm_of_row[row].decided for row in expectation.after if row in alarm_of_row)
        trigger = decided[expectation.quorum - 1] if len(decided) >= expectation.quorum else None
        linked = Linked(expectation, trigger)
        if trigger is not None:
            if trigger > horizon or (expectation.what == "latched" and not latched.is_told(feed)):
                continue
            linked.after = _after(expectation, trigger, alarm_of_row, recorder, feed, epoch_zero, excuses)
        judged.append(linked)
    passages.tell(judged)
    return judged


def _group(asked: Expectation) -> tuple[str, str, int | None]:
    """What is demanded of several devices at once."""
    return asked.incident, asked.what, asked.from_ms


def _after(
    expectation: Expectation,
    trigger: float,
    alarm_of_row: Mapping[str, AlarmClocks],
    recorder: Recorder,
    feed: Sequence[FeedEvent],
    epoch_zero: float,
    excuses: Excuses | None,
) -> float | None:
    if expectation.what == "not_cleared":
        alarm = alarm_of_row[expectation.after[0]]
        cleared = [event.at - epoch_zero for event in feed if event.event == "cleared" and event.alarm == alarm.id]
        return None if not cleared else cleared[0] - trigger
    if expectation.what == "latched":
        return latched.ended_unreset(alarm_of_row[expectation.after[0]], feed, epoch_zero)
    if expectation.what == "kept":
        return _undone(expectation, trigger, alarm_of_row, recorder)
    done = carried_out(expectation.action, expectation.device, trigger, recorder.outputs)
    if done is None:
        return None
    if expectation.what == "command":
        known = _known(expectation, trigger, alarm_of_row, recorder)
        return max(0.0, done - max(known, _possible(expectation, trigger, done, excuses)))
    # What it was already, for another cause, it has said then.
    said_from = so_since(expectation.action, expectation.device, done, recorder.outputs)
    reports = [at for at in recorder.events_sent.get(expectation.device, ()) if at >= (said_from or done)]
    if not reports:
        return None
    since = trigger
    if excuses is not None:
        limits = {"ingest_ms": expectation.within_ms}
        since = max(trigger, excuses.of(expectation.device, trigger, limits, done).send_from)
    return max(0.0, reports[0] - since)


def _undone(
    expectation: Expectation, trigger: float, alarm_of_row: Mapping[str, AlarmClocks], recorder: Recorder
) -> float | None:
    """How long after the trigger it was taken back while one of the alarms stood; None: it was not.

    The alarm of a device that is no more ends with it here: nobody can end it there.
    """
    done = carried_out(expectation.action, expectation.device, trigger, recorder.outputs)
    alarms = [alarm_of_row[row] for row in expectation.after if row in alarm_of_row]
    over = max(one.cleared or recorder.burnt.get(one.device, inf) for one in alarms)
    at = None if done is None else undone(expectation.action, expectation.device, done, recorder.outputs)
    return None if at is None or at >= over else at - trigger


def _known(
    expectation: Expectation, trigger: float, alarm_of_row: Mapping[str, AlarmClocks], recorder: Recorder
) -> float:
    """When so many of its alarms could be known that it follows: of one whose first try the network lost, when that
    had delivered it."""
    alarms = [alarm_of_row[row] for row in expectation.after if row in alarm_of_row]
    times = sorted(_came(one, recorder) for one in alarms)
    return max(trigger, times[expectation.quorum - 1])


def _came(alarm: AlarmClocks, recorder: Recorder) -> float:
    said = recorder.said.get(alarm.device)
    tries = [] if said is None else said.raises.get((alarm.boot, alarm.seq), [])
    if alarm.puback is None or sum(at <= alarm.puback for at in tries) <= 1:
        return alarm.decided
    return alarm.puback


def _possible(expectation: Expectation, trigger: float, done: float, excuses: Excuses | None) -> float:
    """From when on its device could do it."""
    if excuses is None:
        return trigger
    excuse = excuses.of(expectation.device, trigger, {"local_ms": expectation.within_ms}, done)
    return excuse.raise_from if excuse.why == UNPOWERED else trigger
