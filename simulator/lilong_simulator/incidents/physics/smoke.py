"""Smoke of a fire at a detector: it grows through the trip level, and clears once the fire is out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.smoke import DENSE_MDBM, clearing, growth
from .base import Curve, Element, Scene, Seconds


class Smoke(Element):
    """Begins at `after_s`, is above the trip level at exactly `crosses_s`, is let out from `out_s` on.

    `clearing_s`: it then loses one part in so many a second.
    """

    model: Literal["smoke"]
    crosses_s: Seconds
    out_s: Seconds
    clearing_s: Annotated[int, Field(ge=1, le=86_400)] = 120

    @model_validator(mode="after")
    def _ordered(self) -> Smoke:
        if not self.after_s < self.crosses_s < self.out_s:
            raise ValueError(
                "after_s, crosses_s and out_s are not in this order; let the smoke spread before the fire is out"
            )
        return self

    @property
    def ends_s(self) -> float:
        return self.out_s

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        out = scene.at(self.out_s)
        stairs = growth(scene.at(self.after_s), scene.at(self.crosses_s), out)
        stairs += clearing(out, min(DENSE_MDBM, stairs[-1][1]), self.clearing_s)
        return [Curve("obscuration", stairs)]
