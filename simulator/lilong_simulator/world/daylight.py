"""Daylight: sunrise and sunset by date and place, and from them the lux that each streetlight sees, in few steps.

Solar position by the short formulae of the NOAA solar calculator (declination and equation of time as Fourier
series), good to about a minute. Times are rounded to whole seconds, so the last digit of libm has no say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import acos, cos, degrees, pi, radians, sin, tan
from typing import TYPE_CHECKING

from lilong_firmware import almanac

from lilong_simulator.estate import Device
from lilong_simulator.world.daily import Daily

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

SUNRISE_DEG = -0.833  # the upper limb on the horizon, refraction included
SPREAD_MS = 40_000  # trees and walls: not all lamps see the same light at once

# Sun's altitude in degrees and the lux from there upwards. Clear twilight falls from 585-410 lx at sunset to 5-2 lx
# at -6 degrees and 0.008 lx at -12 (AMS Glossary of Meteorology, civil and nautical twilight); between these the
# logarithm is taken as linear, above them round figures for an overcast-to-clear mean are assumed.
LUX = (
    (-6.0, 3), (-5.0, 8), (-4.0, 20), (-3.0, 55), (-2.0, 145),
    (-0.833, 480), (3.0, 3_000), (10.0, 11_000), (25.0, 35_000),
)  # fmt: skip
NIGHT_LUX = 0


def sun_crossing_s(
    day: date, latitude: float, longitude: float, utc_offset_h: float, altitude: float
) -> tuple[int, int] | None:
    """Seconds after local midnight when the sun rises and sinks through an altitude (degrees); None: it never does."""
    noon_min, cosine = _noon_and_cosine(day.timetuple().tm_yday - 1, latitude, longitude, altitude)
    if not -1 < cosine < 1:
        return None
    noon_min += utc_offset_h * 60
    half_min = 4 * degrees(acos(cosine))
    return round((noon_min - half_min) * 60), round((noon_min + half_min) * 60)


def calendar(latitude: float, longitude: float, ahead_ms: float = 0.0) -> bytes:
    """What a streetlight is given of sunset and sunrise at a place: the table of `lilong_firmware.almanac`.

    ahead_ms: so far the world's time is ahead of the clock that the lamp goes by, which tells it where the world's sun
    stands then.
    """
    table = bytearray()
    ahead_days = ahead_ms / almanac.MS_A_DAY
    for pair in range(almanac.PAIRS):
        noon_min, cosine = _noon_and_cosine(pair * almanac.SPAN_DAYS + ahead_days, latitude, longitude, SUNRISE_DEG)
        half_min = 4 * degrees(acos(max(-1.0, min(1.0, cosine))))
        for tenths in (round((noon_min - ahead_ms / 60_000) * 10) % almanac.TURN, round(half_min * 10)):
            table += tenths.to_bytes(2, "big")
    return bytes(table)


def _noon_and_cosine(day_of_year: float, latitude: float, longitude: float, altitude: float) -> tuple[float, float]:
    """Minutes from midnight UTC to solar noon, and the cosine of the hour angle at which the sun is at an altitude."""
    gamma = 2 * pi / 365 * day_of_year
    equation_min = 229.18 * (
        0.000075 + 0.001868 * cos(gamma) - 0.032077 * sin(gamma) - 0.014615 * cos(2 * gamma) - 0.040849 * sin(2 * gamma)
    )
    declination = (
        0.006918 - 0.399912 * cos(gamma) + 0.070257 * sin(gamma) - 0.006758 * cos(2 * gamma)
        + 0.000907 * sin(2 * gamma) - 0.002697 * cos(3 * gamma) + 0.00148 * sin(3 * gamma)
    )  # fmt: skip
    phi = radians(latitude)
    cosine = sin(radians(altitude)) / (cos(phi) * cos(declination)) - tan(phi) * tan(declination)
    return 720 - 4 * longitude - equation_min, cosine


def lux_steps(day: date, latitude: float, longitude: float, utc_offset_h: float) -> list[tuple[int, int]]:
    """The staircase of one day: (seconds after local midnight, lux), ascending."""
    steps = []
    for n, (altitude, lux) in enumerate(LUX):
        crossing = sun_crossing_s(day, latitude, longitude, utc_offset_h, altitude)
        if crossing is not None:
            below = LUX[n - 1][1] if n else NIGHT_LUX
            steps += [(crossing[0], lux), (crossing[1], below)]
    return sorted(steps)


class Daylight(Daily):
    """The lux at every streetlight."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._lamps: list[tuple[Device, int]] = [
            (lamp, world.streams.draw(lamp.name, "shade") % SPREAD_MS) for lamp in world.estate.of_kind("streetlight")
        ]

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """The light by which the world begins."""
        local = self._world.local
        midnight, steps = local.midnight(0), self._steps(local.ordinal(0))
        for lamp, shade in self._lamps:
            past = [lux for seconds, lux in steps if midnight + seconds * 1_000 + shade < 0]
            yield lamp.id, "lux", past[-1] if past else NIGHT_LUX

    def _steps(self, ordinal: int) -> list[tuple[int, int]]:
        estate = self._world.estate
        return lux_steps(date.fromordinal(ordinal), estate.latitude, estate.longitude, estate.utc_offset_h)

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for seconds, lux in self._steps(ordinal):
            for lamp, shade in self._lamps:
                at = midnight + seconds * 1_000 + shade
                if at >= world.agenda.now:
                    world.change(at, lamp, "lux", lux)
