"""So many flats over so many cores, exactly: flats a storey, and the lowest storey with flats, of each core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_FLATS = 40  # a storey, in an estate file
FEW_EMPTY = 1  # storeys of shops and halls below the flats, as is usual


@dataclass(frozen=True, slots=True)
class Homes:
    """Of one core."""

    flats_per_storey: int
    from_storey: int


def homes_of(households: int, cores: int, storeys: int) -> list[Homes] | None:
    """The most regular way; None when there is none.

    All cores have `flats` a storey, or `few` of them another number; storeys that are too many at the foot of a core
    have halls and shops.
    """
    best: tuple[tuple[int, int, int], list[Homes]] | None = None
    for flats, few, other in _choices(households, cores, storeys):
        surplus = storeys * ((cores - few) * flats + few * other) - households
        if surplus < 0:
            continue
        for empty_other in range(min(flats, few * (storeys - 1) + 1)):
            left = surplus - empty_other * other
            if left < 0:
                break
            if left % flats or left // flats > (cores - few) * (storeys - 1):
                continue
            empty = left // flats
            cost = (_most(empty, cores - few, empty_other, few), few, flats)
            if best is None or cost < best[0]:
                best = cost, [*_spread(flats, empty, cores - few), *_spread(other, empty_other, few)]
    return None if best is None else best[1]


def nearest_homes(households: int, cores: int, storeys: int) -> Iterator[int]:
    """Numbers of flats that can be had, the nearest first; fewer than the cores are none."""
    for away in range(1, max(households, cores * storeys * MOST_FLATS)):
        for near in (households - away, households + away):
            if near >= cores and near <= cores * storeys * MOST_FLATS and homes_of(near, cores, storeys):
                yield near


def _choices(households: int, cores: int, storeys: int) -> Iterator[tuple[int, int, int]]:
    least = max(1, -(-households // (cores * storeys)))
    for flats in range(least, min(MOST_FLATS, least + 2) + 1):
        yield flats, 0, flats
        for other in (flats - 1, flats + 1, flats - 2):
            if 1 <= other <= MOST_FLATS:
                for few in range(1, cores):
                    yield flats, few, other


def _most(empty: int, cores: int, empty_other: int, few: int) -> int:
    """Empty storeys of the worst core, beyond what is usual."""
    worst = max(-(-empty // cores) if cores else 0, -(-empty_other // few) if few else 0)
    return max(0, worst - FEW_EMPTY)


def _spread(flats: int, empty: int, cores: int) -> list[Homes]:
    each, more = divmod(empty, cores) if cores else (0, 0)
    return [Homes(flats, 1 + each + (n < more)) for n in range(cores)]
