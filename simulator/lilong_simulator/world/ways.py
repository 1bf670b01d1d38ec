"""By which way people come and go, hour by hour: on foot, by car through a lane, by cycle through a cycle gate.

A trip is by car with the chance that makes the passages of its hour as many as the estate's rate and curve say; so is
it by cycle. Poisson arrivals that are sorted by chance are Poisson arrivals of each sort, so counts and curves of
lanes and cycle gates are exact, and the doors keep theirs. Where more vehicles were to pass in an hour than people
set out, all of them go by vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Estate
from lilong_simulator.estate.vehicles import leads_out
from lilong_simulator.world.arrivals import BLOCKS, weekend_curve
from lilong_simulator.world.vehicles import Parking

if TYPE_CHECKING:
    from lilong_simulator.world.trips import Volume

HOURS = 24
FIRST_H = 4  # everybody is at home, as far as they ever are


@dataclass(frozen=True, slots=True)
class Span:
    """A block of five minutes or a part of one: its shares of the day's trips and calls, and the chances of a trip."""

    hour: int
    share_in: float
    share_out: float
    share_call: float
    car_in: float
    car_out: float
    cycle_in: float
    cycle_out: float


class Ways:
    """The gates for vehicles of an estate, and how its people choose among them. `cars`, `cycles`: passages a day."""

    def __init__(self, estate: Estate, volume: Volume) -> None:
        lanes = [lane for lane in estate.of_kind("vehicle_lane") if lane.core is None]
        self.lanes_in = tuple(lane for lane in lanes if not leads_out(lane))
        self.lanes_out = tuple(lane for lane in lanes if leads_out(lane))
        gates = [gate for gate in estate.of_kind("cycle_gate") if gate.core is None]
        self.sheds = tuple(gate for gate in gates if is_shed(gate))
        self.cycles_in, self.cycles_out = (_cycle_gates(gates, place) for place in ("in", "out"))
        self.parking = Parking(estate.bays)
        self._trips = volume.trips
        both = bool(self.lanes_in and self.lanes_out)  # who cannot leave does not come
        self.cars = estate.rates.car_passages_per_bay * estate.bays * both
        self.cycles = estate.rates.cycle_passages_per_flat * len(estate.flats) * bool(self.cycles_in)
        self._spans = {weekend: self._of_a_day(estate, volume, weekend) for weekend in (False, True)}

    def span(self, weekend: bool, hour: int, weight: float) -> Span:
        """Of a block that is `weight` times as busy as the mean of its hour."""
        day = self._spans[weekend][hour]
        weight /= BLOCKS
        return Span(
            hour, day.share_in * weight, day.share_out * weight, day.share_call * weight,
            day.car_in, day.car_out, day.cycle_in, day.cycle_out,
        )  # fmt: skip

    def away(self) -> tuple[list[float], list[float]]:
        """How many cars and cycles have left since 04:00 and not come back, when each hour of a working day begins."""
        cars, cycles = [0.0] * HOURS, [0.0] * HOURS
        for past in range(FIRST_H, FIRST_H + HOURS - 1):
            hour, span = past % HOURS, self._spans[False][past % HOURS]
            following = (hour + 1) % HOURS
            leave, come = self._trips * span.share_out, self._trips * span.share_in
            cars[following] = max(0.0, cars[hour] + leave * span.car_out - come * span.car_in)
            cycles[following] = max(0.0, cycles[hour] + leave * span.cycle_out - come * span.cycle_in)
        return cars, cycles

    def _of_a_day(self, estate: Estate, volume: Volume, weekend: bool) -> list[Span]:
        """The whole hours of a day."""
        curves = estate.curves
        door_in, door_out, call, car_in, car_out, cycle = (
            weekend_curve(curve) if weekend else curve
            for curve in (
                curves.door_in, curves.door_out, curves.call, curves.car_in, curves.car_out, curves.cycle
            )
        )  # fmt: skip
        # As many cycles come as go, and in each hour in the proportion of all people.
        ways = [i / (i + o) if i + o else 0.5 for i, o in zip(door_in, door_out, strict=True)]
        come = sum(share * way for share, way in zip(cycle, ways, strict=True)) / 100 or 0.5
        cycle_in = [min(share, share * way * 0.5 / come) for share, way in zip(cycle, ways, strict=True)]
        trips, cars, cycles = volume.trips, self.cars / 2, self.cycles
        spans = []
        for hour in range(HOURS):
            in_car, in_cycle = _chances(trips * door_in[hour], cars * car_in[hour], cycles * cycle_in[hour])
            out_car, out_cycle = _chances(
                trips * door_out[hour], cars * car_out[hour], cycles * (cycle[hour] - cycle_in[hour])
            )
            spans.append(
                Span(
                    hour, door_in[hour] / 100, door_out[hour] / 100, call[hour] / 100,
                    in_car, out_car, in_cycle, out_cycle,
                )
            )  # fmt: skip
        return spans


def is_shed(gate: Device) -> bool:
    """Whether a cycle gate is the reader of a shed: `shed3/cycle_gate`."""
    return gate.name.split("/")[-2].startswith("shed")


def _cycle_gates(gates: list[Device], place: str) -> tuple[Device, ...]:
    """Those of the boundary by which one comes in, or goes out: a gate that does not say is for both."""
    named = {"in": "out", "out": "in"}[place]
    return tuple(gate for gate in gates if not is_shed(gate) and gate.name.split("/")[-2] != named)


def _chances(people: float, cars: float, cycles: float) -> tuple[float, float]:
    """That one of so many people goes by car, by cycle."""
    wanted = cars + cycles
    if not people or not wanted:
        return 0.0, 0.0
    share = min(1.0, wanted / people)
    return share * cars / wanted, share * cycles / wanted
