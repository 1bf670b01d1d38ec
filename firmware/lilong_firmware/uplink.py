"""Frames of a device: boot, a sequence number per class, time, and the seal around them."""

from lilong_protocol import frame, topics
from lilong_protocol.cbor import Writer
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal

from .clock import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


WRITER = Writer(frame.START)  # of all devices of this process: a frame is written at one go


class Uplink:
    """Makes sealed frames. `boot` must have been stored before the first of them leaves."""

    __slots__ = ("_seal", "_seqs", "boot", "clock", "nonce")

    def __init__(self, root: bytes, tenant: str, device: str, boot: int, nonce: bytes) -> None:
        self._seal = Seal(frame_key(root, UP), tenant, device, UP)
        self._seqs = [0] * len(topics.UP_CLASSES)
        self.boot = boot
        self.nonce = nonce
        self.clock = Clock()

    def next_seq(self, cls: str) -> int:
        """The number that the next frame of this class will carry."""
        return self._seqs[topics.UP_CLASSES.index(cls)] + 1

    def frame(
        self,
        now: int,
        kind: int,
        cls: str,
        body: "dict[int, Any]",
        ref: "tuple[int, int] | None" = None,
        counter: "int | None" = None,
    ) -> bytes:
        """A sealed frame of class `cls` at uptime `now`; it takes the next number of its class."""
        at = topics.UP_CLASSES.index(cls)
        seq = self._seqs[at] + 1
        self._seqs[at] = seq
        writer = WRITER
        frame.begin(writer, kind)
        self._write(writer, now, seq, body)
        frame.field(writer, 8, counter)
        frame.field(writer, 9, ref)
        if kind in (frame.BIRTH, frame.HEARTBEAT):
            frame.field(writer, 11, self.nonce)
        return self._seal.wrap(cls, writer)

    def _write(self, writer: Writer, now: int, seq: int, body: "dict[int, Any]") -> None:
        field = frame.field
        field(writer, 2, self.boot)
        field(writer, 3, seq)
        field(writer, 4, now)
        self.clock.stamp(writer, now)
        field(writer, 7, body)

    def will(self, connection: int) -> bytes:
        """The death frame of one connection; it takes no number, since the broker sends it, or nobody does."""
        writer = WRITER
        frame.begin(writer, frame.DEATH)
        frame.field(writer, 2, self.boot)
        frame.field(writer, 7, {0: connection})
        return self._seal.wrap(topics.STATE, writer)
