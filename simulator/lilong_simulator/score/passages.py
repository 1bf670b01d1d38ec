"""Passages of an hour, judged over all of them: how soon a lock or an arm gave way to each that may pass.

Of all cards that are read at a place, or plates, each must be let in within a limit, and a share of them within a
tighter one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from ..carried_out import LIFT, LOWER
from ..truth import PASSES
from .proportions import enough, percent

if TYPE_CHECKING:
    from .linkage import Linked


@dataclass(frozen=True, slots=True)
class Passages:
    """All of one action of an incident that were seen; `after`: ms until each was let in, ascending, of those that
    were."""

    incident: str
    action: str
    within_ms: int
    wanted: float | None
    share_ms: int | None
    of: int
    after: tuple[float, ...]

    @property
    def kept(self) -> int:
        """How many within the tighter limit."""
        return sum(1 for each in self.after if self.share_ms is None or each <= self.share_ms)

    @property
    def share(self) -> float | None:
        """None: nothing holds for a share, or they are too few for one to fail."""
        return None if self.wanted is None or self.of < enough(self.wanted) else self.kept / self.of

    @property
    def failure(self) -> str | None:
        if self.share is None or self.wanted is None or self.share >= self.wanted:
            return None
        shares = f"{self.kept} of {self.of}, {percent(self.share)}, {percent(self.wanted)} wanted"
        return f"too few: {self.action} within {self.share_ms} ms: {shares}"

    def percentile(self, percents: int) -> float | None:
        """By nearest rank."""
        return self.after[max(0, ceil(len(self.after) * percents / 100) - 1)] if self.after else None


def passages(linked: Iterable[Linked]) -> list[Passages]:
    """Of the cards and plates that were seen."""
    groups: dict[tuple[str, str], list[Linked]] = {}
    for one in linked:
        if one.expectation.action in PASSES.values() and one.trigger is not None:
            groups.setdefault((one.expectation.incident, one.expectation.action), []).append(one)
    found = []
    for (incident, action), rows in groups.items():
        asked = rows[0].expectation
        after = sorted(one.after for one in rows if one.after is not None)
        found.append(
            Passages(incident, action, asked.within_ms or 0, asked.share, asked.share_ms, len(rows), tuple(after))
        )
    return found


def tell(linked: Sequence[Linked]) -> None:
    """Where too few were let in soon enough, the slowest says so."""
    for one in passages(linked):
        if one.failure is not None:
            group = (one.incident, one.action)
            rows = [row for row in linked if (row.expectation.incident, row.expectation.action) == group]
            slowest = max(rows, key=lambda row: -1.0 if row.after is None else row.after)
            slowest.wrong = one.failure


def arm_up(read: float, outputs: Iterable[tuple[float, str, str, int]]) -> float | None:
    """When the arm of a lane was up for who was read then: its motor, driven upwards, has stopped; None: never.

    `outputs`: of that lane, in the order of their times.
    """
    raised = up = False
    for at, _, name, value in outputs:
        if name != "barrier":
            continue
        if up and at > read:
            return read
        if value == LOWER:
            raised = up = False
        elif value == LIFT:
            raised = True
        elif raised:
            up = True
            if at >= read:
                return at
    return read if up else None
