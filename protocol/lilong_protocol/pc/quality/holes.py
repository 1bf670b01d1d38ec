"""Numbers of a device's events that never come."""

from .limits import GAP_WAIT_MS, HOLES_MAX


class Holes:
    """Of one device. A hole is open until it is full or has been waited for; a boot begins at 1, and what was not said
    at its end is not missing. What a checker has not been there for is not missing either."""

    __slots__ = ("_boot", "_highest", "_open")

    def __init__(self) -> None:
        self._boot = -1
        self._highest = 0
        self._open: list[tuple[int, int, int]] = []  # first, last missing number; when it was seen, ms

    @property
    def deadline(self) -> int | None:
        return self._open[0][2] + GAP_WAIT_MS if self._open else None

    def take(self, now_ms: int, boot: int, seq: int) -> bool:
        """An event has arrived; False when it, or one after it, had arrived before."""
        if boot < self._boot:
            return False
        if boot > self._boot:
            fresh = self._boot < 0
            self._boot, self._open = boot, []
            self._highest = seq - 1 if fresh else 0
        if seq <= self._highest:
            self._fill(seq)
            return False
        if seq > self._highest + 1 and len(self._open) < HOLES_MAX:
            self._open.append((self._highest + 1, seq - 1, now_ms))
        self._highest = seq
        return True

    def due(self, now_ms: int) -> list[tuple[int, int, int]]:
        """(boot, first, last) of what will not come any more."""
        found = [(self._boot, first, last) for first, last, seen in self._open if seen + GAP_WAIT_MS <= now_ms]
        self._open = self._open[len(found) :]
        return found

    def _fill(self, seq: int) -> None:
        left: list[tuple[int, int, int]] = []
        for first, last, seen in self._open:
            if not first <= seq <= last:
                left.append((first, last, seen))
                continue
            if first < seq:
                left.append((first, seq - 1, seen))
            if seq < last:
                left.append((seq + 1, last, seen))
        self._open = left[:HOLES_MAX]
