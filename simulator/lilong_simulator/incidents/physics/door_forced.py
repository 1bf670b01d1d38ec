"""A door that is broken open, and falls shut again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...estate import Device
from .base import Curve, Element, Scene, Seconds, idle_of


class DoorForced(Element):
    """Without card or button, at `after_s`; open for `for_s`."""

    model: Literal["door_forced"]
    for_s: Seconds = 12.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.at} is forced open"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "contact")
        return [Curve("contact", [(scene.at(self.after_s), 1), (scene.at(self.ends_s), 0)])]
