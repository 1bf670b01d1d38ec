"""A gateway partition: links through it break, none can be had, devices go on; their backlog drains when it is whole.

What models it: each connection is closed without DISCONNECT, so the broker publishes the will; each new one is
refused, and the device backs off as after any failure. Alarms and events wait in its outbox and its log.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from .base import CUT_OFF, Fault, Levers


class Partition(Fault):
    """Without a selector: every gateway, which is the estate's uplink."""

    NAME = "partition"
    HINDERS = CUT_OFF
    LINKS = True
    SIMULATED = True

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.link(device.id, False)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.link(device.id, True)
