"""Firmware that its maker has signed, into the slot that does not run. Loaded while an update runs.

What is fetched goes into the spare bundle's file, head and image as they were signed (`suit`). Before the first byte is
asked for, the signature is verified, in steps; with the head, and before the rest, what it is and how new. Then the
bundle is staged, and the device restarts when no alarm is open; how that ends, `trial` tells.
"""

from lilong_protocol import frame

from . import suit
from .ed25519 import verification
from .slot import FILE, FIRMWARE, Slot
from .slots import Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .store import LogStore

NAMES = ("a", "b")  # of the bundles, as `boot` has them
STEPS = 4  # (ours) of the verification between two looks at the sensors: some 20 ms of a small board


class Maker:
    """Whose firmware a device takes. key: 32 bytes, Ed25519. vendor, device_class: 16 bytes each (RFC 9124)."""

    __slots__ = ("device_class", "key", "vendor")

    def __init__(self, key: bytes, vendor: bytes, device_class: bytes) -> None:
        self.key = key
        self.vendor = vendor
        self.device_class = device_class


class TwoSlots:
    """The `Updating` of a board with two bundles in `folder`."""

    ACCESS = True

    __slots__ = ("_folder", "_maker", "_signature", "_slots", "_store")

    def __init__(self, store: "LogStore", slots: Slots, folder: str, maker: Maker) -> None:
        self._store = store
        self._slots = slots
        self._folder = folder
        self._maker = maker
        self._signature = b""

    def verified(self, digest: bytes, signature: "bytes | None") -> bool:
        """It is signed at all; whether rightly, `Incoming.judge` finds out."""
        self._signature = signature or b""
        return len(self._signature) == 64

    def sink(self, what: int) -> "Incoming | None":
        if what != FIRMWARE:
            return None
        return Incoming(self._store, self._slots, self._folder, self._maker, self._signature)


class Incoming(Slot):
    """The sink: the spare bundle's file. The store has the record that a download goes on with after a restart."""

    __slots__ = ("_head", "_maker", "_path", "_signature", "_slots", "_verifying")

    def __init__(self, store: "LogStore", slots: Slots, folder: str, maker: Maker, signature: bytes) -> None:
        Slot.__init__(self, _Spare(store, folder + "/" + NAMES[slots.spare()]))
        self._slots = slots
        self._maker = maker
        self._signature = signature
        self._head = b""

    def begin(self, size: int, digest: bytes) -> int:
        there = Slot.begin(self, size, digest)
        if there >= 0:
            self._slots.clear()
            self._verifying: Generator[bool | None, None, None] | None = verification(
                self._maker.key, digest, self._signature
            )
        return there

    def judge(self, have: int) -> "int | None":
        """None while it works; OK to go on; else the response code with which the update ends. have: bytes so far."""
        if self._verifying is not None:
            for _ in range(STEPS):
                outcome = next(self._verifying)
                if outcome is not None:
                    self._verifying = None
                    return None if outcome else frame.FORBIDDEN
            return None
        if self._head or have < suit.HEAD:
            return frame.OK
        try:
            size = suit.head_size(self._store.read(FILE, 0, suit.HEAD))
            if have < size:
                return frame.OK
            self._head = self._store.read(FILE, 0, size)
            manifest = suit.parse(self._head)
        except ValueError:
            return frame.INVALID
        maker = self._maker
        return suit.judge(manifest, self._size, maker.vendor, maker.device_class, suit.ROMFS, self._slots.newest)

    RESTARTS = True

    def finish(self, now: int) -> bool:
        """Staged for the next start."""
        self._slots.stage(suit.parse(self._head).sequence, self._size, self._digest)
        return True


class _Spare:
    """A store whose one file of the log is the bundle."""

    LOGS = True

    def __init__(self, store: "LogStore", path: str) -> None:
        self.items = store.items
        self.put = store.put
        self.drop = store.drop
        self.get = store.get
        self._path = path

    def write(self, name: str, at: int, data: bytes) -> None:
        with open(self._path, "r+b" if at else "wb") as file:
            file.seek(at)
            file.write(data)

    def read(self, name: str, at: int, size: int) -> bytes:
        with open(self._path, "rb") as file:
            file.seek(at)
            return file.read(size)
