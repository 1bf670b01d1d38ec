"""Until when it is asked what devices do: what a long run may forget is the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

from .recorder import AlarmClocks, Recorder
from .truth import Expectation, TruthRow

LATER_MS = 3_600_000  # (ours) so much longer it is kept


def asked_until(
    expectations: Iterable[Expectation], truth: Iterable[TruthRow], recorder: Recorder
) -> Mapping[str, float]:
    """By device, in ms of world time; inf: nobody can tell yet, as while an alarm stands that something follows."""
    rows = {row.id: row for row in truth}
    alarms: dict[tuple[str, int], list[AlarmClocks]] = {}
    for alarm in recorder.alarms.values():
        alarms.setdefault((alarm.device, alarm.code), []).append(alarm)

    def over(row: TruthRow) -> float:
        raised = [one for one in alarms.get((row.device, row.code), ()) if one.decided >= row.crossing_ms]
        gone = recorder.burnt.get(row.device, inf)
        return max((min(one.cleared or inf, gone) for one in raised), default=inf)

    until: dict[str, float] = {}
    for one in expectations:
        if one.from_ms is not None:
            end: float = (one.until_ms or one.from_ms) + (one.within_ms or 0)
        else:
            end = max((over(rows[row]) if row in rows else inf for row in one.after), default=inf)
        until[one.device] = max(end + LATER_MS, until.get(one.device, 0.0))
    return until
