"""A store in a folder of a board's flash: each record is a small file of its own, and so is each file of the log.

LittleFS inlines files of up to 128 bytes, and commits what was written to a file when that is closed.
"""

import os

MOST = 160  # bytes that hold most records: to read all of a file takes 256 of the heap in one piece


class FileStore:
    """A record is written beside its place and renamed over it, so that a power cut leaves the old or the new one."""

    LOGS = True

    def __init__(self, folder: str) -> None:
        self._folder = folder
        try:
            os.mkdir(folder)
        except OSError:
            os.stat(folder)  # it was there already; anything else fails here

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def put(self, name: str, data: bytes) -> None:
        try:
            with open(self._path(name + ".new"), "wb") as file:
                file.write(data)
            os.rename(self._path(name + ".new"), self._path(name))
        except OSError:
            self.drop(name + ".new")  # a full flash would fill up with the beginnings of what it did not take
            raise

    def drop(self, name: str) -> None:
        try:
            os.remove(self._path(name))
        except OSError:
            pass  # already gone

    def get(self, name: str) -> bytes:
        data = self.read(name, 0, MOST)
        return data if len(data) < MOST else self.read(name, 0, -1)

    def items(self) -> "list[tuple[str, bytes]]":
        """All records, sorted by name; half-written ones are removed, of unreadable ones there are no bytes."""
        records = []
        for name in sorted(os.listdir(self._folder)):
            if name.endswith(".new"):
                self.drop(name)
            elif name[0] != "l":  # the log is larger than the heap
                records.append((name, self.get(name)))
        return records

    def write(self, name: str, at: int, data: bytes) -> None:
        # "ab" would go on after the remains of a torn write.
        with open(self._path(name), "r+b" if at else "wb") as file:
            file.seek(at)
            file.write(data)

    def read(self, name: str, at: int, size: int) -> bytes:
        try:
            with open(self._path(name), "rb") as file:
                file.seek(at)
                return file.read(size)
        except OSError:
            return b""
