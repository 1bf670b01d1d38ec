"""Pieces of updates that devices have asked for: each waits for its turn, so that no alarm waits for them.

A device has one request open (LIL-UPD-001), so there is at most one of each here: a later one takes the place of the
earlier. They leave in the order in which they came, at a steady rate; while alarms arrive they stand aside, though not
for so long that a device would give up (LIL-UPD-006).
"""

from collections.abc import Iterator
from typing import Any

PIECES_PER_S = 400  # (ours) 100 KB/s of the pieces that a small board asks for; a core serves ten times as many
TOGETHER = 8  # (ours) as many leave at one instant at most: an alarm has no more than these before it
ASIDE_MS = 100  # (ours) after an alarm
ASIDE_MAX_MS = 2_000  # (ours) a device asks again after 10 s


class Pieces:
    """Times are epoch ms."""

    def __init__(self, per_s: int = PIECES_PER_S) -> None:
        self._gap_ms = 1000 * TOGETHER / per_s
        self._waiting: dict[str, tuple[int, dict[int, Any]]] = {}  # device: boot, body of its request
        self._free = TOGETHER
        self._since_ms = 0.0  # `_free` is what there was then
        self._aside_ms = 0
        self._last_ms = 0

    def ask(self, now_ms: int, device: str, boot: int, body: dict[int, Any]) -> None:
        """A device has asked for a piece."""
        if not self._waiting:
            self._last_ms = now_ms
        self._waiting[device] = (boot, body)

    def forget(self, device: str) -> None:
        """It needs none any more."""
        self._waiting.pop(device, None)

    def alarm(self, now_ms: int) -> None:
        """An alarm has arrived: what is to be said of it goes first."""
        self._aside_ms = max(self._aside_ms, min(now_ms + ASIDE_MS, self._last_ms + ASIDE_MAX_MS))

    @property
    def deadline(self) -> int | None:
        """When a piece may leave; None while nobody waits for one."""
        if not self._waiting:
            return None
        free_ms = 0 if self._free else int(self._since_ms + self._gap_ms) + 1
        return max(self._aside_ms, free_ms)

    def due(self, now_ms: int) -> Iterator[tuple[str, int, dict[int, Any]]]:
        """Device, boot and request of those whose turn it is now."""
        if now_ms < self._aside_ms:
            return
        if now_ms - self._since_ms >= self._gap_ms:
            self._free, self._since_ms = TOGETHER, float(now_ms)
        while self._free and self._waiting:
            device = next(iter(self._waiting))
            boot, body = self._waiting.pop(device)
            self._free -= 1
            self._last_ms = now_ms
            yield device, boot, body
