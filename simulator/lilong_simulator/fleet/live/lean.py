"""What thousands of devices of one process need not each keep."""

from sys import intern

from lilong_firmware.device import Device, Identity
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal


class SealOnDemand(Seal):
    """Of the frames that come down, which are few: made for each of them; a seal that is kept takes 300 bytes."""

    __slots__ = ("_identity",)

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def open(self, cls: str, frame: bytes) -> bytes:
        who = self._identity
        return Seal(frame_key(who.root, DOWN), who.tenant, who.device, DOWN).open(cls, frame)


def lean(device: Device) -> None:
    """Changes nothing of what a device does."""
    if not device.epoch:  # else its keys are of a later epoch
        device.downlink._seal = SealOnDemand(device.identity)
    device.uplink._start = intern(device.uplink._start)
