"""One finding in place of a thousand: what is part of a lost feeder must be told as part of it, once it is known.

Who is silent before that is told alone; how many there may be by then, the feeder's own limit bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lilong_protocol.pc.findings import FEEDER_LOST, OFFLINE

from .feed_effects import Effects
from .judged import Judged

SAME_CLOCK_MS = 1_000.0  # (ours) how far a backend's clock may be off


def told_apart(judged: Iterable[Judged], effects: Effects) -> Iterator[str]:
    """In words, told at their rows too: feeders of which a backend goes on telling device by device."""
    silent = [one for one in effects.findings if one.name == OFFLINE.name]
    for one in judged:
        wanted = one.row.expect == "must" and one.row.alarm == FEEDER_LOST.name and one.row.members
        if not wanted or one.answer is None:
            continue
        since, members = effects.stored[one.answer] + SAME_CLOCK_MS, set(one.row.members)
        apart = [
            event.device for event in silent
            if event.device in members and one.lasts(effects.stored[event.alarm])
            and effects.stored[event.alarm] > since and effects.told[event.alarm].get("part_of") != one.answer
        ]  # fmt: skip
        if apart:
            text = f"apart: {len(apart)} devices are told to be silent after {one.answer}, and not as part of it"
            one.failures.append(text)
            yield text
