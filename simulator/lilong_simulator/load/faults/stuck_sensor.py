"""Stuck sensors: a channel keeps its value, whatever the world does; when it is freed it reads what there is.

What models it: changes of the world are kept from the device. It has no way to know, so nothing is raised; a danger
of which a change was kept from its device is told as excused, and if it is raised later its limits count from the
freeing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from .base import STUCK, Fault, Levers, Text


class StuckSensor(Fault):
    """Without a channel: all channels of a device."""

    NAME = "stuck_sensor"
    TEXTS = (Text("channel", "the channel that is stuck, as obscuration"),)
    HINDERS = STUCK

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.stick(device.id, self.text("channel") or None, True)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.stick(device.id, self.text("channel") or None, False)
