"""A device is destroyed: it is never heard of again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ...estate import Device
from .base import Curve, Element, Scene

if TYPE_CHECKING:
    from ...world import World


class Destroyed(Element):
    """At `after_s`."""

    model: Literal["destroyed"]

    def told(self) -> str:
        return self.says or f"{self.at} is destroyed"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        return []

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        for device in seen:
            world.destroy(scene.at(self.after_s), device)

    def dead(self, scene: Scene) -> int | None:
        return scene.at(self.after_s)
