"""Gas in the shafts of foul sewers: a little every day, and rarely, over hours, as much as must be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily
from lilong_simulator.world.local_time import HOUR_MS
from lilong_simulator.world.rain import carries

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

BUILD_UPS_PER_SHAFT_YEAR = 0.02  # (assumed) a blocked sewer, in summer as in winter
SEWERS = ("foul",)  # covers whose name says that foul water runs below
METHANE_TENTHS, H2S_TENTHS = 100, 70  # 10 %LEL; 7 ppm, the workplace limit: a manhole alarms from there ...
METHANE_ENDS, H2S_ENDS = 50, 50  # ... and is quiet when both are below
STEP_MS = 1_800_000
DAILY = ((2, 4), (8, 14), (14, 8), (20, 12))  # (hour, tenths of ppm of H2S): what a household sends (assumed)
Staircase = list[tuple[int, int, int]]  # (ms, methane in 0.1 %LEL, H2S in 0.1 ppm), ascending


def build_up(from_ms: int, hours: int, methane: int, h2s: int, airing_steps: int) -> Staircase:
    """Rises evenly for hours to its peak; then the shaft is opened and airs."""
    steps = hours * HOUR_MS // STEP_MS
    rise = [(from_ms + n * STEP_MS, methane * n // steps, h2s * n // steps) for n in range(1, steps + 1)]
    top = from_ms + steps * STEP_MS
    left = [(top + n * STEP_MS, airing_steps - n) for n in range(1, airing_steps + 1)]
    return rise + [(at, methane * n // airing_steps, h2s * n // airing_steps) for at, n in left]


def above(stairs: Staircase) -> tuple[int, int] | None:
    """From when to when there is so much gas that a manhole must tell, or None."""
    crossing = next((at for at, ch4, h2s in stairs if ch4 >= METHANE_TENTHS or h2s >= H2S_TENTHS), None)
    if crossing is None:
        return None
    return crossing, next(at for at, ch4, h2s in stairs if at > crossing and ch4 < METHANE_ENDS and h2s < H2S_ENDS)


class Sewers(Daily):
    """The gas in every shaft above a foul sewer, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._shafts = [cover for cover in world.estate.of_kind("manhole") if carries(cover, SEWERS)]

    def _plan(self, midnight: int, ordinal: int) -> None:
        world, streams = self._world, self._world.streams
        for shaft in self._shafts:
            if streams.chance(BUILD_UPS_PER_SHAFT_YEAR / YEAR_DAYS, shaft.name, "gas", ordinal):
                self._build_up(shaft, midnight, ordinal)
            for hour, h2s in DAILY:
                at = midnight + hour * HOUR_MS + streams.draw(shaft.name, "airs", hour) % HOUR_MS
                if at >= world.agenda.now and world.claims.free(shaft.id, "h2s", at, at):
                    world.change(at, shaft, "h2s", h2s + streams.draw(shaft.name, "h2s", ordinal, hour) % 6)

    def _build_up(self, shaft: Device, midnight: int, ordinal: int) -> None:
        world, stream = self._world, self._world.streams.stream(shaft.name, "gas", ordinal)
        onset = midnight + stream.between(0, 12) * HOUR_MS
        stairs = build_up(
            onset, stream.between(6, 20), stream.between(60, 300), stream.between(20, 150), stream.between(3, 8)
        )
        end = stairs[-1][0]
        if onset < world.agenda.now or not all(world.claims.free(shaft.id, c, onset, end) for c in ("gas", "h2s")):
            return
        world.claims.add(shaft.id, "h2s", onset, end)
        world.claims.add(shaft.id, "gas", onset, end)
        for at, methane, h2s in stairs:
            world.change(at, shaft, "gas", methane)
            world.change(at, shaft, "h2s", h2s)
        if (span := above(stairs)) is not None:
            world.expect(truth_row(shaft, "manhole.gas", span[0], "gas in the sewer", until_ms=span[1]))
