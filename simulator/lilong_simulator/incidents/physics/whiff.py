"""Vapour of cooking wine under a gas detector: gone before it may count, or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from ...world.gas import whiff
from .base import Curve, Element, Scene, idle_of


class Whiff(Element):
    """`litres` in 5 s at `after_s` into a pocket of half a cubic metre, whose air turns over once in `turnover_s`."""

    model: Literal["whiff"]
    litres: Annotated[int, Field(ge=1, le=50)] = 4
    turnover_s: Annotated[int, Field(ge=1, le=3_600)] = 9

    def told(self) -> str:
        return self.says or f"cooking wine under {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "gas")
        return [Curve("gas", whiff(scene.at(self.after_s), self.litres, self.turnover_s))]
