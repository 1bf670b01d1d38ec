"""What a feed gets wrong as a whole, told once, so that nobody has to see it in hundreds of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..feed import FeedEvent


def feed_hints(feed: Sequence[FeedEvent], known: Collection[str]) -> list[str]:
    """Warnings in words; `known`: ids of the run's devices."""
    return [*_strangers(feed, known), *_other_ids(feed)]


def _strangers(feed: Sequence[FeedEvent], known: Collection[str]) -> list[str]:
    """A feed that is about other devices alone is another run's, or writes ids in its own way."""
    about = [one.device for one in feed if one.device]
    if not about or not any(known) or any(device in known for device in about):
        return []
    return [
        f"the observed feed is about no device of this run, but about others, as {about[0]}: is it of this run, and "
        f"does it write ids as they stand in topics, as {min(filter(None, known))}?"
    ]


def _other_ids(feed: Sequence[FeedEvent]) -> list[str]:
    """An alarm goes by its device, and the boot and number of its raise; a backend that numbers them itself is not
    understood."""
    stored = [one for one in feed if one.event == "stored" and not one.is_finding]
    other = [one for one in stored if one.alarm != f"{one.device}-{one.boot}-{one.seq}"]
    if not other:
        return []
    first = other[0]
    return [
        f"{len(other)} of {len(stored)} alarms of the observed feed have ids of its own, as {first.alarm!r}: this one "
        f"is {first.device}-{first.boot}-{first.seq}, its device with boot and number of its raise"
    ]
