"""Something comes down a facade before a camera: a thing that somebody has thrown, a bird, a sheet of rain."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Annotated, Literal

from pydantic import Field

from ...estate import Device
from .base import Curve, Element, Scene, idle_of

GRAVITY = 9.81  # m/s2
STOREY_M = 3.0  # (ours)
SEEN_MS = 1_000  # (ours)


class FallingObject(Element):
    """Leaves `storey` at `after_s`, falls freely for as many metres as that is high, or for `height_m`. `sure`: how
    sure the camera's analytics are, in percent, that it was thrown; `missed`: the share of cameras that are not sure
    enough by half, by the run's seed."""

    model: Literal["falling_object"]
    storey: Annotated[int, Field(ge=1, le=200)]
    height_m: Annotated[float, Field(gt=0, le=1_000)] | None = None
    sure: Annotated[int, Field(ge=1, le=100)] = 92
    missed: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @property
    def falls_s(self) -> float:
        """How long it falls: 4.2 s from 87 m."""
        return sqrt(2 * (self.height_m or self.storey * STOREY_M) / GRAVITY)

    @property
    def ends_s(self) -> float:
        return self.after_s + self.falls_s

    def told(self) -> str:
        return self.says or f"something comes down from storey {self.storey} before {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "falling")
        sure = self.sure if self.unseen(scene, device) is None else max(1, self.sure // 2)
        left, down = scene.at(self.after_s), scene.at(self.ends_s)
        return [
            Curve("storey", [(left, self.storey)]),
            Curve("falling", [(down, sure), (down + SEEN_MS, 0)]),
        ]

    def unseen(self, scene: Scene, device: Device) -> int | None:
        missed = scene.streams.chance(self.missed, device.name, f"{self.name} is missed")
        return scene.at(self.after_s) if missed else None

    def recall(self) -> float | None:
        return 1 - self.missed if self.missed else None
