"""Room held back on a disk, so that a run on a disk that fills ends in good order, with whole files."""

import errno
import os
import tempfile
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

SPARE_BYTES = 32_000_000  # (ours) a row group that is being packed, the drain, and all the small files of an estate
FULL = (errno.ENOSPC, errno.EDQUOT)
PIECE = bytes(1_000_000)


class Spare:
    """Bytes of a folder's disk that nobody else gets, until they are wanted; a process that is killed holds none.

    `full`, the first error of a disk that is full, is None as long as there is room.
    """

    def __init__(self, folder: Path, size: int = SPARE_BYTES) -> None:
        """Raises OSError when there is not even so much."""
        self.full: OSError | None = None
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  closed when it is released
        try:
            _fill(self._file.fileno(), size)
        except OSError:
            self._file.close()
            raise

    def release(self, error: OSError) -> bool:
        """Whether an error was want of room, and there is some now."""
        if self.full is not None or error.errno not in FULL:
            return False
        self.full = error
        self._file.close()
        return True

    def close(self) -> None:
        self._file.close()


class SparedFile(FileIO):
    """A file that takes its spare when the disk is full. `broken`: its first failure beyond that; what comes later is
    dropped."""

    def __init__(self, path: Path, spare: Spare | None = None) -> None:
        super().__init__(path, "w")
        self.broken: OSError | None = None
        self._spare = spare

    def write(self, data: "Buffer") -> int:
        left = memoryview(data)
        size = left.nbytes
        while left and self.broken is None:
            try:
                left = left[self.give(left) :]
            except OSError as error:
                if self._spare is None or not self._spare.release(error):
                    self.broken = error
        return size

    def give(self, data: "Buffer") -> int:
        """To the disk; how much it took."""
        return super().write(data)


def _fill(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    for _ in range(size // len(PIECE)):  # macOS
        os.write(file, PIECE)
