"""The line of a pulse fence is cut: nothing comes back, until somebody mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...estate import Device
from .base import Curve, Element, Scene, Seconds, idle_of


class FenceCut(Element):
    """Cut at `after_s`, mended `for_s` later."""

    model: Literal["fence_cut"]
    for_s: Seconds = 3_600.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"the line of {self.at} is cut"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        whole = idle_of(scene, self, device, "pulse_return")
        return [Curve("pulse_return", [(scene.at(self.after_s), 0), (scene.at(self.ends_s), whole)])]
