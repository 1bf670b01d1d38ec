"""One row of the truth and what came of it: its clocks, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

from ..recorder import AlarmClocks
from ..truth import TruthRow

TICK_MS = 1.0  # a device counts whole milliseconds: what the world does within one, it has felt at its beginning
CLOCKS = ("local", "ingest", "shown", "acknowledged")
AFTERWARDS = ("on_site", "ended")  # of findings: whoever was sent is there; the backend says that it is over
ALL_CLOCKS = (*CLOCKS, *AFTERWARDS)


@dataclass(slots=True)
class Judged:
    """One truth row and what came of it. Times in ms of the run's clock; None: not observed."""

    row: TruthRow
    crossing: float
    alarm: AlarmClocks | None = None
    ingest: float | None = None
    shown: float | None = None
    acknowledged: float | None = None
    on_site: float | None = None
    ended: float | None = None
    excused: str | None = None  # the fault that kept its device from raising, or for ever from telling
    unheard: bool = False  # raised where nobody could ever hear of it: its device burnt before its link was back
    raise_from: float = -inf  # the limit of the local output counts from then, if that is after the crossing
    send_from: float = -inf  # and those of the others
    late: list[str] = field(default_factory=list)  # the clocks that came after their limit
    missing: list[str] = field(default_factory=list)  # those that never came
    repeated: list[str] = field(default_factory=list)  # what is a second effect of it
    broken: list[str] = field(default_factory=list)  # of a must_not: what there is all the same
    disordered: bool = False
    cleared: float | None = None  # the backend ended it, and its device did not
    answer: str | None = None  # the backend's finding, of a row that it answers by itself
    unnamed: int = 0  # devices that the finding is about and does not name
    misnamed: int = 0  # devices that it names and is not about
    seen: bool = False  # there was a feed in which a finding would stand
    early: bool = False  # decided before it may be
    slow: bool = False  # stored later after its decision than it may be
    forgotten: float | None = None  # when the backend first lacked it among what is open, and nobody had ended it
    told: dict[str, Any] | None = None  # what the backend tells of it, where its row asks; None: it tells nothing
    untrue: list[str] = field(default_factory=list)  # what of that is not so, in words
    failures: list[str] = field(default_factory=list)  # why it counts against the run, in words

    def lasts(self, at: float) -> bool:
        """Whether what the row is about was so at a time of the run's clock."""
        until = self.row.until_ms
        return self.crossing <= at and (until is None or at <= self.crossing + until - self.row.crossing_ms)

    @property
    def answered(self) -> str | None:
        """The id of the alarm or finding that the row has got."""
        return self.answer if self.alarm is None else self.alarm.id

    def after_crossing(self, clock: str) -> float | None:
        """Milliseconds from the crossing to a clock of ALL_CLOCKS."""
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

    @property
    def transfer(self) -> float | None:
        """Milliseconds from the decision, or from when it could be sent, to the commit."""
        if self.alarm is None or self.ingest is None:
            return None
        return self.ingest - max(self.alarm.decided, self.send_from)

    def _at(self, clock: str) -> float | None:
        if clock == "local":
            return None if self.alarm is None else self.alarm.local
        at: float | None = getattr(self, clock)
        return at
