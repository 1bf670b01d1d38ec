"""Virtual time: what a wire needs of it, whichever side is judged."""

import heapq
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

EPOCH_MS = 1_800_000_000_000  # at 0 of this clock

T = TypeVar("T")
Heard = TypeVar("Heard")


def run_now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for anything outside: on a virtual wire time passes inside `wait`."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise RuntimeError("a scenario in virtual time has waited for something that is not virtual")


class Virtual(Generic[Heard]):
    """A clock with an agenda. A wire says when else something is due (`_due`), and does it then (`_step`)."""

    longest_ms = 90_000_000

    def __init__(self) -> None:
        self._now = 0
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = 0
        self._take: Callable[[Heard], None] = lambda _: None

    def now(self) -> int:
        return self._now

    def epoch(self) -> int:
        return EPOCH_MS + self._now

    def listen(self, take: Callable[[Heard], None]) -> None:
        self._take = take

    async def wait(self, until: Callable[[], bool], at_most_ms: int) -> bool:
        end = self._now + at_most_ms
        while not until():
            due = [self._agenda[0][0]] if self._agenda else []
            other = self._due()
            if other is not None:
                due.append(other)
            if not due or min(due) > end:
                self._now = end
                return until()
            self._now = max(self._now, min(due))
            while self._agenda and self._agenda[0][0] <= self._now:
                heapq.heappop(self._agenda)[2]()
            self._step()
        return True

    def _at(self, after_ms: int, do: Callable[[], None]) -> None:
        self._serial += 1
        heapq.heappush(self._agenda, (self._now + after_ms, self._serial, do))

    def _due(self) -> int | None:
        """Ms of this clock."""
        raise NotImplementedError

    def _step(self) -> None:
        raise NotImplementedError
