"""Weight on the wires of a tension fence: who climbs over, or a cat that jumps off at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from .base import Curve, Element, Scene, Seconds, idle_of


class FenceLoad(Element):
    """`newtons` more than the wires have at rest, from `after_s` on for `for_s`."""

    model: Literal["fence_load"]
    newtons: Annotated[int, Field(ge=1, le=1_000)] = 150
    for_s: Seconds = 8.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.newtons} N on the wires of {self.at} for {self.for_s:g} s"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle = idle_of(scene, self, device, "tension")
        return [Curve("tension", [(scene.at(self.after_s), idle + self.newtons), (scene.at(self.ends_s), idle)])]
