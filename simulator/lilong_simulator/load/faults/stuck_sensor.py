"""Stuck sensors: a channel keeps its value, whatever the world does; when it is freed it reads what there is.

What models it: changes of the world are kept from the device. It has no way to know, so nothing is raised; a danger
of which a change was kept from its device is told as excused, and if it is raised later its limits count from the
freeing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from ...kinds import EVERY
from .asked import FaultAsked, FaultError, unknown
from .base import STUCK, Fault, Levers, Text
from .low_battery import channels_of


class StuckSensor(Fault):
    """Without a channel: all channels of a device."""

    NAME = "stuck_sensor"
    TEXTS = (Text("channel", "the channel that is stuck, as obscuration"),)
    HINDERS = STUCK

    def touches(self, device: Device) -> bool:
        channel = self.text("channel")
        return not channel or channel in channels_of(device.kind)

    @classmethod
    def check(cls, asked: FaultAsked) -> None:
        super().check(asked)
        channel = dict(asked.arguments).get("channel")
        known = {name for kind in EVERY for name in channels_of(kind)}
        if channel is not None and channel not in known:
            raise FaultError(f"no channel {unknown(channel, known)}", "channel")

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.stick(device.id, self.text("channel") or None, True)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.stick(device.id, self.text("channel") or None, False)
