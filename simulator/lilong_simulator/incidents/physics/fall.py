"""An elder falls: free fall, impact, stillness. Or slides down along a wall, which no detector sees as a fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from ...world.wearers import AT_REST_MG, FREE_FALL_MG, FREE_FALL_MS, IMPACT_MG, IMPACT_MS
from .base import Curve, Element, Scene, Seconds, idle_of


class Fall(Element):
    """Hits the ground at `after_s`, lies there for `for_s`, and is then helped up; of several devices the next one
    `every_s` later.

    `seen` false: without free fall, as detectors miss one fall in five. `missed`: the share of which that is so, by the
    run's seed. `cancels_s`: so long after the impact the
    wearer presses that it was nothing.
    """

    model: Literal["fall"]
    for_s: Seconds = 1_200.0
    seen: bool = True
    missed: Annotated[float, Field(ge=0, lt=1)] = 0.0
    every_s: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    cancels_s: Annotated[float, Field(ge=0, le=600)] | None = None

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"the wearer of {self.at} falls"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "accel")
        impact, after_s = self._impact(scene, device), self._after_s(scene, device)
        seen = self.seen and self.unseen(scene, device) is None
        still = impact + IMPACT_MS
        hit = [(impact, IMPACT_MG), (still, AT_REST_MG)]
        curves = [
            Curve("accel", [(impact - FREE_FALL_MS, FREE_FALL_MG), *hit] if seen else hit[1:]),
            # Awake until then, wherever the everyday has left the wearer.
            Curve("motion", [(impact - FREE_FALL_MS, 1), (still, 0), (scene.at(after_s + self.for_s), 1)]),
        ]
        if self.cancels_s is not None:
            pressed = scene.at(after_s + self.cancels_s)
            curves.append(Curve("cancel", [(pressed, 1), (pressed + 1_000, 0)]))
        return curves

    def unseen(self, scene: Scene, device: Device) -> int | None:
        missed = scene.streams.chance(self.missed, device.name, f"{self.name} is missed")
        return self._impact(scene, device) if missed else None

    def recall(self) -> float | None:
        return 1 - self.missed if self.missed else None

    def _after_s(self, scene: Scene, device: Device) -> float:
        return self.after_s + (scene.places.devices(self.at).index(device) * self.every_s if self.every_s else 0.0)

    def _impact(self, scene: Scene, device: Device) -> int:
        return scene.at(self._after_s(scene, device))
