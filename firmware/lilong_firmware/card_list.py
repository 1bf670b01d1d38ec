"""A new list of cards, plates or tags, as an update brings it: an artifact of kind 1.

Its bytes, all numbers big-endian: the stamp of the last revocation that is in it (u32); how many cards, visitors' cards
and PINs it has (u16 each); then these, each group sorted, 4 bytes a number, as `cards` says.

It is written beside the list in effect, into one of two files of the log's. What puts it into effect is one record: the
first byte of "cards" names the file in its upper half. So a power cut leaves the old list or the new one.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device
    from .store import LogStore

GROUPS = ("cards", "visitors", "pins")
OK = 200
HEAD = 10  # bytes before the numbers
SIZE_MAX = 8_192  # (ours) 2,000 cards: what a heap of 64 KB can still hold


class CardList:
    """The sink of a new list."""

    __slots__ = ("_device", "_file", "_head", "_last", "_size")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._file = 2 if in_effect(device) == 1 else 1

    def begin(self, size: int, digest: bytes) -> int:
        self._size = size
        return 0 if HEAD <= size <= SIZE_MAX else -1

    def write(self, offset: int, data: bytes) -> None:
        _log_store(self._device).write(_name(self._file), offset, data)

    RESTARTS = False

    def judge(self, have: int) -> int:
        return OK

    def finish(self, now: int) -> bool:
        """Put the list into effect, which must be whole and sorted."""
        store = _log_store(self._device)
        if not _is_sound(store, self._file, self._size):
            return False
        stamp = store.read(_name(self._file), 0, 4)
        store.put("cards", bytes([self._file << 4]) + stamp)
        self._device.rules.renewed(now)
        return True

    def read(self, offset: int, size: int) -> bytes:
        return b""  # `begin` counts nothing

    def discard(self) -> None:
        """A list of which nothing says that it is in effect is of no use."""


def in_effect(device: "Device") -> int:
    """The number of the file of the list in effect; 0: as provisioned."""
    return (device.store.get("cards") or b"\0")[0] >> 4


def load(device: "Device", file: int) -> bool:
    """Give the door the list of a file in the place of the one it was provisioned with; False if it is not there."""
    store = _log_store(device)
    head = store.read(_name(file), 0, HEAD)
    if len(head) != HEAD:
        return False
    data = dict(device.identity.data)  # others may have been given the same
    device.identity.data = data
    at = HEAD
    for group in range(len(GROUPS)):
        size = 4 * int.from_bytes(head[4 + 2 * group : 6 + 2 * group], "big")
        data[GROUPS[group]] = b""  # its RAM first
        data[GROUPS[group]] = store.read(_name(file), at, size)
        at += size
    return True


def _is_sound(store: "LogStore", file: int, size: int) -> bool:
    head = store.read(_name(file), 0, HEAD)
    at = HEAD
    for group in range(len(GROUPS)):
        last = -1
        for _ in range(int.from_bytes(head[4 + 2 * group : 6 + 2 * group], "big")):
            data = store.read(_name(file), at, 4)
            number = int.from_bytes(data, "big")
            if len(data) != 4 or number <= last:
                return False
            last = number
            at += 4
    return at == size


def _log_store(device: "Device") -> "LogStore":
    return device.store  # type: ignore[return-value]


def _name(file: int) -> str:
    return "list%d" % file
