"""Rain, and the water that it brings into the storm drains: mostly far below the rim, in a cloudburst above it.

One rain for the whole estate, in steps of ten minutes. Water stands in a shaft as deep as the rain is strong, as long
as the sewer takes it away; what is more than that gathers, and drains when the rain lets up. All figures are assumed
but for the sewer's: Shanghai's older ones were built for the hour that comes once a year, 36 mm (recalled).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lilong_protocol.pc.findings import RAIN_LEVEL

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import finding_row, limits, truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

WET_DAYS_PER_YEAR = 125
CLOUDBURSTS_PER_YEAR = 2
STEP_MS = 600_000
STEPS_PER_HOUR = HOUR_MS // STEP_MS
DRAINS = ("storm",)  # covers whose name says that rain runs in
SEWER_TENTHS = 360  # 36.0 mm/h
DEPTH_MM = 15  # of water in the shaft, per mm/h
DRY_MM = 2_000  # below the rim
GATHERS = (15, 55)  # mm in the shaft, per mm of rain that the sewer leaves: the lower the place, the more
ROUND_MM = 10
WARNINGS = (1_000, 800, 500, 350)  # 0.1 mm in an hour from which a warning stands: Shanghai's; the first is recalled
KNOWN_MS = 60_000  # (ours) from when the weather service tells it
SERVICE = "weather service"  # who is claimed where an incident has it tell something else
LEVELS = (("manhole.level", 500, 600), ("manhole.overfull", 100, 200))  # alarm, from, until: mm below the rim

Rain = list[int]  # tenths of mm/h in each step of a day
Staircase = list[tuple[int, int]]  # (ms, mm below the rim), ascending, each value new


def spell(rain: Rain, first: int, steps: int, peak_tenths: int) -> None:
    """Adds a spell that grows to its peak in the middle and ends as it began; the stronger rain counts."""
    for n in range(steps):
        near = min(n + 1, steps - n)
        at = first + n
        if at < len(rain):
            rain[at] = max(rain[at], peak_tenths * near * 2 // (steps + 1))


def rain_of_day(stream: Stream) -> Rain:
    """The rain of one day; an hour before midnight it is over, and the drains are empty by the next day."""
    rain = [0] * (DAY_MS // STEP_MS)
    last = 23 * STEPS_PER_HOUR
    if stream.chance(WET_DAYS_PER_YEAR / YEAR_DAYS):
        for _ in range(stream.between(1, 3)):
            steps = stream.between(STEPS_PER_HOUR, 5 * STEPS_PER_HOUR)
            spell(rain, stream.between(0, last - steps), steps, stream.between(5, 30) * stream.between(1, 4))
    if stream.chance(CLOUDBURSTS_PER_YEAR / YEAR_DAYS):
        steps = stream.between(STEPS_PER_HOUR, 2 * STEPS_PER_HOUR)
        spell(rain, stream.between(13, 18) * STEPS_PER_HOUR, steps, 350 + stream.between(0, 25) * stream.between(0, 25))
    return rain


def water(rain: Rain, gathers: int, midnight_ms: int) -> Staircase:
    """What a sensor in a shaft sees of a day's rain, until the shaft is as dry as it was."""
    stairs: Staircase = []
    gathered, value, step = 0, DRY_MM, 0
    while step < len(rain) or gathered > 0 or value != DRY_MM:
        falls = rain[step] if step < len(rain) else 0
        gathered = max(0, gathered + (falls - SEWER_TENTHS) * gathers // (10 * STEPS_PER_HOUR))
        depth = min(falls, SEWER_TENTHS) * DEPTH_MM // 10 + gathered
        now = max(0, DRY_MM - depth) // ROUND_MM * ROUND_MM
        if now != value:
            value = now
            stairs.append((midnight_ms + step * STEP_MS, value))
        step += 1
    return stairs


def hours(rain: Rain, midnight_ms: int) -> Staircase:
    """What fell in the hour before, in 0.1 mm, each time that it is another than ten minutes before."""
    told: Staircase = []
    last = 0
    for step in range(len(rain) + STEPS_PER_HOUR):
        fell = sum(rain[max(0, step + 1 - STEPS_PER_HOUR) : step + 1]) // STEPS_PER_HOUR
        if fell != last:
            last = fell
            told.append((midnight_ms + (step + 1) * STEP_MS, fell))
    return told


def warnings(told: Staircase) -> Iterator[tuple[int, int, int]]:
    """From when to when a warning stands, and from how much rain on it does; a staircase that ends dry."""
    since, least = 0, 0
    for at, fell in told:
        now = next((one for one in WARNINGS if fell >= one), 0)
        if now != least:
            if least:
                yield since, at, least
            since, least = at, now


def spans(stairs: Staircase, from_mm: int, until_mm: int) -> Iterator[tuple[int, int]]:
    """From when to when the water is high, from level to level of an alarm with its hysteresis."""
    since: int | None = None
    for at, below_rim in stairs:
        if since is None and below_rim <= from_mm:
            since = at
        elif since is not None and below_rim >= until_mm:
            yield since, at
            since = None


class Drains(Daily):
    """The water under every storm drain's cover, and what the weather service tells, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._drains = [
            (cover, GATHERS[0] + world.streams.draw(cover.name, "gathers") % (GATHERS[1] - GATHERS[0] + 1))
            for cover in world.estate.of_kind("manhole")
            if carries(cover, DRAINS)
        ]

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        rain = rain_of_day(world.streams.stream(world.estate.id, "rain", ordinal))
        skipped = max(0, -(midnight // STEP_MS))  # of the first day, the steps that are over
        rain[:skipped] = [0] * min(skipped, len(rain))
        if any(rain):
            self._tell(hours(rain, midnight))
            for cover, gathers in self._drains:
                self._rise(cover, water(rain, gathers, midnight))

    def _tell(self, told: Staircase) -> None:
        """The weather service tells it, and from which rain on a backend must find a warning."""
        world = self._world
        if not told or not world.claims.free(world.estate.id, SERVICE, told[0][0], told[-1][0]):
            return
        for at, fell in told:
            world.rain(at, fell)
        for since, until, least in warnings(told):
            cause = f"{least // 10} mm in an hour"
            bounds = limits(None, KNOWN_MS, None, None)
            world.expect(finding_row(RAIN_LEVEL.name, since, cause, until_ms=until, bounds=bounds))

    def _rise(self, cover: Device, stairs: Staircase) -> None:
        world = self._world
        if not stairs or not world.claims.free(cover.id, "water", stairs[0][0], stairs[-1][0]):
            return
        for at, below_rim in stairs:
            world.change(at, cover, "water", below_rim)
        for alarm, from_mm, until_mm in LEVELS:
            for crossing, until in spans(stairs, from_mm, until_mm):
                world.expect(truth_row(cover, alarm, crossing, "cloudburst", until_ms=until))


def carries(cover: Device, matters: tuple[str, ...]) -> bool:
    """Whether the name of a cover (`ring/storm07/manhole`) says that one of the matters runs below it."""
    place = cover.name.rsplit("/", 2)[-2]
    return place.rstrip("0123456789") in matters
