"""A feeder blackout with its reconnect storm: devices on the mains lose their power, and all get it back at once.

What models it: a device without power keeps its flash and nothing else; its connection breaks without a word, its
sensors change unseen, and it cannot raise. When power is back it boots anew, with the next boot, and connects without
waiting, as all the others on that feeder do. Devices with a battery (smoke, covers, bands) go on. Doors have no
standby battery here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from .base import UNPOWERED, Fault, Levers
from .low_battery import battery_period_ms


class Blackout(Fault):
    """Without a selector: every feeder."""

    NAME = "blackout"
    HINDERS = UNPOWERED
    LINKS = True
    SIMULATED = True

    def touches(self, device: Device) -> bool:
        return battery_period_ms(device.kind) is None

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.power(device.id, False)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.power(device.id, True)
