"""One alarm of one device, by what its kind says brings it about: the first incident that a new kind has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING

from lilong_protocol.registry import ALARM, KIND_BY_NUMBER

from lilong_simulator.estate import Device, Estate
from lilong_simulator.incidents.asked import POWERED_S
from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.stimuli import ALARMS, Alarm
from lilong_simulator.toml_files.errors import nearest
from lilong_simulator.truth import limits, truth_row
from lilong_simulator.world.claims import calm_ms

if TYPE_CHECKING:
    from lilong_simulator.world import World
    from lilong_simulator.world.local_time import LocalTime

STEP_MS = 200  # (ours) between one value and the next, as a button is pressed and let go
LASTS_MS = 60_000  # (ours) beyond the decision
INGEST_MS = 10_000  # GB 26875.1 4.1.2, from the decision to the centre

CAUSES: dict[str, tuple[str, Alarm]] = {
    ALARM[alarm.code].name: (KIND_BY_NUMBER[number].name, alarm)
    for number, alarms in reversed(ALARMS.items())  # what several kinds have is that of the first
    for alarm in alarms
}
"""Kind of device and stimulus by the name of the alarm."""


class OneAlarm(Incident):
    """The stimulus of the alarm `name` at the first device of its kind, 70 s after the world began.

    `at`: or at the device of that name. `when`: or at a local time, or so many seconds after the world began.
    """

    def __init__(self, alarm: str, name: str = "", at: str | None = None, when: time | float = POWERED_S) -> None:
        self.name = name or alarm
        self._code = alarm
        self._kind, self._alarm = CAUSES[alarm]
        self._at = at
        self._when = when
        self._end_ms = self._alarm.begin.within_s * 1000 + LASTS_MS
        self.timeline = (Step(0, f"what brings {alarm} about"), Step(self._end_ms, "it is over"))

    def elsewhere(
        self, name: str, places: Sequence[tuple[str, str]] = (), when: time | float | None = None
    ) -> OneAlarm:
        """At `device`, its name, or at another time."""
        given = dict(places)
        at = given.pop("device", self._at)
        if given:
            raise IncidentError(f'"{name}": it has no place {min(given)!r}; give device=NAME')
        return OneAlarm(self._code, name, at, self._when if when is None else when)

    def device_names(self, estate: Estate) -> list[str]:
        """The one device."""
        return [self._device(estate).name]

    def begins(self, local: LocalTime) -> int:
        """World time of its beginning, ms."""
        return local.next(self._when) if isinstance(self._when, time) else round(self._when * 1000)

    def install(self, world: World) -> None:
        """Drives the channels of the stimulus; one row."""
        device = self._device(world.estate)
        begins = self.begins(world.local)
        end = begins + self._end_ms
        for begin, stimulus in ((begins, self._alarm.begin), (end, self._alarm.end)):
            for number, (channel, value) in enumerate(stimulus.steps):
                calm = calm_ms(channel)
                world.claims.add(device.id, channel, begins - calm, end + calm)
                world.change(begin + STEP_MS * number, device, channel, value)
        bounds = limits(None, self._alarm.begin.within_s * 1000 + INGEST_MS, None, None)
        world.expect(truth_row(device, self._code, begins, "by its stimulus", "must", self.name, end, bounds))

    def _device(self, estate: Estate) -> Device:
        if self._at is not None:
            device = estate.by_name.get(self._at)
            if device is None or device.kind != self._kind:
                known = nearest(self._at, [one.name for one in estate.of_kind(self._kind)]).partition(" known:")[0]
                raise IncidentError(f"{self.name}: {estate.id} has no {self._kind} device {self._at!r}; {known}")
            return device
        devices = estate.of_kind(self._kind)
        if not devices:
            raise IncidentError(f"{self.name}: {estate.id} has no {self._kind} device; give it a rule for one")
        return devices[0]
