"""Wrong clocks: the tick of devices runs fast or slow, and has jumped ahead or stood still when that begins.

What models it: everything that a device times, its samples, its timers and the times in its frames, goes by a counter
that runs `ppm` parts in a million fast (below 0: slow), after a jump of `skew_s` (below 0: it stands still for so
long, as a counter that stops in sleep; it never goes back). Up to `spread` of the drift is drawn for each device,
either way. When the fault is over the tick is right again, and what it is ahead or behind stays until the backend
tells the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from ...random_streams import draw_below
from .base import Fault, Levers, Parameter


class WrongClock(Fault):
    """Nothing is excused by it."""

    NAME = "wrong_clock"
    SIMULATED = True
    PARAMETERS = (
        Parameter("ppm", "ppm", -100_000, 100_000, 0.0, "by how much the tick is fast"),
        Parameter("spread", "ppm", 0, 50_000, 0.0, "up to how much more or less for each device"),
        Parameter("skew_s", "s", -60, 86_400, 0.0, "by how much the counter has jumped, at the beginning"),
    )

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        spread = int(self.value("spread"))
        for device in devices:
            drawn = draw_below(2 * spread + 1, self.seed, "fault", self.number, "ppm", device.id) - spread
            levers.tick(device.id, int(self.value("ppm")) + drawn, round(self.value("skew_s") * 1000))

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.tick(device.id, 0, 0)
