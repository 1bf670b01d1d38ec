"""A device is destroyed: it is never heard of again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...estate import Device
from .base import Curve, Element, Scene


class Destroyed(Element):
    """At `after_s`."""

    model: Literal["destroyed"]

    def told(self) -> str:
        return self.says or f"{self.at} is destroyed"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        return []

    def dead(self, scene: Scene) -> int | None:
        return scene.at(self.after_s)
