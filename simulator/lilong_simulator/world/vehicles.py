"""The cars and cycles of the people of one core: which are at home, which are away, and who drives them.

A vehicle that is away cannot leave, one that is at home cannot come: what lanes and gates tell is a story for each
plate. Strangers' cars come and go again when their stay is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from lilong_simulator.estate import Device, Resident
from lilong_simulator.random_streams import Stream

ADULT = 18
TRIES = 5  # to find one that is not being charged
STAY_MS = (1_200_000, 14_400_000)  # of a stranger's car (assumed)


@dataclass(slots=True)
class Vehicle:
    """`number`: of its plate or tag; `card`: of who drives it; `shed`: where a cycle stands when it is at home.

    `busy_until`: it is charged, and its owner seldom takes it before.
    """

    number: int
    card: int
    shed: Device | None = None
    busy_until: int = 0


def owned(numbers: Iterable[tuple[str, int]], people: Iterable[Resident]) -> list[Vehicle]:
    """The vehicles of the flats of `people`, each driven by the first adult of its flat."""
    drivers: dict[str, int] = {}
    for person in people:
        if person.age >= ADULT:
            drivers.setdefault(person.flat.key, person.card)
    return [Vehicle(number, drivers[flat]) for flat, number in numbers if flat in drivers]


class Vehicles:
    """Those of one core. `usual`: how many of them are away when each hour of a day begins; `hour`: the first one."""

    def __init__(self, vehicles: list[Vehicle], usual: Sequence[float], stream: Stream, hour: int) -> None:
        self._usual = usual
        self._home: list[Vehicle] = []
        self._away: list[Vehicle] = []
        for vehicle in vehicles:
            out = stream.chance(usual[hour] / len(vehicles))
            (self._away if out else self._home).append(vehicle)

    @property
    def at_home(self) -> int:
        """How many are not away."""
        return len(self._home)

    def missed(self, hour: int) -> bool:
        """Whether more are away than usual at this hour."""
        return len(self._away) > self._usual[hour]

    def comes(self, stream: Stream) -> Vehicle | None:
        """One that was away is at home now; None: all are."""
        return _move(self._away, self._home, stream.below(max(1, len(self._away))))

    def leaves(self, stream: Stream, at_ms: int) -> Vehicle | None:
        """One that was at home is away now; None: all are."""
        for _ in range(TRIES):
            place = stream.below(max(1, len(self._home)))
            if not self._home or self._home[place].busy_until <= at_ms:
                break
        return _move(self._home, self._away, place)

    def idle(self, at_ms: int) -> Iterator[Vehicle]:
        """Those at home that are not being charged."""
        return (vehicle for vehicle in self._home if vehicle.busy_until <= at_ms)


@dataclass(slots=True)
class Parking:
    """The bays of an estate, and how many cars stand there."""

    bays: int
    taken: int = 0


class Strangers:
    """Cars that are no resident's, while they are in the estate."""

    def __init__(self) -> None:
        self._inside: list[tuple[int, int]] = []  # a heap: when the stay is over, plate

    @property
    def inside(self) -> int:
        """How many there are."""
        return len(self._inside)

    def comes(self, stream: Stream, at_ms: int) -> int:
        """The plate of one that comes."""
        plate = 1 + stream.below(0xFFFFFFFE)
        heappush(self._inside, (at_ms + stream.between(*STAY_MS), plate))
        return plate

    def leaves(self, at_ms: int) -> int | None:
        """The plate of one whose stay is over, or None."""
        if not self._inside or self._inside[0][0] > at_ms:
            return None
        return heappop(self._inside)[1]


def _move(here: list[Vehicle], there: list[Vehicle], at: int) -> Vehicle | None:
    if not here:
        return None
    here[at], here[-1] = here[-1], here[at]
    vehicle = here.pop()
    there.append(vehicle)
    return vehicle
