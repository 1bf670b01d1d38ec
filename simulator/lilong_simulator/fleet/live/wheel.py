"""When devices are due: to the millisecond for what comes soon, by the second for what comes later.

Nearly all deadlines are far away and change before they come, so that only those of the present second are sorted.
"""

from heapq import heappop, heappush
from typing import Protocol, TypeVar

from ..calendar import Calendar

SHIFT = 10  # 1,024 ms


class Due(Protocol):
    """`due`: the time in ms for which it stands in the wheel; what stands there for another time is out of date."""

    due: int


T = TypeVar("T", bound=Due)


class Wheel(Calendar[T]):
    """A calendar whose items know when they are due."""

    __slots__ = ("_far", "_seconds", "_sorted")

    def __init__(self) -> None:
        super().__init__()
        self._far: dict[int, list[T]] = {}
        self._seconds: list[int] = []  # of those that have an item
        self._sorted = 0  # the first second that is not in the calendar

    def add(self, at: int, item: T) -> None:
        second = at >> SHIFT
        if second < self._sorted:
            super().add(at, item)
            return
        there = self._far.get(second)
        if there is None:
            self._far[second] = [item]
            heappush(self._seconds, second)
        else:
            there.append(item)

    def next(self) -> int | None:
        """The earliest time with an item, or the beginning of the second that it is in."""
        near = super().next()
        if near is None and self._seconds:
            return self._seconds[0] << SHIFT
        return near

    def reach(self, now: float) -> None:
        """Sort what is due in this second, and what was before."""
        seconds = self._seconds
        self._sorted = max(self._sorted, (int(now) >> SHIFT) + 1)  # what is to come within this second is near
        while seconds and seconds[0] << SHIFT <= now:
            second = heappop(seconds)
            for item in self._far.pop(second):
                if item.due >> SHIFT == second:
                    super().add(item.due, item)
