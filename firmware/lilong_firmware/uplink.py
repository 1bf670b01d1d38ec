"""Frames of a device: boot, a sequence number per class, time, and the seal around them."""

from struct import pack_into

from lilong_protocol import cbor
from lilong_protocol.cbor import Writer
from lilong_protocol.frame import BIRTH, DEATH, HEARTBEAT, RAISE, START, VERSION
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal
from lilong_protocol.topics import STATE, UP_CLASSES

from .clock import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


WRITER = Writer(START)  # of all devices of this process: a frame is written at one go


class Uplink:
    """Makes sealed frames. `boot` must have been stored before the first of them leaves."""

    __slots__ = ("_boot", "_seal", "_seqs", "_start", "boot", "clock", "nonce")

    def __init__(self, root: bytes, tenant: str, device: str, boot: int, nonce: bytes) -> None:
        self._seal = Seal(frame_key(root, UP), tenant, device, UP)
        self._seqs = [0] * len(UP_CLASSES)
        self.boot = boot
        self._boot = cbor.encode({2: boot})[1:]  # its key and value, which stand in every frame
        self._start = "BBBBB%ds" % len(self._boot)
        self.nonce = nonce
        self.clock = Clock()

    def next_seq(self, cls: str) -> int:
        """The number that the next frame of this class will carry."""
        return self._seqs[UP_CLASSES.index(cls)] + 1

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
        at = UP_CLASSES.index(cls)
        seq = self._seqs[at] + 1
        self._seqs[at] = seq
        writer = WRITER
        self._write(writer, now, kind, seq)
        if kind == RAISE:
            # Always {code, severity, urgency, certainty, values}, of small numbers but for the last.
            pack_into("BB", writer.buf, writer.at, 7, 0xA5)
            writer.at += 2
            writer.pair(0, body[0])
            pack_into("BBBBBBB", writer.buf, writer.at, 1, body[1], 2, body[2], 3, body[3], 4)
            writer.at += 7
            writer.depth = 2
            writer.map(body[4])
        else:
            writer.pair(7, body)
        if counter is not None:
            writer.buf[START] += 1
            writer.pair(8, counter)
        if ref is not None:
            writer.buf[START] += 1
            writer.pair(9, ref)
        if kind == BIRTH or kind == HEARTBEAT:  # noqa: PLR1714, SIM109  a tuple would be made
            writer.buf[START] += 1
            writer.pair(11, self.nonce)
        return self._seal.wrap(cls, writer)

    def will(self, connection: int) -> bytes:
        """The death frame of one connection; it takes no number, since the broker sends it, or nobody does."""
        writer = WRITER
        writer.at = START
        writer.depth = 0
        writer.value({0: VERSION, 1: DEATH, 2: self.boot, 7: {0: connection}})
        return self._seal.wrap(STATE, writer)

    def _write(self, writer: Writer, now: int, kind: int, seq: int) -> None:
        """All keys before the body, which is counted already."""
        pack_into(self._start, writer.buf, START, 0xA6, 0, VERSION, 1, kind, self._boot)
        writer.at = START + 5 + len(self._boot)
        writer.depth = 1
        writer.pair(3, seq)
        writer.pair(4, now)
        self.clock.stamp(writer, now)
