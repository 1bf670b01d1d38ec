"""Any sensor, by points: what it reads from when on, in steps or along straight lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from .base import Curve, Element, Scene, Seconds, Steps, Value, idle_of

LINE_MS = 1_000  # (ours) a straight line is a staircase with a step a second

Point = Annotated[list[float | int], Field(min_length=2, max_length=2)]


class Channel(Element):
    """`points`: pairs of seconds after the incident began and the value from then on; `ramp`: along straight lines.

    Or a pulse: `value` from `after_s` on, for `for_s`, then what it reads at rest. `channel` and unit are the kind's.
    """

    model: Literal["channel"]
    channel: Annotated[str, Field(min_length=1)]
    points: Annotated[list[Point], Field(min_length=1, max_length=1_000)] | None = None
    ramp: bool = False
    value: Value | None = None
    for_s: Seconds | None = None

    @model_validator(mode="after")
    def _either(self) -> Channel:
        if (self.points is None) == (self.value is None):
            raise ValueError("has points and value, or neither; give points, or value with for_s")
        if self.points is not None:
            times = [point[0] for point in self.points]
            if sorted(set(times)) != times or times[0] < 0:
                raise ValueError("points do not follow one another; let their seconds rise from 0 on")
            if self.after_s or self.for_s is not None:
                raise ValueError("has points and after_s or for_s; the points say when")
        elif self.ramp:
            raise ValueError("ramp is along points; give some")
        return self

    @property
    def ends_s(self) -> float:
        return self.points[-1][0] if self.points is not None else self.after_s + (self.for_s or 0.0)

    def told(self) -> str:
        return self.says or f"{self.channel} at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle = idle_of(scene, self, device, self.channel)
        if self.points is None:
            assert self.value is not None
            steps = [(scene.at(self.after_s), self.value)]
            if self.for_s is not None:
                steps.append((scene.at(self.after_s + self.for_s), idle))
            return [Curve(self.channel, steps)]
        steps = [(scene.at(at), round(value)) for at, value in self.points]
        return [Curve(self.channel, list(_line(steps)) if self.ramp else steps)]


def _line(points: Steps) -> Iterator[tuple[int, int]]:
    """A step a second between points, each value new; the points themselves exactly."""
    yield points[0]
    for (begin, low), (end, high) in pairwise(points):
        value = low
        for at in range(begin + LINE_MS, end, LINE_MS):
            now = low + (high - low) * (at - begin) // (end - begin)
            if now != value:
                value = now
                yield at, now
        yield end, high
