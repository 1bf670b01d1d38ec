"""What a board starts with: it has `slots` choose a bundle, and mounts it for main.py to run.

The bundles, `a` and `b`, are ROMFS files in one folder, the records are `boot.0` and `boot.1` beside them. A port with
memory-mapped ROM (`vfs.rom_ioctl`) has the chosen bundle copied there once, and runs its code where it lies. On others
modules are read from the file piece by piece when they are imported, and their code is in RAM. This module and `slots`
stand beside the bundles, as one module `lilong_boot`, which no update touches. The board's main.py calls `mounted`:
boot.py runs at each look of mpremote too, and a choice costs a try.
"""

import io
import os
import sys

from .slots import NONE, Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = "/lilong"
NAMES = ("a", "b")
ROOT = "/rom"  # where a bundle is mounted
HEAD = b"LLFW"  # of firmware that came over the air: its manifest stands before the image (`suit`)
MAGIC = b"\xd2\xcd\x31"
VERBATIM, DIRECTORY, FILE = 2, 4, 5  # kinds of records of a ROMFS, as MicroPython's `mpremote romfs` writes them
ENOENT, EINVAL, EROFS = 2, 22, 30
CLOSE, BUFFER_SIZE = 4, 11  # requests of MicroPython's py/stream.h
BUFFER = 248  # the most that its reader of modules takes at once is 255
REGULAR, FOLDER_MODE = 0x8000, 0x4000
SEGMENTS, SEGMENT, PREPARE, WRITE, COMPLETE = 1, 2, 3, 4, 5  # requests of vfs.rom_ioctl, MicroPython's extmod/vfs.h
PIECE = 4_096  # bytes

BOOTED: "tuple[int, bool]" = (NONE, False)
"""`Slots.running` and `Slots.safe`, for the firmware that was started."""


class Files:
    """The `Place` of slots: bundles and records in a folder. A record is written beside its place and renamed."""

    def __init__(self, folder: str = FOLDER) -> None:
        self._folder = folder

    def path(self, slot: int) -> str:
        return self._folder + "/" + NAMES[slot]

    def record(self, at: int) -> bytes:
        try:
            with open("%s/boot.%d" % (self._folder, at), "rb") as file:
                return file.read()
        except OSError:
            return b""

    def keep(self, at: int, data: bytes) -> None:
        path = "%s/boot.%d" % (self._folder, at)
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)

    def read(self, slot: int, offset: int, size: int) -> bytes:
        with open(self.path(slot), "rb") as file:
            file.seek(offset)
            return file.read(size)


class Bundle:
    """A ROMFS file without folders as a file system that can only be read; ValueError when it is none."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._files: dict[str, tuple[int, int]] = {}  # (offset, size) by name
        with open(path, "rb") as file:
            file.seek(_image(file))
            if file.read(3) != MAGIC:
                raise ValueError("%s is no ROMFS" % path)
            left = _number(file)
            end = file.tell() + left
            while file.tell() < end:
                kind = _number(file)
                after = _number(file)
                after += file.tell()
                if kind == FILE:
                    name = str(file.read(_number(file)), "utf-8")
                    if _number(file) != VERBATIM:
                        raise ValueError("%s: %s is not in one piece" % (path, name))
                    size = _number(file)
                    self._files[name] = (file.tell(), size)
                file.seek(after)

    def mount(self, readonly: bool, mkfs: bool) -> None:
        """For vfs.mount."""

    def umount(self) -> None:
        """For vfs.umount."""

    def stat(self, path: str) -> "tuple[int, ...]":
        name = path.lstrip("/")
        if not name:
            return (FOLDER_MODE, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        if name not in self._files:
            raise OSError(ENOENT)
        return (REGULAR, 0, 0, 0, 0, 0, self._files[name][1], 0, 0, 0)

    def open(self, path: str, mode: str) -> "Piece":
        name = path.lstrip("/")
        if name not in self._files:
            raise OSError(ENOENT)
        if mode != "rb":
            raise OSError(EROFS)
        return Piece(self._path, *self._files[name])


class Piece(io.IOBase):
    """One file of a bundle, to be read once from its beginning."""

    def __init__(self, path: str, offset: int, size: int) -> None:
        self._file = open(path, "rb")  # noqa: SIM115  closed by `ioctl`
        self._file.seek(offset)
        self._left = size

    def readinto(self, buffer: "Any") -> int:
        size = min(len(buffer), self._left)
        got: int = self._file.readinto(memoryview(buffer)[:size])
        self._left -= got
        return got

    def ioctl(self, request: int, argument: int) -> int:
        if request == CLOSE:
            self._file.close()
            return 0
        return BUFFER if request == BUFFER_SIZE else -EINVAL


def _number(file: "Any") -> int:
    """Seven bits a byte, the high ones first; the last byte has its highest bit clear."""
    value: int = 0
    while True:
        byte = file.read(1)[0]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value


def _image(file: "Any") -> int:
    """Where the ROMFS begins in a bundle's file."""
    start = file.read(6)
    return 6 + int.from_bytes(start[4:], "big") if start[:4] == HEAD else 0


