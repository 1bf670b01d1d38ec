"""How long an incident has to be played, until the last of what it says can be judged."""

from __future__ import annotations

from collections.abc import Sequence

from ..estate import Estate
from ..random_streams import Streams
from ..score.judged import ALL_CLOCKS, CLOCKS
from ..truth import TruthRow
from .written import WrittenIncident

SEED = 7


def judged_s(incident: WrittenIncident, estate: Estate) -> float:
    """In s after it began."""
    from ..load.faults import FAULTS  # noqa: PLC0415  which has incidents

    story = incident.story(estate, 0, Streams(SEED))
    ends = [row.crossing_ms + _longest(row) for row in story.truth]
    ends += [row.until_ms for row in story.truth if row.expect != "must" and row.until_ms is not None]
    ends += [round((told.until_s + told.within_s) * 1000) for told in incident.content.told]
    ends += [round((one.until_s + one.within_s) * 1000) for one in incident.content.passages]
    put_off = max((_longest(row, CLOCKS) for row in story.truth), default=0)
    for fault in incident.content.faults:
        if FAULTS[fault["name"]].HINDERS is not None:  # what is put off by it comes after it
            ends.append(round((fault["at_s"] + fault["for_s"]) * 1000) + put_off)
    return max(ends, default=incident.lasts_ms) / 1000


def _longest(row: TruthRow, clocks: Sequence[str] = ALL_CLOCKS) -> int:
    return max(row.limits.get(f"{clock}_ms") or 0 for clock in clocks)
