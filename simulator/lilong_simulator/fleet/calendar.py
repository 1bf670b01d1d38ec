"""A calendar of due times: a dict of buckets and a heap of the distinct times, cheaper than a heap of items.

Devices that boot on a grid share deadlines, so that most items fall into a bucket that is there already.
"""

from heapq import heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


class Calendar(Generic[T]):
    """Items by due time (integer ms). Items of one time come out in the order they went in."""

    __slots__ = ("_buckets", "_times")

    def __init__(self) -> None:
        self._buckets: dict[int, list[T]] = {}
        self._times: list[int] = []

    def add(self, at: int, item: T) -> None:
        bucket = self._buckets.get(at)
        if bucket is None:
            self._buckets[at] = [item]
            heappush(self._times, at)
        else:
            bucket.append(item)

    def next(self) -> int | None:
        """The earliest time with an item."""
        return self._times[0] if self._times else None

    def pop(self) -> list[T]:
        """All items of the earliest time."""
        return self._buckets.pop(heappop(self._times))
