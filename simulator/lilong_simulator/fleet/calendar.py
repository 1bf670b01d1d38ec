"""A calendar of due times: a dict of buckets and a heap of the distinct times, cheaper than a heap of items.

Devices that boot on a grid share deadlines, so that most items fall into a bucket that is there already.
"""

from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class Calendar(Generic[T]):
    """Items by due time (integer ms). Items of one time come out in the order they went in.

    `times`: a heap of the times that have items, the earliest first; for looking at, not for changing.
    """

    __slots__ = ("_buckets", "times")

    def __init__(self) -> None:
        self._buckets: dict[int, list[T]] = {}
        self.times: list[int] = []

    def add(self, at: int, item: T) -> None:
        bucket = self._buckets.get(at)
        if bucket is None:
            self._buckets[at] = [item]
            heappush(self.times, at)
        else:
            bucket.append(item)

    def next(self) -> int | None:
        """The earliest time with an item."""
        return self.times[0] if self.times else None

    def pop(self) -> list[T]:
        """All items of the earliest time."""
        return self._buckets.pop(heappop(self.times))
