"""Wearers who leave the estate: errands, which are nobody's affair, and those whose care plan has a fence.

A band knows how far outside a fence it is when its wearer's care plan has one: here that of people with dementia, for
whom family and doctor have asked for it. All others go where they like, and their bands see no fence; with somebody
at their side the fenced go out with the fence lifted. What is left is who wanders off alone, and must be told, and a
few steps outside the gate, which must not.
"""

from __future__ import annotations

from dataclasses import dataclass

from lilong_simulator.estate import Device, Estate, Resident
from lilong_simulator.random_streams import Stream, Streams, draw_chance
from lilong_simulator.truth import TruthRow, truth_row
from lilong_simulator.world.local_time import HOUR_MS, MINUTE_MS

# Shares and rates (assumed; of people over 60 in China about 6 % have dementia, recalled).
DEMENTIA_SHARE = 0.06
ERRANDS_PER_DAY = 0.4
WANDERINGS_PER_YEAR = 6
FEW_STEPS_PER_YEAR = 24
YEAR_DAYS = 365
FENCE_M = 50  # a band tells of its wearer beyond this, for two minutes
PACE_M = (35, 60)  # a minute
ERRAND_STEP_MS = 5 * MINUTE_MS
_ESTATE = 0  # the seed of draws that belong to the estate

Leg = tuple[int, int]  # (ms, metres outside the estate)


@dataclass(frozen=True, slots=True)
class Outing:
    """`legs` ascending, the last one back in the estate; `side` 0 to 3: which way; `fenced`: the band sees a fence."""

    cause: str
    side: int
    fenced: bool
    legs: tuple[Leg, ...]

    @property
    def begins(self) -> int:
        """When the wearer crosses the boundary."""
        return self.legs[0][0]

    @property
    def ends(self) -> int:
        """When the wearer is back."""
        return self.legs[-1][0]

    def place(self, estate: Estate, home: Device, metres: int) -> tuple[float, float]:
        """Where somebody is who has gone so far."""
        return (
            (home.x, -metres), (estate.width_m + metres, home.y), (home.x, estate.height_m + metres), (-metres, home.y),
        )[self.side]  # fmt: skip

    def row(self, band: Device) -> TruthRow | None:
        """What must, or must not, be told of it; None where nobody is tempted."""
        beyond = next((at for at, metres in self.legs if metres > FENCE_M), None)
        if not self.fenced:
            return None
        if self.cause == "wanders" and beyond is not None:
            back = next(at for at, metres in self.legs if at > beyond and metres <= FENCE_M)
            return truth_row(band, "band.geofence", beyond, self.cause, until_ms=back)
        return truth_row(band, "band.geofence", beyond or self.begins, self.cause, "must_not", until_ms=self.ends)


def fenced(estate: Estate, person: Resident) -> bool:
    """Whether a wearer's care plan has a fence."""
    return draw_chance(DEMENTIA_SHARE, _ESTATE, estate.id, "dementia", person.key)


def outing(streams: Streams, estate: Estate, person: Resident, ordinal: int, wakes: int, home_by: int) -> Outing | None:
    """The one outing of a day, between two times, or none."""
    stream = streams.stream(person.key, "outing", ordinal)
    if not fenced(estate, person):
        if not stream.chance(ERRANDS_PER_DAY):
            return None
        far, stay = stream.between(150, 900), stream.between(20, 60) * MINUTE_MS
        return _walk(stream, "errand", False, far, stay, ERRAND_STEP_MS, wakes, home_by)
    if stream.chance(WANDERINGS_PER_YEAR / YEAR_DAYS):
        far, stay = stream.between(300, 1_500), stream.between(15, 50) * MINUTE_MS
        return _walk(stream, "wanders", True, far, stay, MINUTE_MS, wakes, home_by)
    if stream.chance(FEW_STEPS_PER_YEAR / YEAR_DAYS):
        if stream.chance(0.5):  # to the other side of the street, and a chat there
            far, stay = stream.between(10, 45), stream.between(3, 15) * MINUTE_MS
            return _walk(stream, "a few steps outside", True, far, stay, MINUTE_MS, wakes, home_by)
        # to the kiosk and back: beyond the fence for less than what counts
        begins = stream.between(wakes, home_by - HOUR_MS)
        far = stream.between(60, 100)
        legs = ((begins, 30), (begins + 40_000, far), (begins + 110_000, 30), (begins + 150_000, 0))
        return Outing("a few steps outside", stream.below(4), True, legs)
    return None


def _walk(
    stream: Stream, cause: str, fence: bool, far: int, stay: int, step_ms: int, wakes: int, home_by: int
) -> Outing:
    """Out at a walking pace, a stay, and back by the same way."""
    pace = stream.between(*PACE_M) * step_ms // MINUTE_MS
    way = [min(far, n * pace) for n in range(1, far // pace + 2)]
    takes = (2 * len(way)) * step_ms + stay
    begins = stream.between(wakes, max(wakes, home_by - takes))
    legs = [(begins + n * step_ms, metres) for n, metres in enumerate(way)]
    turns = legs[-1][0] + stay
    legs += [(turns + n * step_ms, metres) for n, metres in enumerate([*reversed(way[:-1]), 0])]
    return Outing(cause, stream.below(4), fence, tuple(legs))
