"""A cover that is lifted or carried off by water: a knock, and the cover lies askew until somebody puts it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from ...world.covers import KNOCK_MS
from .base import Curve, Element, Scene, Seconds, idle_of


class CoverMoved(Element):
    """By `tilt` tenths of a degree at `after_s`, for `for_s`."""

    model: Literal["cover_moved"]
    tilt: Annotated[int, Field(ge=100, le=1_800)] = 450
    knock: Annotated[int, Field(ge=0, le=16_000)] = 2_000
    for_s: Seconds = 3_600.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.at} is displaced"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle = idle_of(scene, self, device, "tilt")
        moved, back = scene.at(self.after_s), scene.at(self.ends_s)
        knocks = [(moved, self.knock), (moved + KNOCK_MS, 0), (back, self.knock), (back + KNOCK_MS, 0)]
        return [Curve("tilt", [(moved, self.tilt), (back, idle)]), Curve("shock", knocks)]
