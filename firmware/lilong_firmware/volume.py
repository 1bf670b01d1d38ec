"""One LittleFS on a region of a board's flash: a volume of the mirrored store.

Files of up to CACHE bytes lie in the directory itself: a change of one is a commit of some 150 bytes, and costs an
erase only when the directory's block is full. A commit counts whole or not at all. A block is four sectors of flash
(`Region`), so that all records of a device have room in one directory block: a larger directory is several logs.
"""

from vfs import VfsLfs2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


SECTOR = 4_096  # bytes: what a flash erases at once
SECTORS = 4  # of a block
READ = 64  # bytes; LittleFS makes its caches four times as large
CACHE = 4 * READ


class Region:
    """So many sectors of a flash as blocks of SECTORS each: a block device of MicroPython's extended interface.

    flash: one of them too, of blocks of SECTOR bytes. Its errors become LittleFS's: an exception may not cross that.
    Nothing allocates here, since a file may be closed while the heap is locked.
    """

    __slots__ = ("_blocks", "_first", "_flash")

    def __init__(self, flash: "Any", first: int, sectors: int) -> None:
        if sectors % SECTORS or sectors < 4 * SECTORS:
            raise ValueError("%d sectors: a region has a multiple of %d, at least %d" % (sectors, SECTORS, 4 * SECTORS))
        self._flash = flash
        self._first = first
        self._blocks = sectors // SECTORS

    def readblocks(self, block: int, buffer: "Any", offset: int = 0) -> int:
        try:
            self._flash.readblocks(self._first + block * SECTORS + offset // SECTOR, buffer, offset % SECTOR)
        except OSError:
            return -5
        return 0

    def writeblocks(self, block: int, buffer: "Any", offset: int = 0) -> int:
        try:
            self._flash.writeblocks(self._first + block * SECTORS + offset // SECTOR, buffer, offset % SECTOR)
        except OSError:
            return -5
        return 0

    def ioctl(self, what: int, argument: int) -> int:
        if what == 4:
            return self._blocks
        if what == 5:
            return SECTOR * SECTORS
        if what == 6:
            first = self._first + argument * SECTORS
            try:
                for sector in range(first, first + SECTORS):
                    self._flash.ioctl(6, sector)
            except OSError:
                return -5
        return 0


class Volume:
    """`device`: a block device, as `Region` is one."""

    __slots__ = ("_device", "_fs")

    def __init__(self, device: "Any") -> None:
        self._device = device
        self._fs: Any = None

    def put(self, name: str, data: bytes) -> None:
        with self._mounted().open(name, "wb") as file:
            file.write(data)

    def drop(self, name: str) -> None:
        self._mounted().remove(name)

    def get(self, name: str) -> bytes:
        with self._mounted().open(name, "rb") as file:
            data: bytes = file.read()
            return data

    def names(self) -> "list[str]":
        return [entry[0] for entry in self._mounted().ilistdir("/")]

    def renew(self) -> None:
        """A new file system with nothing in it."""
        self._fs = None
        VfsLfs2.mkfs(self._device, readsize=READ, progsize=READ, lookahead=32)

    def _mounted(self) -> "Any":
        if self._fs is None:
            little: Any = VfsLfs2
            self._fs = little(self._device, readsize=READ, progsize=READ, lookahead=32)
        return self._fs
