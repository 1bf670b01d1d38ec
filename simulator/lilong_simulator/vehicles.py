"""The plates and tags of an estate's vehicles, as the 32-bit numbers that cameras and readers make of them.

A resident's car stands in a bay; an e-bike or a bicycle belongs to a flat, and every second tag is on a bicycle.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from lilong_simulator.random_streams import draw

_ESTATE = 0
OTHERS = 4  # of so many flats one has no tag


@lru_cache(maxsize=64)
def plates(estate: str, bays: int) -> tuple[int, ...]:
    """The plate of each bay, 1 to 2**32 - 1, never the same twice."""
    return _numbers(estate, "plate", (str(bay) for bay in range(bays)))


@lru_cache(maxsize=64)
def tags(estate: str, flats: tuple[str, ...]) -> tuple[int, ...]:
    """The tag of each flat that has one, by flat key in their order."""
    return _numbers(estate, "tag", (key for number, key in enumerate(flats) if number % OTHERS))


def bicycles(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Those tags that are on bicycles."""
    return numbers[::2]


def _numbers(estate: str, what: str, owners: Iterable[str]) -> tuple[int, ...]:
    taken = {0}
    for owner in owners:
        attempt = 0
        while (number := draw(_ESTATE, estate, what, owner, attempt) >> 32) in taken:
            attempt += 1
        taken.add(number)
    return tuple(sorted(taken - {0}))
