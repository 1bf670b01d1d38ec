"""Any alarm of any kind, by what its kind's file in `stimuli/` says brings it about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from lilong_protocol.registry import ALARM, KIND
from pydantic import Field

from ...estate import Device
from ...stimuli import ALARMS
from ...toml_files.errors import nearest
from .base import Curve, Element, Scene, Seconds, Steps, wrong

STEP_MS = 200  # (ours) between one value and the next, as a button is pressed and let go


class Stimulus(Element):
    """What brings `alarm` about begins at `after_s` and is taken back `for_s` later."""

    model: Literal["stimulus"]
    alarm: Annotated[str, Field(min_length=1)]
    for_s: Seconds = 60.0

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"what brings {self.alarm} about, at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        known = {ALARM[alarm.code].name: alarm for alarm in ALARMS.get(KIND[device.kind].number, ())}
        if self.alarm not in known:
            what = f"nothing brings {self.alarm!r} about at {device.name}; {nearest(self.alarm, known)}"
            raise wrong(scene, self, what)
        alarm = known[self.alarm]
        found: dict[str, Steps] = {}
        for at_s, stimulus in ((self.after_s, alarm.begin), (self.after_s + self.for_s, alarm.end)):
            for number, (channel, value) in enumerate(stimulus.steps):
                found.setdefault(channel, []).append((scene.at(at_s) + STEP_MS * number, value))
        return [Curve(channel, steps) for channel, steps in found.items()]
