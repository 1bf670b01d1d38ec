"""A device whose tick is not right: it runs fast or slow, has jumped, or stands still for a while.

Stands in for the device before its host, and turns every time into the device's and back.
"""

from typing import Any

from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER

MILLION = 1_000_000


def counts(device: "Device | Drifting", now: int) -> tuple[Device, int]:
    """The device itself, and what it counts when its host's count is `now`: for what is no input of a device."""
    return (device._device, device.uptime(now)) if isinstance(device, Drifting) else (device, now)


class Drifting:
    """`uptime` is what the device counts when its host's count since power-on is `now`, and never goes back."""

    __slots__ = ("_ahead", "_device", "_rate", "_since")

    def __init__(self, device: Device) -> None:
        object.__setattr__(self, "_device", device)
        self._turn(0, 0, 0)

    def _turn(self, since: int, ahead: int, ppm: int) -> None:
        for name, value in (("_since", since), ("_ahead", ahead), ("_rate", MILLION + ppm)):
            object.__setattr__(self, name, value)

    def run(self, now: int, ppm: int, ahead_ms: int) -> None:
        """From now on it runs by `ppm` fast (below 0: slow), after a jump; below 0: after standing still."""
        uptime = self.uptime(now)
        self._turn(now - min(ahead_ms, 0), uptime + max(ahead_ms, 0), ppm)

    def kind_of(self) -> type[Device]:
        """The class of the device that it stands for."""
        return type(self._device)

    def uptime(self, now: int) -> int:
        passed: int = max(0, now - self._since)
        return int(self._ahead + passed * self._rate // MILLION)

    @property
    def deadline(self) -> int:
        """By the host's count, when the device's has come there."""
        wanted = self._device.deadline
        if wanted >= NEVER:
            return NEVER
        return int(self._since + max(0, -((self._ahead - wanted) * MILLION // self._rate)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._device, name, value)

    # ---- what happens to a device

    def sense(self, now: int, channel: int, value: int | None) -> None:
        self._device.sense(self.uptime(now), channel, value)

    def connected(self, now: int) -> None:
        self._device.connected(self.uptime(now))

    def disconnected(self, now: int) -> None:
        self._device.disconnected(self.uptime(now))

    def published(self, now: int) -> None:
        self._device.published(self.uptime(now))

    def received(self, now: int, cls: str, data: bytes, retained: bool) -> None:
        self._device.received(self.uptime(now), cls, data, retained)

    def step(self, now: int) -> None:
        self._device.step(self.uptime(now))
