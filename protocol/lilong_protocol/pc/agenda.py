"""What is due when: of each name the earliest time that was planned. Its owner looks then, and plans anew."""

import heapq
from collections.abc import Iterator

SPARE = 64  # entries that no longer count, beside as many as there are names


class Agenda:
    """Names with a time each, in epoch ms. It never holds many more entries than names."""

    __slots__ = ("_due", "_heap")

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []  # those of `_due`, and some that an earlier one has replaced

    def __len__(self) -> int:
        """Entries held, whether they count or not."""
        return len(self._heap)

    def plan(self, name: str, at_ms: int) -> None:
        """Look at `name` at `at_ms` at the latest."""
        known = self._due.get(name)
        if known is not None and known <= at_ms:
            return
        self._due[name] = at_ms
        heapq.heappush(self._heap, (at_ms, name))
        if len(self._heap) > 2 * len(self._due) + SPARE:
            self._heap = [(due, one) for one, due in self._due.items()]
            heapq.heapify(self._heap)

    @property
    def deadline(self) -> int | None:
        """Epoch ms at which `due` must be asked; None when nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def due(self, now_ms: int) -> Iterator[str]:
        """The names whose time has come, each taken off; it may be planned anew meanwhile, for later than `now_ms`."""
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, name = heapq.heappop(self._heap)
            if self._due.get(name) == at_ms:
                del self._due[name]
                yield name
