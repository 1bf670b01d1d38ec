"""Linkage judged: what other devices had to do once alarms had confirmed one another, and when they did it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .carried_out import carried_out, so_since
from .feed import FeedEvent
from .load.faults.base import UNPOWERED
from .load.faults.excuses import Excuses
from .recorder import AlarmClocks, Recorder
from .truth import Expectation


@dataclass(slots=True)
class Linked:
    """One expectation. Times in ms after the alarm that called for it; None: it did not come."""

    expectation: Expectation
    trigger: float | None  # on the run's clock; None: too few of its alarms were raised
    after: float | None = None

    @property
    def failure(self) -> str | None:
        """Why it counts against the run, in words."""
        asked = self.expectation
        if self.trigger is None:
            return None
        if asked.what == "not_cleared":
            return None if self.after is None else f"cleared: the alarm of {asked.name} must stay"
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
) -> list[Linked]:
    """Judge what must follow from alarms; `alarm_of_row` gives the alarm that answered a truth row.

    An expectation whose trigger came so late that the run ended before its limit is left out. What a device did by
    itself while faults of the run kept it from saying so, it may report after them; one without power does nothing
    before it has power again (`excuses`).
    """
    judged = []
    for expectation in expectations:
        decided = sorted(alarm_of_row[row].decided for row in expectation.after if row in alarm_of_row)
        trigger = decided[expectation.quorum - 1] if len(decided) >= expectation.quorum else None
        linked = Linked(expectation, trigger)
        if trigger is not None:
            if trigger > horizon:
                continue
            linked.after = _after(expectation, trigger, alarm_of_row, recorder, feed, epoch_zero, excuses)
        judged.append(linked)
    return judged


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
    done = carried_out(expectation.action, expectation.device, trigger, recorder.outputs)
    if done is None:
        return None
    if expectation.what == "command":
        return done - _possible(expectation, trigger, done, excuses)
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


def _possible(expectation: Expectation, trigger: float, done: float, excuses: Excuses | None) -> float:
    """From when on its device could do it."""
    if excuses is None:
        return trigger
    excuse = excuses.of(expectation.device, trigger, {"local_ms": expectation.within_ms}, done)
    return excuse.raise_from if excuse.why == UNPOWERED else trigger
