"""Devices of which the broker answers every sample: `--telemetry-qos 1`, for more PUBACKs than one estate gives."""

from __future__ import annotations

from typing import Any

from lilong_firmware.device import Device
from lilong_firmware.effects import PUBLISH


class Answered(Device):
    """A device whose heartbeats and telemetry are sent with QoS 1 instead of 0; no firmware does that."""

    __slots__ = ()

    def publish(self, now: int, kind: int, cls: str, body: dict[int, Any]) -> None:
        """Publish with QoS 1, now or never."""
        self.out.append((PUBLISH, cls, self.uplink.frame(now, kind, cls, body), 1, False))
