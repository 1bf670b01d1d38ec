"""What a run still waits for when its duration is over: what must come, and until when it can come in time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..score.judged import CLOCKS
from ..truth import TruthRow

if TYPE_CHECKING:
    from .run import LiveRun


class Drain:
    """Of one run, whose worlds have begun."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run

    @property
    def last_limit(self) -> float:
        """When nothing that is judged can come in time any more, on the run's clock."""
        zero, faults = self._run.world_zero or 0.0, self._run.faults
        judged = self._judged()
        last = max(map(self._limit, judged), default=zero)
        return last if faults is None else max(last, faults.last_limit(judged))

    @property
    def waiting(self) -> bool:
        """Whether something that must come has not: an alarm of the truth, a stored-ack, an acknowledgement."""
        run = self._run
        rows = self._judged()
        if run.faults is not None:
            if run.faults.timeline.waiting:
                return True
            rows = run.faults.possible(rows)
        concluded = [row for row in rows if row.by == "backend"]
        if concluded and run.clock() < max(map(self._limit, concluded)):
            return True  # what a backend concludes is not seen here
        rows = [row for row in rows if row.by == "device"]
        for_people = {(row.device, row.code) for row in rows if row.limits.get("acknowledged_ms") is not None}
        alarms = run.recorder.alarms.values()
        if not run.settings.acknowledgement_expected and all(alarm.acknowledged is None for alarm in alarms):
            for_people.clear()
        answered = Counter(
            (alarm.device, alarm.code)
            for alarm in alarms
            if alarm.stored is not None
            and (alarm.acknowledged is not None or (alarm.device, alarm.code) not in for_people)
        )
        return not Counter((row.device, row.code) for row in rows) <= answered

    def _limit(self, row: TruthRow) -> float:
        """The last of a row for which a run waits, on the run's clock: not for what comes long afterwards, an officer
        who is on the way; that is judged as far as the duration reaches."""
        latest = max([row.limits.get(f"{clock}_ms") or 0 for clock in CLOCKS])
        return (self._run.world_zero or 0.0) + row.crossing_ms + latest

    def _judged(self) -> list[TruthRow]:
        """The rows that must be raised and whose crossing came before the horizon."""
        run = self._run
        horizon, zero = run.horizon, run.world_zero or 0.0
        return [row for row in run.truth if row.expect == "must" and zero + row.crossing_ms <= horizon]
