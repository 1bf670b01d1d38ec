"""Frames of devices in this process: beside the bytes what they say, so that nobody here has to open them.

The bytes are the firmware's own. A fleet that does not seal leaves out those of heartbeats and telemetry, which make
up most of what an estate says, and which nothing has to be opened for; all other frames are sealed in any case.
"""

from typing import Any, ClassVar

from lilong_firmware.device import Device
from lilong_firmware.uplink import Uplink
from lilong_protocol.frame import BIRTH, Frame
from lilong_protocol.frame import HEARTBEAT as BEAT
from lilong_protocol.pc.quick import unpack
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.topics import HEARTBEAT, TELEMETRY, UP_CLASSES

PASSING = frozenset((HEARTBEAT, TELEMETRY))  # QoS 0: what may be lost

_AT = {cls: at for at, cls in enumerate(UP_CLASSES)}
_WITH_NONCE = (BIRTH, BEAT)


class Spoken(bytes):
    """A frame, empty where it was not sealed. `said`: what whoever opens it finds."""

    said: Frame


def said_of(frame: bytes) -> Frame:
    """What a frame says, whoever made it; its seal is not verified."""
    return frame.said if isinstance(frame, Spoken) else unpack(payload_of(frame))


def speak(device: Device, seals: bool = True) -> None:
    """Let the frames of a device be `Spoken`, which changes nothing else; `seals` False: some of them without bytes."""
    plain = device.uplink
    kind = SpokenUplink if seals else UnsealedUplink
    spoken = kind.__new__(kind)
    for name in Uplink.__slots__:
        setattr(spoken, name, getattr(plain, name))
    device.uplink = spoken


class SpokenUplink(Uplink):
    """As the firmware's. bare: classes of frames without bytes."""

    __slots__ = ()

    bare: ClassVar[frozenset[str]] = frozenset()

    def frame(
        self,
        now: int,
        kind: int,
        cls: str,
        body: dict[int, Any],
        ref: tuple[int, int] | None = None,
        counter: int | None = None,
    ) -> bytes:
        if cls in self.bare:
            self._seqs[_AT[cls]] += 1
            spoken = Spoken()
        else:
            spoken = Spoken(Uplink.frame(self, now, kind, cls, body, ref, counter))
        spoken.said = self._said(now, kind, cls, body, ref, counter)
        return spoken

    def _said(
        self, now: int, kind: int, cls: str, body: dict[int, Any], ref: tuple[int, int] | None, counter: int | None
    ) -> Frame:
        """As `Frame` of the decoded payload."""
        said = Frame.__new__(Frame)
        said.kind = kind
        said.boot = self.boot
        said.seq = self._seqs[_AT[cls]]
        said.uptime = now
        said.epoch = said.quality = None
        quality = 3
        for until in self.clock._until:  # as `Clock.stamp` has it
            if now <= until:
                said.epoch, said.quality = self.clock.epoch(now), quality
                break
            quality -= 1
        said.body = body
        said.counter = counter
        said.ref = None if ref is None else list(ref)
        said.nonce = self.nonce if kind in _WITH_NONCE else None
        said.target = said.deadline = None
        return said


class UnsealedUplink(SpokenUplink):
    """Makes no bytes for heartbeats and telemetry."""

    __slots__ = ()

    bare = PASSING
