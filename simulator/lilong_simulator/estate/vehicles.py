"""The plates and tags of an estate's vehicles, as the 32-bit numbers that cameras and readers make of them.

A resident's car stands in a bay; an e-bike or a bicycle belongs to a flat, and every second tag is on a bicycle.
Which lane leads out is told by the name of its place: `out`, or an even leaf of a gate.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from lilong_simulator.estate.parts import Device
from lilong_simulator.random_streams import draw

_ESTATE = 0
OTHERS = 4  # of so many flats one has no tag


@lru_cache(maxsize=64)
def plates(estate: str, bays: int) -> tuple[int, ...]:
    """The plate of each bay, 1 to 2**32 - 1, never the same twice."""
    return tuple(sorted(_plates(estate, bays)))


def cars(estate: str, bays: int, flats: tuple[str, ...]) -> list[tuple[str, int]]:
    """(flat key, plate) of each car: no flat has a second one before every flat has its first."""
    by_luck = sorted(flats, key=lambda key: draw(_ESTATE, estate, "bay", key))
    return [(by_luck[bay % len(by_luck)], plate) for bay, plate in enumerate(_plates(estate, bays))]


@lru_cache(maxsize=64)
def tags(estate: str, flats: tuple[str, ...]) -> tuple[int, ...]:
    """The tag of each flat that has one, ascending."""
    return tuple(sorted(tag for _, tag in cycles(estate, flats)))


def cycles(estate: str, flats: tuple[str, ...]) -> list[tuple[str, int]]:
    """(flat key, tag) of each flat that has an e-bike or a bicycle."""
    owners = [key for number, key in enumerate(flats) if number % OTHERS]
    return list(zip(owners, _numbers(estate, "tag", owners), strict=True))


def bicycles(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Those tags that are on bicycles."""
    return numbers[::2]


def leads_out(device: Device) -> bool:
    """Whether a lane or a cycle gate is on the way out: `drive/out/vehicle_lane`, `drive/leaf2/vehicle_lane`."""
    return device.name.split("/")[-2].endswith(("out", *"02468"))


def _plates(estate: str, bays: int) -> list[int]:
    return _numbers(estate, "plate", [str(bay) for bay in range(bays)])


def _numbers(estate: str, what: str, owners: Iterable[str]) -> list[int]:
    """A number for each owner, in their order."""
    taken = {0: None}
    for owner in owners:
        attempt = 0
        while (number := draw(_ESTATE, estate, what, owner, attempt) >> 32) in taken:
            attempt += 1
        taken[number] = None
    return list(taken)[1:]
