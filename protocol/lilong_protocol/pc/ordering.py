"""The order of events: by (boot, seq) within a device; a gap waits 10 s, then it is recorded and passed."""

from typing import Generic, TypeVar

GAP_MS = 10_000
WAITING_MAX = 64  # frames beyond a gap; more of them end its wait

Item = TypeVar("Item")
Gap = tuple[int, int, int]  # boot, first and last missing number


class Order(Generic[Item]):
    """The events of one device. Alarms never pass through here: they are never held back."""

    __slots__ = ("_waiting", "boot", "seq")

    def __init__(self, boot: int = 0, seq: int = 0) -> None:
        self.boot = boot  # the last event let through
        self.seq = seq
        self._waiting: dict[tuple[int, int], tuple[int, Item]] = {}  # (boot, seq): arrival, item

    def late(self, boot: int, seq: int) -> bool:
        """Its place has been passed: it may be recorded, but may change nothing any more."""
        return (boot, seq) <= (self.boot, self.seq)

    def add(self, now_ms: int, boot: int, seq: int, item: Item) -> None:
        """Take an event that is neither late nor a repeat."""
        self._waiting[(boot, seq)] = (now_ms, item)

    def deadline(self) -> int | None:
        """Epoch ms at which the present gap will have waited long enough; None when nothing waits."""
        if not self._waiting:
            return None
        return min(arrived for arrived, _ in self._waiting.values()) + GAP_MS

    def ready(self, now_ms: int) -> tuple[list[Item], list[Gap]]:
        """The events whose turn it is, in order, and the gaps that were passed."""
        items: list[Item] = []
        gaps: list[Gap] = []
        waiting = self._waiting
        while waiting:
            boot, seq = key = min(waiting) if len(waiting) > 1 else next(iter(waiting))
            # What a device had not said when its power went is not missing: a boot begins at 1.
            expected = self.seq + 1 if boot == self.boot else 1
            if seq > expected:
                deadline = self.deadline()
                if deadline is not None and now_ms < deadline and len(waiting) <= WAITING_MAX:
                    break
                gaps.append((boot, expected, seq - 1))
            items.append(waiting.pop(key)[1])
            self.boot, self.seq = boot, seq
        return items, gaps
