"""A board's own sink for firmware: one file of its store, which a download goes on with after a restart.

The record "slot" says what is on flash: the digest of the artifact (32 bytes), its size, how many of its bytes are
there and their CRC (u32 each, big-endian). It is written after the bytes that it speaks of, once in MARK_BYTES; what a
torn write leaves beyond counts as not there. Bytes that have changed since are found when they are read again.

Nothing runs what is here: that is for whoever starts the board.
"""

from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import LogStore

FIRMWARE = 0  # as `update` has it
OK = 200
FILE = "lslot"
RECORD = "slot"
MARK_BYTES = 4_096  # (ours) so much is fetched again at most; a sector of flash
SIZE_MAX = 1 << 20  # (ours)


class OneSlot:
    """The `Updating` of a host whose store has room for firmware, and which has no verification key."""

    ACCESS = True

    def __init__(self, store: "LogStore") -> None:
        self._store = store

    def sink(self, what: int) -> "Slot | None":
        return Slot(self._store) if what == FIRMWARE else None

    def verified(self, digest: bytes, signature: "bytes | None") -> bool:
        return True


class Slot:
    """The sink. `_crc` is over the bytes that are there; `_seen` over those that have been read again."""

    __slots__ = ("_crc", "_digest", "_seen", "_size", "_store", "_there")

    def __init__(self, store: "LogStore") -> None:
        self._store = store

    def begin(self, size: int, digest: bytes) -> int:
        self._size = size
        self._digest = digest
        self._crc = self._seen = self._there = 0
        if size > SIZE_MAX:
            return -1
        record = self._store.get(RECORD)
        if len(record) == 44 and record[:36] == digest + size.to_bytes(4, "big"):
            there = int.from_bytes(record[36:40], "big")
            if there <= size:
                self._there = there
                self._crc = int.from_bytes(record[40:], "big")
        return self._there

    def read(self, offset: int, size: int) -> bytes:
        """What an earlier life has left, once, in order; OSError at the end when it is not what it was."""
        data = self._store.read(FILE, offset, size)
        self._seen = crc32(data, self._seen)
        if offset + len(data) >= self._there and self._seen != self._crc:
            raise OSError("the slot has changed since it was written")
        return data

    def write(self, offset: int, data: bytes) -> None:
        if offset == 0:
            self._crc = 0
        self._store.write(FILE, offset, data)
        self._crc = crc32(data, self._crc)
        end = offset + len(data)
        if offset // MARK_BYTES != end // MARK_BYTES or end == self._size:
            numbers = self._size.to_bytes(4, "big") + end.to_bytes(4, "big") + self._crc.to_bytes(4, "big")
            self._store.put(RECORD, self._digest + numbers)

    RESTARTS = False

    def judge(self, have: int) -> "int | None":
        return OK

    def finish(self, now: int) -> bool:
        """Its record says that it is whole."""
        return True

    def discard(self) -> None:
        self._store.drop(RECORD)
