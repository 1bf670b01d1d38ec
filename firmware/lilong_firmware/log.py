"""The log: every event frame as it was sealed, kept before it is sent and long after, in a ring of files.

A file "l00", "l01" ... is a segment: its number (u32, rising by one from segment to segment) and the CRC of that,
then records one after another: CRC (u32), length of the frame (u16), boot and seq (u32 each), the frame. All are
big-endian; the CRC of a record is over all after it, and starts from the segment's number, so that what an earlier
segment left in the file is no record. When SEGMENT records are in a segment the next begins in the place of the
oldest. The record "sent" of the store names the segment and the offset up to which all has its PUBACK; it is written
at every MARK_EVERY-th of them, so that at most so many, less one, are sent again after a restart, byte for byte.

A write that is torn, by the power or by a full flash, leaves bytes at the end of the last segment that are no record.
They count as not there, and the next record is written over them. Only the newest segment is searched for its end, at
the start; of the others RAM holds nothing.
"""

from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import LogStore

SEGMENT = 64  # records
MARK_EVERY = 16
_FRAME_MAX = 1_024
_PIECE = 256  # bytes read at once: most records are shorter


class Log:
    """The events of one device: `capacity` of them at least, the oldest unsent one first in the line."""

    HEAD = 8  # bytes before the first record
    RECORD = 14  # bytes before the frame

    __slots__ = (
        "_at", "_at_serial", "_count", "_end", "_first", "_ring", "_store", "_unmarked", "dropped",
        "serial", "unstored",
    )  # fmt: skip

    def __init__(self, store: "LogStore", capacity: int, mark: bytes) -> None:
        """`mark`: the record "sent", or no bytes. `capacity` is for a device's life: it says where a segment lies."""
        self._store = store
        self._ring = (capacity + SEGMENT - 1) // SEGMENT + 1  # one of them may just have been begun
        self.serial = 0  # of the newest segment
        for slot in range(self._ring):
            head = self._read(slot, 0, self.HEAD)
            serial = int.from_bytes(head[:4], "big")
            if head == _head(serial) and serial % self._ring == slot and serial > self.serial:
                self.serial = serial
        self._count = SEGMENT  # records in it; as many also when it takes no more
        self._end = self.HEAD
        if self.serial:
            self._count = 0
            record = self.record(self.serial, self.HEAD)
            while record is not None:
                self._count += 1
                self._end += len(record)
                record = self.record(self.serial, self._end)
        self._at_serial = self.oldest()  # the place of the first unsent record
        self._at = self.HEAD
        serial = int.from_bytes(mark[:4], "big")
        if len(mark) == 8 and self._at_serial <= serial <= self.serial:
            self._at_serial = serial
            self._at = int.from_bytes(mark[4:], "big")
            if serial == self.serial and self._at > self._end:
                self._at = self._end
                self._count = SEGMENT  # records that were there are gone: new ones may not take their places
        self._first: bytes | None = None  # the first unsent frame
        self._unmarked = 0
        self.dropped = 0  # overwritten before they had their PUBACK, though one of them may have been under way
        self.unstored = 0  # writes that failed

    def append(self, boot: int, seq: int, frame: bytes) -> bool:
        """Keep a frame behind all others; False when that cannot be made durable, and then it is not in the log."""
        serial, end = self.serial, self._end
        if self._count >= SEGMENT:
            serial += 1
            end = self.HEAD
            self._give_up(serial - self._ring)
        next_in_line = (self._at_serial, self._at) >= (self.serial, self._end)
        body = len(frame).to_bytes(2, "big") + boot.to_bytes(4, "big") + seq.to_bytes(4, "big") + frame
        record = crc32(body, serial).to_bytes(4, "big") + body
        try:
            if end == self.HEAD:
                self._store.write(_name(serial % self._ring), 0, _head(serial) + record)
            else:
                self._store.write(_name(serial % self._ring), end, record)
        except OSError:
            self.unstored += 1
            return False
        if serial != self.serial:
            self.serial = serial
            self._count = 0
        if next_in_line:
            self._at_serial = serial
            self._at = end
            self._first = frame
        self._count += 1
        self._end = end + len(record)
        return True

    def first(self) -> "bytes | None":
        """The oldest frame without its PUBACK."""
        if self._first is None and (self._at_serial, self._at) < (self.serial, self._end):
            record = self._unsent(self.serial)
            if record is not None:
                self._first = record[self.RECORD :]
        return self._first

    def sent(self) -> None:
        """The frame that `first` gave has its PUBACK."""
        if self._first is None:
            return
        self._at += self.RECORD + len(self._first)
        self._first = None
        self._unmarked += 1
        if self._unmarked >= MARK_EVERY:
            self._unmarked = 0
            try:
                self._store.put("sent", self._at_serial.to_bytes(4, "big") + self._at.to_bytes(4, "big"))
            except OSError:
                pass  # more are sent again after a restart

    # ---- inside

    def oldest(self) -> int:
        return max(1, self.serial - self._ring + 1)

    def _unsent(self, last: int) -> "bytes | None":
        """The next unsent record of the segments up to `last`; the place of the first unsent one moves on to it."""
        while self._at_serial <= last:
            record = self.record(self._at_serial, self._at)
            if record is not None or self._at_serial == self.serial:
                return record
            self._at_serial += 1
            self._at = self.HEAD
        return None

    def _give_up(self, last: int) -> None:
        """The segments up to `last` are about to be overwritten: count what is unsent there."""
        if self._at_serial > last:
            return
        self._first = None
        record = self._unsent(last)
        while record is not None:
            self.dropped += 1
            self._at += len(record)
            record = self._unsent(last)

    def record(self, serial: int, at: int) -> "bytes | None":
        """The record at an offset of a segment; None at its end, and where something else lies."""
        slot = serial % self._ring
        data = self._read(slot, at, _PIECE)
        if len(data) < self.RECORD:
            return None
        size = self.RECORD + (data[4] << 8 | data[5])
        if size > len(data):
            if size > self.RECORD + _FRAME_MAX:
                return None
            data = self._read(slot, at, size)
        body = data[4:size]
        if len(data) < size or crc32(body, serial) != int.from_bytes(data[:4], "big"):
            return None
        return data[:size]

    def _read(self, slot: int, at: int, size: int) -> bytes:
        try:
            return self._store.read(_name(slot), at, size)
        except OSError:
            return b""


def _head(serial: int) -> bytes:
    number = serial.to_bytes(4, "big")
    return number + crc32(number).to_bytes(4, "big")


def _name(slot: int) -> str:
    return "l%02x" % slot
