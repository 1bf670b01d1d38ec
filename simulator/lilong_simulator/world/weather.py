"""Hours in which branches whip and rain drums: what touches a fence then, or moves before a camera, is the weather."""

from __future__ import annotations

from lilong_simulator.random_streams import Streams
from lilong_simulator.world.local_time import HOUR_MS
from lilong_simulator.world.rain import STEP_MS, rain_of_day

WINDY_DAYS_PER_YEAR = 20  # with force 6 for some hours (assumed)
YEAR_DAYS = 365
WET_TENTHS = 5  # mm/h, from which rain counts
ROUGH = 10  # as many nuisances as in fair weather (assumed)
_STEPS = HOUR_MS // STEP_MS


def rough_hours(streams: Streams, estate: str, ordinal: int) -> list[bool]:
    """Of each hour of a day, whether there is wind or rain; the rain is that of the drains."""
    rain = rain_of_day(streams.stream(estate, "rain", ordinal))
    rough = [max(rain[hour * _STEPS : (hour + 1) * _STEPS]) >= WET_TENTHS for hour in range(24)]
    stream = streams.stream(estate, "wind", ordinal)
    if stream.chance(WINDY_DAYS_PER_YEAR / YEAR_DAYS):
        begins = stream.between(0, 18)
        for hour in range(begins, min(24, begins + stream.between(3, 10))):
            rough[hour] = True
    return rough
