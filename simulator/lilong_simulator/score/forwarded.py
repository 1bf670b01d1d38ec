"""What a backend has forwarded, judged: not before it was confirmed, not for one detector alone, in time.

Confirmed is a fire by two independent detectors whose alarms the backend has stored, or by a person, of which the feed
says "confirmed". A line of it is the receiver's receipt. Limits count from the confirmation, not from a crossing:
before it nobody at the backend could know, and an alarm that comes late is told at its own row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lilong_protocol.codes import ALARM_SMOKE_ALARM
from lilong_protocol.pc.findings import ALARM_FORWARDED, FIRE_FORWARDED

from ..feed import FeedEvent
from .feed_effects import Effects
from .judged import Judged

SAME_CLOCK_MS = 1_000.0  # (ours) how far a backend's clock may be off
INDEPENDENT = 2  # detectors that confirm a fire (GB 50166-2019)
UNCONFIRMED = "unconfirmed"


def confirm(one: Judged, devices: Sequence[Judged], effects: Effects) -> None:
    """Fill in from when on a row could be answered, and whether it was before that."""
    if not one.row.after:
        return
    first: dict[str, float] = {}  # by device: when the backend had its alarm
    confirmed = []
    for cause in devices:
        if cause.row.id in one.row.after and cause.alarm is not None and cause.ingest is not None:
            first[cause.row.device] = min(first.get(cause.row.device, cause.ingest), cause.ingest)
            confirmed += [effects.confirmed[cause.alarm.id]] if cause.alarm.id in effects.confirmed else []
    stored = sorted(first.values())
    confirmed += stored[one.row.quorum - 1 : one.row.quorum]
    if confirmed:
        one.send_from = min(confirmed)
        one.early = one.ingest is not None and one.ingest < one.send_from - SAME_CLOCK_MS
    elif one.answer is None:
        one.excused = UNCONFIRMED  # what it lacks is told at its own row


def may_answer(one: Judged, event: FeedEvent, rows: Mapping[str, Judged]) -> bool:
    """Whether what is forwarded may be about a row: where it names devices, one of that row's."""
    if not one.row.after or not event.members:
        return True
    return any(rows[name].row.device in event.members for name in one.row.after if name in rows)


def founded(event: FeedEvent, effects: Effects) -> bool:
    """Whether what stands at no row was confirmed: daily life may bring two detectors about too."""
    at = effects.stored[event.alarm]
    if event.name not in (FIRE_FORWARDED.name, ALARM_FORWARDED.name):
        return False
    open_ones = {
        name: device for name, (device, code) in effects.devices.items()
        if effects.stored[name] <= at + SAME_CLOCK_MS and effects.cleared.get(name, at) >= at
        and (not event.members or device in event.members)
        and (event.name == ALARM_FORWARDED.name or code == ALARM_SMOKE_ALARM)
    }  # fmt: skip
    if any(effects.confirmed.get(name, at + 2 * SAME_CLOCK_MS) <= at + SAME_CLOCK_MS for name in open_ones):
        return True
    return event.name == FIRE_FORWARDED.name and len(set(open_ones.values())) >= INDEPENDENT