def in_rom(path: str, ask: "Any") -> "Any":
    """The ROMFS of a bundle in memory-mapped ROM, copied there unless it is there; None when that cannot be.

    ask: vfs.rom_ioctl. A power cut in the middle of the copy leaves what is not the same, and it is copied anew.
    """
    try:
        rom = ask(SEGMENT, 0) if ask(SEGMENTS) > 0 else None
        if rom is None or isinstance(rom, int):
            return None
        rom = memoryview(rom)
        with open(path, "rb") as file:
            start = _image(file)
            size = os.stat(path)[6] - start
            if size > len(rom):
                return None
            if not _same(file, start, size, rom):
                least = ask(PREPARE, 0, size)
                if least < 0:
                    return None
                file.seek(start)
                buffer = bytearray(max(PIECE, least))
                for at in range(0, size, len(buffer)):
                    got = file.readinto(buffer)
                    buffer[got:] = bytes(len(buffer) - got)
                    if ask(WRITE, 0, at, buffer) < 0:
                        return None
                if ask(COMPLETE, 0) < 0 or not _same(file, start, size, rom):
                    return None
    except OSError:
        return None
    return rom[:size]


def _same(file: "Any", start: int, size: int, rom: "Any") -> bool:
    file.seek(start)
    for at in range(0, size, PIECE):
        data = file.read(PIECE)
        if bytes(rom[at : at + len(data)]) != data:
            return False
    return True


def choose(woken: bool, folder: str = FOLDER) -> "str | None":
    """The path of the bundle to run, None when there is none that is whole. `BOOTED` says the rest."""
    global BOOTED
    place = Files(folder)
    slots = Slots(place)
    slot = slots.boot(woken)
    BOOTED = (slot, slots.safe)
    return None if slot == NONE else place.path(slot)


def mounted() -> bool:
    """Mount what was chosen, where modules are imported from; without a bundle say so. main.py does the rest.

    What this module was is garbage when the firmware runs, unless the bundle is read by it.
    """
    import machine  # type: ignore[import-not-found]  # noqa: PLC0415  CPython has none
    import vfs  # type: ignore[import-not-found]  # noqa: PLC0415

    woken = machine.reset_cause() == getattr(machine, "DEEPSLEEP_RESET", -1)
    path = choose(woken)
    if path is None:
        print("lilong: no bundle in %s is whole: flash the board again" % FOLDER)
        return False
    rom = None
    if hasattr(vfs, "rom_ioctl"):
        try:
            vfs.umount(ROOT)  # the port has mounted what it found there
        except OSError:
            pass
        rom = in_rom(path, vfs.rom_ioctl)
    print("lilong: runs %s%s%s" % (path, "" if rom is None else " in ROM", ", safe mode" if BOOTED[1] else ""))
    vfs.mount(Bundle(path) if rom is None else vfs.VfsRom(rom), ROOT)  # type: ignore[attr-defined,unused-ignore]
    sys.path.insert(0, ROOT)
    return True
