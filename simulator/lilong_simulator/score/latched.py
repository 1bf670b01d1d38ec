"""Whether an alarm lasted until somebody reset its device (GB 50394: it holds to a manual reset), by what a feed says.

Of a backend that never tells of a reset nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..feed import RESET, FeedEvent
from ..recorder import AlarmClocks

SAME_CLOCK_MS = 1_000.0  # (ours) how far a backend's clock may be off


def is_told(feed: Sequence[FeedEvent]) -> bool:
    """Whether this backend tells of resets."""
    return any(event.event == RESET for event in feed)


def ended_unreset(alarm: AlarmClocks, feed: Sequence[FeedEvent], epoch_zero: float) -> float | None:
    """How long after its raise an alarm was ended, at its device or in the feed, with no reset of the device before;
    None: it was not."""
    ends = [event.at - epoch_zero for event in feed if event.event == "cleared" and event.alarm == alarm.id]
    ends += [] if alarm.cleared is None else [alarm.cleared]
    if not ends:
        return None
    resets = (event.at - epoch_zero for event in feed if event.event == RESET and event.device == alarm.device)
    if any(alarm.decided <= at <= min(ends) + SAME_CLOCK_MS for at in resets):
        return None
    return min(ends) - alarm.decided
