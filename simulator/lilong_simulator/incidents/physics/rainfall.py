"""Rain as the weather service tells it to the backend: no device of an estate measures it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.local_time import HOUR_MS
from ...world.rain import SERVICE
from .base import Curve, Element, Scene
from .channel import Point

if TYPE_CHECKING:
    from ...world import World


class Rainfall(Element):
    """`mm_h`: pairs of seconds after the incident began and what fell in the hour before, in mm; `at`: where one feels
    it, which changes nothing there (`rain` does)."""

    model: Literal["rainfall"]
    mm_h: Annotated[list[Point], Field(min_length=1, max_length=1_000)]

    @model_validator(mode="after")
    def _rises(self) -> Rainfall:
        times = [point[0] for point in self.mm_h]
        if sorted(set(times)) != times or times[0] < 0 or self.after_s:
            raise ValueError("mm_h do not follow one another; let their seconds rise from 0 on, without after_s")
        if min(rate for _, rate in self.mm_h) < 0 or self.mm_h[-1][1] != 0:
            raise ValueError("mm_h are not the rain of hours; give 0 or more, and 0 in the last pair")
        return self

    @property
    def ends_s(self) -> float:
        return self.mm_h[-1][0]

    def told(self) -> str:
        return self.says or f"the weather service tells of rain, up to {max(rate for _, rate in self.mm_h):g} mm/h"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        """No sensor feels it."""
        return []

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        times = [scene.at(seconds) for seconds, _ in self.mm_h]
        world.claims.add(world.estate.id, SERVICE, times[0] - HOUR_MS, times[-1] + HOUR_MS)
        for seconds, rate in self.mm_h:
            world.rain(scene.at(seconds), round(rate * 10))
