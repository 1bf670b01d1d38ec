"""How devices of this process speak: their frames are `Spoken`.

The bytes are the firmware's own. A fleet that does not seal leaves out those of heartbeats and telemetry, which make
up most of what an estate says, and which nothing has to be opened for; all other frames are sealed in any case.
"""

from typing import Any, ClassVar

from lilong_firmware.device import Device
from lilong_firmware.uplink import WRITER, Uplink
from lilong_protocol.frame import BIRTH, START, Frame
from lilong_protocol.frame import HEARTBEAT as BEAT
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.topics import HEARTBEAT, TELEMETRY, UP_CLASSES

from .spoken import Spoken

PASSING = frozenset((HEARTBEAT, TELEMETRY))  # QoS 0: what may be lost

_AT = {cls: at for at, cls in enumerate(UP_CLASSES)}
_WITH_NONCE = (BIRTH, BEAT)


def speak(device: Device, seals: bool = True) -> None:
    """Let the frames of a device be `Spoken`, which changes nothing else; `seals` False: some of them without bytes."""
    device.uplink = (SpokenUplink if seals else UnsealedUplink)(device.uplink)


class Said(Frame):
    """As `Frame` of a decoded payload of a device."""

    __slots__ = ()

    def __init__(
        self, kind: int, boot: int, seq: int, uptime: int, body: dict[int, Any], ref: tuple[int, int] | None,
        counter: int | None, nonce: bytes | None,
    ) -> None:  # fmt: skip
        self.kind, self.boot, self.seq, self.uptime, self.body = kind, boot, seq, uptime, body
        self.epoch = self.quality = self.target = self.deadline = None
        self.ref = None if ref is None else list(ref)
        self.counter, self.nonce = counter, nonce


class SpokenUplink(Uplink):
    """As the firmware's, in whose place it comes. bare: classes of frames without bytes."""

    __slots__ = ()

    bare: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, plain: Uplink) -> None:
        self._seal, self._seqs, self._boot, self._start = plain._seal, plain._seqs, plain._boot, plain._start
        self.boot, self.nonce, self.clock = plain.boot, plain.nonce, plain.clock

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

    def say(
        self, now: int, step: int, count: int, kind: int, cls: str, body: dict[int, Any]
    ) -> tuple[Said, list[bytes] | None]:
        """What the next `count` frames say, `step` ms apart, the others as the first but for time and number; and their
        bytes where they have any: as `frame`, for whom they need not be one."""
        at = _AT[cls]
        if cls in self.bare:
            self._seqs[at] += 1
            said = self._said(now, kind, cls, body, None, None)
            self._seqs[at] += count - 1
            return said, None
        first = Uplink.frame(self, now, kind, cls, body)
        said = self._said(now, kind, cls, body, None, None)
        return said, [first, *self._alike(first, said, step, count, cls)]

    def _alike(self, first: bytes, said: Said, step: int, count: int, cls: str) -> list[bytes]:
        """The frames after the first: what stands in it behind time and number is not written anew."""
        writer, now, seq = WRITER, said.uptime, said.seq
        payload = payload_of(first)
        self._write(writer, now, said.kind, seq)
        rest, more = payload[writer.at - START :], payload[0] - writer.buf[START]
        frames = []
        for nth in range(1, count):
            self._write(writer, now + nth * step, said.kind, seq + nth)
            writer.buf[START] += more
            end = writer.at + len(rest)
            writer.buf[writer.at : end] = rest
            writer.at = end
            frames.append(self._seal.wrap(cls, writer))
        self._seqs[_AT[cls]] = seq + count - 1
        return frames

    def _said(
        self, now: int, kind: int, cls: str, body: dict[int, Any], ref: tuple[int, int] | None, counter: int | None
    ) -> Said:
        nonce = self.nonce if kind in _WITH_NONCE else None
        said = Said(kind, self.boot, self._seqs[_AT[cls]], now, body, ref, counter, nonce)
        quality = 3
        for until in self.clock._until:  # as `Clock.stamp` has it
            if now <= until:
                said.epoch, said.quality = self.clock.epoch(now), quality
                break
            quality -= 1
        return said


class UnsealedUplink(SpokenUplink):
    """Makes no bytes for heartbeats and telemetry."""

    __slots__ = ()

    bare = PASSING
