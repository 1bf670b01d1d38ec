"""A pot that burns: smoke through the trip level to a peak, held there, then the window is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.smoke import IDLE_MDBM, TRIP_MDBM, burnt_pan
from .base import Curve, Element, Scene, Seconds


class BurntPan(Element):
    """Begins at `after_s`, is above the trip level at exactly `crosses_s`, stays at `peak` mdB/m for `holds_s`."""

    model: Literal["burnt_pan"]
    crosses_s: Seconds
    peak: Annotated[int, Field(gt=TRIP_MDBM, le=3_000)] = 500
    holds_s: Seconds = 120.0

    @model_validator(mode="after")
    def _ordered(self) -> BurntPan:
        if self.crosses_s <= self.after_s:
            raise ValueError("crosses_s is not after after_s; let the pan burn for a while first")
        return self

    @property
    def ends_s(self) -> float:
        return self.crosses_s + self.holds_s

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        crosses, holds = scene.at(self.crosses_s), round(self.holds_s * 1000)
        return [Curve("obscuration", burnt_pan(scene.at(self.after_s), crosses, self.peak, holds, IDLE_MDBM))]
