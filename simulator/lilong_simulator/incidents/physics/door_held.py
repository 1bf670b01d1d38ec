"""A door that somebody leaves open: out by the button, and a stone before the leaf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ...estate import Device
from ...world.doors import BUTTON_MS
from .base import Curve, Element, Scene, Seconds, idle_of, pushed

if TYPE_CHECKING:
    from ...world import World

PUSH_MS = 1_000  # (ours) from the button to the door open


class DoorHeld(Element):
    """The button at `after_s`, the door open from a second later on for `for_s`."""

    model: Literal["door_held"]
    for_s: Seconds = 60.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.at} is held open"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "exit_button")
        at = scene.at(self.after_s)
        opened = at + PUSH_MS
        return [
            Curve("contact", [(opened, 1), (opened + round(self.for_s * 1000), 0)]),
            Curve("exit_button", [(at, 1), (at + BUTTON_MS, 0)]),
        ]

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        super().install(scene, world, pushed(world, seen))
