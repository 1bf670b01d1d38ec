"""What touches a fence that is nobody: branches and plants, birds and cats; in wind and rain ten times as often.

A touch of the line by three pulses, or a pull at the wires for two seconds, is an alarm whoever it was: the fence is
right. What is shorter must be none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import Expect, truth_row
from lilong_simulator.world.daily import Daily
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS
from lilong_simulator.world.weather import ROUGH, rough_hours

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

LINE, WIRES = "pulse_return", "tension"
IDLE = {LINE: 6_200, WIRES: 150}  # V that come back of 6,500; N
# What a touch leaves of the line's voltage, and how far a pull stretches the wires, which count a change of 80 N.
TOUCHED = {LINE: (1_500, 4_000), WIRES: (250, 380)}
ALARMS = {LINE: "fence.touch", WIRES: "fence.climb"}
LONG_MS = {LINE: (4_500, 9_000), WIRES: (3_500, 8_000)}
SHORT_MS = {LINE: (300, 1_500), WIRES: (200, 1_400)}
CALM_MS = 20_000  # after a touch, until it has ended for the device
RESET_MS = HOUR_MS  # an alarm that nobody has reset by then may hide a second one


class Fences(Daily):
    """All zones of an estate, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._zones = world.estate.of_kind("fence_zone")
        self._last: dict[str, int] = {}  # by zone: when the last alarm was over

    def _plan(self, midnight: int, ordinal: int) -> None:
        world, rates = self._world, self._world.estate.rates
        rough = rough_hours(world.streams, world.estate.id, ordinal) if self._zones else []
        for zone in self._zones:
            for what, per_day in (("touch", rates.fence_touches_per_zone), ("brush", rates.fence_brushes_per_zone)):
                stream = world.streams.stream(zone.name, what, ordinal)
                for at in moments(stream, rough, per_day):
                    self._touch(zone, stream, midnight + at, what == "touch")

    def _touch(self, zone: Device, stream: Stream, at: int, long: bool) -> None:
        """Line or wires, whichever the zone has."""
        world = self._world
        channel = LINE if stream.chance(0.5) else WIRES
        if zone.fence is not None and zone.fence != "both":
            channel = LINE if zone.fence == "pulse" else WIRES
        over = at + stream.between(*(LONG_MS if long else SHORT_MS)[channel])
        value = stream.between(*TOUCHED[channel])
        if at < max(world.agenda.now, self._last.get(zone.id, 0) + CALM_MS):
            return
        if not world.claims.free(zone.id, channel, at - CALM_MS, over + CALM_MS):
            return
        world.change(at, zone, channel, value)
        world.change(over, zone, channel, IDLE[channel])
        expect: Expect = "must_not"
        if long:
            expect = "must" if at > self._last.get(zone.id, -RESET_MS) + RESET_MS else "may"
            self._last[zone.id] = over
        cause = "a branch" if long else "a cat"
        world.expect(truth_row(zone, ALARMS[channel], at, cause, expect, until_ms=over))


def moments(stream: Stream, rough: list[bool], per_day: float) -> list[int]:
    """When it happens on a day, ms after midnight: `per_day` times in fair weather."""
    at, hours = 0.0, sum(ROUGH if hour else 1 for hour in rough)
    moments: list[int] = []
    while (at := at + stream.exponential()) < per_day * hours / 24:
        left = at / per_day * 24 if per_day else 0.0
        for hour, is_rough in enumerate(rough):
            weight = ROUGH if is_rough else 1
            if left < weight:
                moments.append(min(DAY_MS - 1, int((hour + left / weight) * HOUR_MS)))
                break
            left -= weight
    return moments
