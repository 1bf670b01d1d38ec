"""Alarms that begin when a level is passed for long enough, and end when it is below another for a while."""

from typing import NamedTuple

from lilong_firmware.effects import NEVER
from lilong_firmware.hold import Hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lilong_firmware.device import Device


class Threshold(NamedTuple):
    """The condition begins at `trips` after `trips_ms` and ends below `ends` after `ends_ms`."""

    channel: int
    alarm: int
    trips: int
    trips_ms: int
    ends: int
    ends_ms: int


class Thresholds:
    """Follows the channels of a device by their thresholds. `at`: uptime in ms of the next `turned`."""

    __slots__ = ("_device", "_holds", "_rows", "at")

    def __init__(self, device: "Device", rows: tuple[Threshold, ...]) -> None:
        self._device = device
        self._rows = rows
        self._holds = [Hold() for _ in rows]
        self.at = NEVER

    def quiet(self, channel: int, value: int) -> bool:
        """True when `follow` would change nothing."""
        return all(
            hold.follows(self._turning(row, value))
            for row, hold in zip(self._rows, self._holds, strict=True)
            if row.channel == channel
        )

    def follow(self, now: int, channel: int, value: int) -> None:
        """A channel reads `value`."""
        for row, hold in zip(self._rows, self._holds, strict=True):
            if row.channel == channel:
                hold_ms = row.ends_ms if self._device.active(row.alarm) else row.trips_ms
                hold.follow(now, self._turning(row, value), hold_ms)
        self._plan()

    def silent(self, now: int, channel: int) -> None:
        """Nothing ends for what a sensor has said that is silent now."""
        for row, hold in zip(self._rows, self._holds, strict=True):
            if row.channel == channel and self._device.active(row.alarm):
                hold.follow(now, False, 0)
        self._plan()

    def turned(self, now: int) -> list[int]:
        """The alarms of which the condition has come, or has ended, by now."""
        found = [row.alarm for row, hold in zip(self._rows, self._holds, strict=True) if hold.over(now)]
        self._plan()
        return found

    def _turning(self, row: Threshold, value: int) -> bool:
        if self._device.active(row.alarm):
            return value < row.ends and not self._device.faults >> row.channel & 1
        return value >= row.trips

    def _plan(self) -> None:
        self.at = min(hold.at for hold in self._holds)
