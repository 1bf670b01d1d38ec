"""A flood of nuisance alarms: again and again something really crosses the level of a device, and nobody is in
danger.

What models it: the world drives the sensor as the alarm's stimulus says (`stimuli/`), `per_min` times a minute, each
device once at most, for `lasts_s` beyond the decision. A nuisance that really crosses is a must: the row of the truth
has the limits of any such alarm. A device that an incident or daily life has claimed is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...estate import Device
from ...incidents import Incident
from ...incidents.one_alarm import CAUSES, INGEST_MS, STEP_MS
from ...random_streams import draw, draw_below
from ...truth import _LIMITS, limits, truth_row
from ...world.claims import calm_ms
from .asked import FaultAsked, FaultError, unknown
from .base import Fault, Parameter, Text
from .felt import Felt

if TYPE_CHECKING:
    from ...world import World

SMOKE = "smoke.alarm"
MINUTE_MS = 60_000


class NuisanceFlood(Fault):
    """Of smoke detectors, unless `alarm` says otherwise."""

    NAME = "nuisance_flood"
    PARAMETERS = (
        Parameter("per_min", "a minute", 0.1, 60_000, 60.0, "how many begin a minute in each estate"),
        Parameter("lasts_s", "s", 1, 3_600, 30.0, "how long each lasts beyond the decision"),
    )
    TEXTS = (Text("alarm", "the alarm, as smoke.alarm"),)
    SELECTS = ("device", "estate", "feeder", "gateway", "share")

    @classmethod
    def check(cls, asked: FaultAsked) -> None:
        super().check(asked)
        name = dict(asked.arguments).get("alarm", SMOKE)
        if name not in CAUSES:
            raise FaultError(f"no alarm with a stimulus {unknown(name, CAUSES)}", "alarm")

    @property
    def alarm(self) -> str:
        return self.text("alarm") or SMOKE

    def touches(self, device: Device) -> bool:
        return device.kind == CAUSES[self.alarm][0]

    def incident(self, devices: Sequence[Device]) -> Incident | None:
        return Flood(self, devices) if devices else None

    def moments(self, devices: Sequence[Device]) -> Iterator[tuple[int, Device]]:
        """When which device is crossed, ms of world time: a device after the other, in an order drawn by the seed."""
        order = sorted(devices, key=lambda device: draw(self.seed, "fault", self.number, "nuisance", device.id))
        gap = MINUTE_MS / self.value("per_min")
        count = min(len(order), max(1, int(self.for_ms / gap)))
        for number, device in enumerate(order[:count]):
            within = draw_below(max(1, int(gap)), self.seed, "fault", self.number, "moment", device.id)
            yield self.at_ms + int(number * gap) + within, device


class Flood(Felt[NuisanceFlood]):
    """What the world does."""

    def __init__(self, fault: NuisanceFlood, devices: Sequence[Device]) -> None:
        super().__init__(fault, devices, f"{fault.alarm} by what is no danger", "no more of it begins")

    def install(self, world: World) -> None:
        """Claims what it drives; a row for each device."""
        name = self.fault.alarm
        _, alarm = CAUSES[name]
        lasts = alarm.begin.within_s * 1000 + int(self.fault.value("lasts_s") * 1000)
        bounds = _LIMITS.get(name) or limits(None, alarm.begin.within_s * 1000 + INGEST_MS, None, None)
        for at, device in self.fault.moments(self.devices):
            end = at + lasts
            channels = {channel for channel, _ in (*alarm.begin.steps, *alarm.end.steps)}
            if not all(world.claims.free(device.id, channel, at, end) for channel in channels):
                continue
            for channel in channels:
                world.claims.add(device.id, channel, at - calm_ms(channel), end + calm_ms(channel))
            for begin, stimulus in ((at, alarm.begin), (end, alarm.end)):
                for number, (channel, value) in enumerate(stimulus.steps):
                    world.change(begin + STEP_MS * number, device, channel, value)
            world.expect(truth_row(device, name, at, "a nuisance", "must", self.whose, end, bounds))
