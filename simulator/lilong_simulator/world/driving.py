"""The trips by car and by cycle of the people of one core, as movements through lanes, cycle gates and sheds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lilong_simulator.estate import Device, Estate, Resident
from lilong_simulator.estate.vehicles import cars, cycles
from lilong_simulator.random_streams import Streams
from lilong_simulator.world.lanes import Drive, drive
from lilong_simulator.world.local_time import DAY_MS
from lilong_simulator.world.rides import IN, OUT, Ride, ride
from lilong_simulator.world.vehicles import Strangers, Vehicle, Vehicles, owned
from lilong_simulator.world.ways import Ways

ALWAYS_AWAY = {"car": 0.05, "cycle": 0.2}  # of all vehicles (assumed)
RESIDENTS = 0.75  # of the passages of cars (assumed): the others are of visitors, deliveries and taxis
STRANGERS = {True: 0.12, False: 0.38}  # among the cars that come, while a core's own are missed, and else
FOR_ANYBODY = 0.95  # of the bays (assumed): with fewer free ones strangers are sent away
UNKNOWN = 0.01  # of the tags that come: nobody knows them, and their riders go round by the pedestrian gate (assumed)
SHED = 0.6  # of the cycles are put into a shed (assumed)
PARK_MS = (30_000, 90_000)
SHED_MS = (25_000, 55_000)  # from a cycle gate to a shed
NIGHT = (19, 6)  # hours in which a plate is read by headlight


@dataclass(frozen=True, slots=True)
class Trip:
    """Movements of a vehicle; `card`: of who drives it, 0 for a stranger; `ms`: longer than on foot."""

    movements: tuple[Drive | Ride, ...]
    card: int
    ms: int


class Driving:
    """The vehicles of one core; `hour`: that in which the world begins."""

    def __init__(
        self, estate: Estate, streams: Streams, core: int, people: tuple[Resident, ...], ways: Ways, hour: int
    ) -> None:
        share = len(people) / len(estate.residents)
        flats = tuple(flat.key for flat in estate.flats)
        away = ways.away()

        def vehicles(what: str, numbers: list[tuple[str, int]], out: list[float], of: float) -> Vehicles:
            own = owned(numbers, people)
            usual = [min(0.9 * len(own), ALWAYS_AWAY[what] * len(own) + count * share * of) for count in out]
            return Vehicles(own, usual, streams.stream(f"core{core}", f"first {what}"), hour)

        self._ways = ways
        self._cars = vehicles("car", cars(estate.id, estate.bays, flats), away[0], RESIDENTS)
        self._cycles = vehicles("cycle", cycles(estate.id, flats), away[1], 1.0)
        self._strangers = Strangers()
        self._parking = ways.parking
        self._parking.taken += self._cars.at_home
        self._stream = streams.stream(f"core{core}", "vehicles")
        self._sheds = _nearest(ways.sheds, estate.doors_of_core(core))
        rates = estate.rates
        night = [hour >= NIGHT[0] or hour < NIGHT[1] for hour in range(24)]
        self._misread = [rates.plate_misread_share_night if dark else rates.plate_misread_share for dark in night]

    def standing(self, device: Device, at_ms: int) -> Iterator[Vehicle]:
        """Vehicles that may be charged at a device: cars anywhere, cycles in the shed that its name begins with."""
        if device.kind == "ev_pile":
            yield from self._cars.idle(at_ms)
            return
        shed = device.name.split("/")[0]
        yield from (one for one in self._cycles.idle(at_ms) if one.shed and one.shed.name.split("/")[0] == shed)

    def comes(self, way: str, at: int, hour: int) -> Trip | None:
        """Home by car or by cycle; None where none is away, or no bay is free."""
        stream = self._stream
        if way == "cycle":
            return self._rides_in(at)
        parking = self._parking
        if parking.taken >= parking.bays:
            return None
        stranger = stream.chance(STRANGERS[self._cars.missed(hour)]) and parking.taken < parking.bays * FOR_ANYBODY
        own = None if stranger else self._cars.comes(stream)
        parking.taken += 1
        number = self._strangers.comes(stream, at) if own is None else own.number
        car = drive(stream, at, self._ways.lanes_in, number, self._misread[hour])
        return Trip((car,), own.card if own else 0, stream.between(*PARK_MS))

    def leaves(self, way: str, at: int, hour: int) -> Trip | None:
        """Out by car or by cycle, which is reached at `at`; None where none is at home."""
        stream = self._stream
        if way == "cycle":
            return self._rides_out(at)
        number, own = self._strangers.leaves(at), None
        if number is None:
            own = self._cars.leaves(stream, at)
            number = own.number if own is not None else self._strangers.leaves(at + DAY_MS)
        if number is None:
            return None
        self._parking.taken -= 1
        at += stream.between(*PARK_MS)
        return Trip((drive(stream, at, self._ways.lanes_out, number, self._misread[hour]),), own.card if own else 0, 0)

    def _rides_in(self, at: int) -> Trip | None:
        stream = self._stream
        if stream.chance(UNKNOWN):
            tag = 1 + stream.below(0xFFFFFFFE)
            return Trip((ride(stream, at, self._ways.cycles_in, IN, tag),), 0, 0)
        own = self._cycles.comes(stream)
        if own is None:
            return None
        movements = [ride(stream, at, self._ways.cycles_in, IN, own.number)]
        own.shed = stream.pick(self._sheds) if self._sheds and stream.chance(SHED) else None
        if own.shed is not None:
            movements.append(ride(stream, at + stream.between(*SHED_MS), (own.shed,), IN, own.number))
        return Trip(tuple(movements), own.card, stream.between(*PARK_MS))

    def _rides_out(self, at: int) -> Trip | None:
        stream = self._stream
        own = self._cycles.leaves(stream, at)
        if own is None:
            return None
        movements = []
        if own.shed is not None:
            movements.append(ride(stream, at, (own.shed,), OUT, own.number))
            at += stream.between(*SHED_MS)
        movements.append(ride(stream, at, self._ways.cycles_out, OUT, own.number))
        return Trip(tuple(movements), own.card, 0)


def _nearest(sheds: tuple[Device, ...], doors: tuple[Device, ...]) -> tuple[Device, ...]:
    """The shed next to the core's door."""
    if not sheds or not doors:
        return sheds
    door = doors[0]
    return (min(sheds, key=lambda shed: (shed.x - door.x) ** 2 + (shed.y - door.y) ** 2),)
