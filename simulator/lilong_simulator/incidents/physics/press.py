"""A button that somebody presses and lets go: an SOS, a panic button, the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from .base import Curve, Element, Scene, Seconds, idle_of


class Press(Element):
    """`button`: its channel. Down from `after_s` on for `for_s`."""

    model: Literal["press"]
    button: Annotated[str, Field(min_length=1)] = "sos"
    for_s: Seconds = 1.5

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.button} is pressed at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle = idle_of(scene, self, device, self.button)
        return [Curve(self.button, [(scene.at(self.after_s), 1), (scene.at(self.after_s + self.for_s), idle)])]
