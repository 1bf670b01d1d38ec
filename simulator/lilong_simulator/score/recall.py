"""What sensors do not always see, judged as a share: what they missed is apart from what the backend has lost.

A fall without free fall, a thing too small for the camera: by design a detector sees a share of what happens (rows of
the truth have it as `recall`). One that was not raised is no failure; too few of many are. What was raised and is not
stored is `missed`, as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .judged import Judged
from .proportions import bounds, percent


@dataclass(frozen=True, slots=True)
class Recall:
    """Of one alarm in an incident, or in daily life. `true`: all that happened and nothing excuses; `raised`: of them
    by their devices; `stored`: of these by the backend; `low`, `high`: the bounds of the share that devices raise."""

    incident: str | None
    alarm: str
    wanted: float
    true: int
    raised: int
    stored: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.raised / self.true

    @property
    def failure(self) -> str | None:
        """Why it counts against the run: not even by chance do so few come of the share that is wanted."""
        if self.high >= self.wanted:
            return None
        return (
            f"recall: {self.alarm}: {self.raised} of {self.true} were raised, {percent(self.share)} (95 % sure: "
            f"{percent(self.low)} to {percent(self.high)}), {percent(self.wanted)} wanted"
        )


def recalls(must: Iterable[Judged]) -> list[Recall]:
    """Of the rows that must be raised those that have a share, by incident and alarm."""
    groups: dict[tuple[str | None, str, float], list[Judged]] = {}
    for one in must:
        if one.row.recall is not None and (one.alarm is not None or one.excused is None):
            groups.setdefault((one.row.incident, one.row.alarm, one.row.recall), []).append(one)
    found = []
    for (incident, alarm, wanted), rows in groups.items():
        raised = [one for one in rows if one.alarm is not None]
        stored = sum(1 for one in raised if one.ingest is not None)
        found.append(Recall(incident, alarm, wanted, len(rows), len(raised), stored, *bounds(len(raised), len(rows))))
    return found
