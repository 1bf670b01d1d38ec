"""Frames of devices in this process: beside the bytes what they say, so that nobody here has to open them.

The bytes are the firmware's own. A fleet that does not seal leaves out those of heartbeats and telemetry, which make
up most of what an estate says, and which nothing has to be opened for; all other frames are sealed in any case.
"""

from typing import Any, NamedTuple

from lilong_firmware.clock import Clock
from lilong_firmware.device import Device
from lilong_firmware.uplink import Uplink
from lilong_protocol.pc.quick import unpack
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.topics import HEARTBEAT, TELEMETRY, UP_CLASSES

PASSING = frozenset((HEARTBEAT, TELEMETRY))  # QoS 0: what may be lost

_AT = {cls: at for at, cls in enumerate(UP_CLASSES)}


class Said(NamedTuple):
    """What a frame says; None for what it does not carry. `uptime`, and `epoch` by the device's own clock, in ms."""

    kind: int
    boot: int | None
    seq: int | None
    uptime: int | None
    epoch: int | None
    body: dict[int, Any]
    ref: tuple[int, int] | None = None


class Spoken(bytes):
    """A frame, empty where it was not sealed."""

    said: Said


def said_of(frame: bytes) -> Said:
    """What a frame says, whoever made it; its seal is not verified."""
    if isinstance(frame, Spoken):
        return frame.said
    it = unpack(payload_of(frame))
    return Said(it.kind, it.boot, it.seq, it.uptime, it.epoch, it.body or {}, it.ref)


def speak(device: Device, seals: bool = True) -> None:
    """Let the frames of a device be `Spoken`, which changes nothing else; `seals` False: some of them without bytes."""
    plain = device.uplink
    spoken = (SpokenUplink if seals else UnsealedUplink).__new__(SpokenUplink if seals else UnsealedUplink)
    for name in Uplink.__slots__:
        setattr(spoken, name, getattr(plain, name))
    device.uplink = spoken


class SpokenUplink(Uplink):
    """As the firmware's."""

    __slots__ = ()

    def frame(
        self,
        now: int,
        kind: int,
        cls: str,
        body: dict[int, Any],
        ref: tuple[int, int] | None = None,
        counter: int | None = None,
    ) -> bytes:
        spoken = Spoken(Uplink.frame(self, now, kind, cls, body, ref, counter))
        spoken.said = Said(kind, self.boot, self._seqs[_AT[cls]], now, _epoch(self.clock, now), body, ref)
        return spoken


class UnsealedUplink(SpokenUplink):
    """Makes no bytes for heartbeats and telemetry."""

    __slots__ = ()

    def frame(
        self,
        now: int,
        kind: int,
        cls: str,
        body: dict[int, Any],
        ref: tuple[int, int] | None = None,
        counter: int | None = None,
    ) -> bytes:
        if cls not in PASSING:
            return super().frame(now, kind, cls, body, ref, counter)
        at = _AT[cls]
        seq = self._seqs[at] = self._seqs[at] + 1
        spoken = Spoken()
        spoken.said = Said(kind, self.boot, seq, now, _epoch(self.clock, now), body, ref)
        return spoken


def _epoch(clock: Clock, now: int) -> int | None:
    """The epoch that a frame carries, as `Clock.stamp` writes it."""
    until = clock._until
    return clock.epoch(now) if until and now <= until[-1] else None
