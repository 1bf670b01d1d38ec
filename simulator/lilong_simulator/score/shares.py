"""Limits that hold for a share of all: how soon people answer, and are there, as for telecare's calls.

Judged over every alarm of a run that a person must answer, where there are enough of them for one failure to be no
breach; below that number the share is null, and no pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .judged import Judged
from .proportions import enough, percent

ANSWERED = ((60_000, 0.975), (180_000, 0.99))  # of telecare's calls by a human, after the backend has them
ON_SITE = ((2_700_000, 0.9),)  # somebody is there, after it happened


@dataclass(frozen=True, slots=True)
class Share:
    """`kept` of `of` within `within_ms`; `of` 0 where nobody was there to do it."""

    what: str
    within_ms: int
    wanted: float
    of: int
    kept: int

    @property
    def share(self) -> float | None:
        """None: too few to say."""
        return self.kept / self.of if self.of >= enough(self.wanted) else None

    @property
    def failure(self) -> str | None:
        if self.share is None or self.share >= self.wanted:
            return None
        return (
            f"too few: {self.what} within {self.within_ms // 1000} s: {self.kept} of {self.of}, {percent(self.share)}, "
            f"{percent(self.wanted)} wanted"
        )


def shares(
    must: Iterable[Judged], concluded: Iterable[Judged], clocks: Sequence[str], ended: float
) -> list[Share]:  # fmt: skip
    """`clocks`: which were expected; `ended`: nothing was observed after it."""
    answered = [
        _after(one.acknowledged, one.ingest) for one in must
        if one.row.limits.get("acknowledged_ms") is not None and one.ingest is not None and "acknowledged" in clocks
    ]  # fmt: skip
    there = [
        _after(one.on_site, one.crossing) for one in concluded
        if one.row.limits.get("on_site_ms") is not None and one.answer is not None and "on_site" in clocks
        and one.crossing + ON_SITE[-1][0] <= ended
    ]  # fmt: skip
    return [
        *(_share("answered", within, wanted, answered) for within, wanted in ANSWERED),
        *(_share("on site", within, wanted, there) for within, wanted in ON_SITE),
    ]


def _after(at: float | None, since: float) -> float | None:
    return None if at is None else at - since


def _share(what: str, within: int, wanted: float, after: Sequence[float | None]) -> Share:
    return Share(what, within, wanted, len(after), sum(1 for each in after if each is not None and each <= within))
