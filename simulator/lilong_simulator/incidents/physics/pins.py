"""Somebody who tries PINs: each a wrong one, by lot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from .base import Curve, Element, Scene, idle_of

TYPED_MS = 400  # (ours)
WRONG = 100_000  # those of flats have 6 digits: one of 5 is never right


class Pins(Element):
    """`tries` wrong PINs from `after_s` on, one each `every_s`."""

    model: Literal["pins"]
    tries: Annotated[int, Field(ge=1, le=100)] = 6
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 5.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.every_s * (self.tries - 1)

    def told(self) -> str:
        return self.says or f"{self.tries} wrong PINs at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "pin")
        luck = scene.stream(device, "PIN")
        steps = []
        for number in range(self.tries):
            at = scene.at(self.after_s + self.every_s * number)
            steps += [(at, WRONG + luck.below(WRONG)), (at + TYPED_MS, 0)]  # a 1 before its digits
        return [Curve("pin", steps)]
