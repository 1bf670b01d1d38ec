"""What runs first after a deep sleep: one look at the few channels that matter, and back to sleep if all is calm.

It makes no device, uses no boot number and opens no connection. What is calm says the record that the device has left
(`rtc`): the values of which an awake device's samples would have changed nothing.
"""

from .rtc import Kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EARLY_MS = 100  # (ours) what is due so soon is due now: a sleep costs more
LONGEST_MS = 8 * 86_400_000  # no sleep is longer than a week: the clock has jumped


def sane(kept: Kept, now: int) -> bool:
    """The clock has gone on since the record was written; without that no time in it means anything."""
    return 0 <= now - kept.slept_at <= LONGEST_MS


def due(kept: Kept, now: int) -> "list[int]":
    """The channels to look at now."""
    return [watch.channel for watch in kept.watched if watch.at <= now + EARLY_MS]


def calm(kept: Kept, now: int, read: "Callable[[int], int | None]") -> bool:
    """Nothing is due, and what is looked at is calm: the device may sleep on. `read`: the value of a channel."""
    if now + EARLY_MS >= kept.start_at:
        return False
    looked = [watch for watch in kept.watched if watch.at <= now + EARLY_MS]
    for watch in looked:
        if not watch.calm(read(watch.channel)):
            return False
    for watch in looked:
        if watch.period_ms:
            watch.at += (now + EARLY_MS - watch.at) // watch.period_ms * watch.period_ms + watch.period_ms
    return True
