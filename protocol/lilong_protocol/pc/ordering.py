"""The order of events: by (boot, seq) within a device; a gap waits, is asked for once, waits, and is passed."""

from typing import Generic, NamedTuple, TypeVar

GAP_MS = 10_000  # until a gap is asked for, and again until it is passed
WAITING_MAX = 64  # frames beyond a gap; more of them end its wait

Item = TypeVar("Item")
Gap = tuple[int, int, int]  # boot, first and last missing number


class Ready(NamedTuple, Generic[Item]):
    """The events whose turn it is, in order; the gaps that were passed; the gap to be asked for now."""

    items: list[Item]
    gaps: list[Gap]
    wanted: Gap | None


class Order(Generic[Item]):
    """The events of one device. Alarms never pass through here: they are never held back."""

    __slots__ = ("_asked", "_asked_ms", "_waiting", "boot", "seq")

    def __init__(self, boot: int = 0, seq: int = 0) -> None:
        self.boot = boot  # the last event let through
        self.seq = seq
        self._waiting: dict[tuple[int, int], tuple[int, Item]] = {}  # (boot, seq): arrival, item
        self._asked: tuple[int, int] | None = None  # (boot, last number) of the gap that was asked for
        self._asked_ms = 0

    def late(self, boot: int, seq: int) -> bool:
        """Its place has been passed: it may be recorded, but may change nothing any more."""
        return (boot, seq) <= (self.boot, self.seq)

    def add(self, now_ms: int, boot: int, seq: int, item: Item) -> None:
        """Take an event that is neither late nor a repeat."""
        self._waiting[(boot, seq)] = (now_ms, item)

    def deadline(self) -> int | None:
        """Epoch ms at which the present gap must be looked at again; None when nothing waits."""
        if not self._waiting:
            return None
        if self._was_asked(min(self._waiting)[0]):
            return self._asked_ms + GAP_MS
        return min(arrived for arrived, _ in self._waiting.values()) + GAP_MS

    def nothing_comes(self) -> None:
        """The device has nothing of the gap that it was asked for."""
        if self._asked is not None:
            self._asked_ms -= GAP_MS

    def ready(self, now_ms: int, live_boot: int = 0) -> Ready[Item]:
        """What the present instant lets through. `live_boot`: the latest boot known of the device."""
        items: list[Item] = []
        gaps: list[Gap] = []
        waiting = self._waiting
        while waiting:
            boot, seq = key = min(waiting) if len(waiting) > 1 else next(iter(waiting))
            # What a device had not said when its power went is not missing: a boot begins at 1.
            first = self._first(boot)
            if seq > first and not self._over(now_ms, boot, live_boot):
                due = self.deadline()
                if self._was_asked(boot) or (due is not None and now_ms < due):
                    return Ready(items, gaps, None)
                last = self._due_until(now_ms, boot) - 1
                self._asked, self._asked_ms = (boot, last), now_ms
                return Ready(items, gaps, (boot, first, last))
            if seq > first:
                gaps.append((boot, first, seq - 1))
            items.append(waiting.pop(key)[1])
            self.boot, self.seq = boot, seq
        return Ready(items, gaps, None)

    def _first(self, boot: int) -> int:
        """The number that is expected next, in `boot`."""
        return self.seq + 1 if boot == self.boot else 1

    def _was_asked(self, boot: int) -> bool:
        """The present gap, in `boot`, or what is left of it, has been asked for."""
        return self._asked is not None and self._asked[0] == boot and self._first(boot) <= self._asked[1]

    def _due_until(self, now_ms: int, boot: int) -> int:
        """The highest number that has waited for long enough: one request brings whatever is missing below it."""
        due = now_ms - GAP_MS
        return max(seq for (b, seq), (arrived, _) in self._waiting.items() if b == boot and arrived <= due)

    def _over(self, now_ms: int, boot: int, live_boot: int) -> bool:
        """The present gap, in `boot`, is waited for no more: a later boot, too many beyond it, or asked in vain."""
        waiting = self._waiting
        if boot < live_boot or len(waiting) > WAITING_MAX or max(waiting)[0] > boot:
            return True
        return self._was_asked(boot) and now_ms >= self._asked_ms + GAP_MS
