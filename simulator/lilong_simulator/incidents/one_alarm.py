"""One alarm of one device, by what its kind says brings it about: the first incident that a new kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_protocol.registry import ALARM, KIND_BY_NUMBER

from lilong_simulator.estate import Device, Estate
from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.stimuli import ALARMS, Alarm
from lilong_simulator.truth import limits, truth_row

if TYPE_CHECKING:
    from lilong_simulator.world import World

BEGIN_MS = 70_000  # every device of a run has its power by then
STEP_MS = 200  # (ours) between one value and the next, as a button is pressed and let go
LASTS_MS = 60_000  # (ours) beyond the decision
INGEST_MS = 10_000  # GB 26875.1 4.1.2, from the decision to the centre
CALM_MS = 3_600_000  # nothing else moves the sensor for an hour before and after

CAUSES: dict[str, tuple[str, Alarm]] = {
    ALARM[alarm.code].name: (KIND_BY_NUMBER[number].name, alarm)
    for number, alarms in reversed(ALARMS.items())  # what several kinds have is that of the first
    for alarm in alarms
}
"""Kind of device and stimulus by the name of the alarm."""


class OneAlarm(Incident):
    """The stimulus of the alarm `name` at the first device of its kind, 70 s after the world began."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kind, self._alarm = CAUSES[name]
        self._end_ms = self._alarm.begin.within_s * 1000 + LASTS_MS
        self.timeline = (Step(0, f"what brings {name} about"), Step(self._end_ms, "it is over"))

    def device_names(self, estate: Estate) -> list[str]:
        """The one device."""
        return [self._device(estate).name]

    def install(self, world: World) -> None:
        """Drives the channels of the stimulus; one row."""
        device = self._device(world.estate)
        end = BEGIN_MS + self._end_ms
        for begin, stimulus in ((BEGIN_MS, self._alarm.begin), (end, self._alarm.end)):
            for number, (channel, value) in enumerate(stimulus.steps):
                world.claims.add(device.id, channel, BEGIN_MS - CALM_MS, end + CALM_MS)
                world.change(begin + STEP_MS * number, device, channel, value)
        bounds = limits(None, self._alarm.begin.within_s * 1000 + INGEST_MS, None, None)
        world.expect(truth_row(device, self.name, BEGIN_MS, "by its stimulus", "must", self.name, end, bounds))

    def _device(self, estate: Estate) -> Device:
        devices = estate.of_kind(self._kind)
        if not devices:
            raise IncidentError(f"{self.name}: {estate.id} has no {self._kind} device; give it a rule for one")
        return devices[0]
