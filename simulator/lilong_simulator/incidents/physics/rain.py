"""Rain, and the water that it brings into the shafts under covers: as `world/rain.py`, in shorter steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.rain import DEPTH_MM, DRY_MM, ROUND_MM, SEWER_TENTHS
from .base import Curve, Element, Scene, Steps
from .channel import Point

STEP_MS = 60_000
STEPS_PER_HOUR = 60


class Rain(Element):
    """`mm_h`: pairs of seconds after the incident began and the rain from then on, in mm/h; `at`: covers.

    `gathers`: mm in the shaft per mm of rain that the sewer leaves, from the highest to the lowest of the covers; they
    are between, by lot.
    """

    model: Literal["rain"]
    mm_h: Annotated[list[Point], Field(min_length=1, max_length=1_000)]
    gathers: Annotated[list[Annotated[int, Field(ge=0, le=1_000)]], Field(min_length=2, max_length=2)] = [15, 55]

    @model_validator(mode="after")
    def _rises(self) -> Rain:
        times = [point[0] for point in self.mm_h]
        if sorted(set(times)) != times or times[0] < 0 or self.after_s:
            raise ValueError("mm_h do not follow one another; let their seconds rise from 0 on, without after_s")
        if self.mm_h[-1][1] != 0:
            raise ValueError("it rains for ever; let the last pair say 0 mm/h")
        if self.gathers[0] > self.gathers[1]:
            raise ValueError("gathers are the wrong way round; the smaller one first")
        return self

    @property
    def ends_s(self) -> float:
        return self.mm_h[-1][0]

    def told(self) -> str:
        return self.says or f"rain, up to {max(rate for _, rate in self.mm_h):g} mm/h"

    def rate_at(self, seconds: float) -> float:
        """The rain then, in mm/h."""
        return next((rate for since, rate in reversed(self.mm_h) if since <= seconds), 0.0)

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        low, high = self.gathers
        gathers = low + scene.streams.draw(device.name, "gathers") % (high - low + 1)
        stairs: Steps = []
        gathered, value, step = 0, DRY_MM, 0
        while step * STEP_MS < self.ends_s * 1000 or gathered > 0 or value != DRY_MM:
            falls = round(self.rate_at(step * STEP_MS / 1000) * 10)
            gathered = max(0, gathered + (falls - SEWER_TENTHS) * gathers // (10 * STEPS_PER_HOUR))
            depth = min(falls, SEWER_TENTHS) * DEPTH_MM // 10 + gathered
            now = max(0, DRY_MM - depth) // ROUND_MM * ROUND_MM
            if now != value:
                value = now
                stairs.append((scene.begin + step * STEP_MS, value))
            step += 1
        return [Curve("water", stairs)]
