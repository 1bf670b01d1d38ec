"""What a device must keep across a restart: a few small records by name.

A store has `put(name, data)`, `drop(name)` and `items()`; `put` returns only when the record is durable and
raises OSError when it cannot be made so. Names are at most 17 characters of [0-9a-z].
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Store(Protocol):
        def put(self, name: str, data: bytes) -> None: ...
        def drop(self, name: str) -> None: ...
        def items(self) -> list[tuple[str, bytes]]: ...


class RamStore:
    """Keeps records in memory: the flash chip of a simulated device."""

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: dict[str, bytes] | None = None  # most simulated devices never write one

    def put(self, name: str, data: bytes) -> None:
        if self._records is None:
            self._records = {}
        self._records[name] = data

    def drop(self, name: str) -> None:
        if self._records is not None:
            self._records.pop(name, None)

    def items(self) -> "list[tuple[str, bytes]]":
        """All records, sorted by name."""
        return sorted(self._records.items()) if self._records else []


class VolatileStore(RamStore):
    """A board without flash: keeps only what its device asks for again while it runs, as long as that has power.

    All other records are for a restart, which would find none of them, and they take RAM.
    """

    __slots__ = ()

    def put(self, name: str, data: bytes) -> None:
        if name.startswith("k"):
            RamStore.put(self, name, data)


class FileStore:
    """Keeps each record in a small file of its own: LittleFS inlines files of up to 128 bytes.

    A record is written beside its place and renamed over it, so that a power cut leaves the old or the new one.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        try:
            os.mkdir(folder)
        except OSError:
            os.stat(folder)  # it was there already; anything else fails here

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def put(self, name: str, data: bytes) -> None:
        with open(self._path(name + ".new"), "wb") as file:
            file.write(data)
        os.rename(self._path(name + ".new"), self._path(name))

    def drop(self, name: str) -> None:
        try:
            os.remove(self._path(name))
        except OSError:
            pass  # already gone

    def items(self) -> "list[tuple[str, bytes]]":
        """All records, sorted by name; half-written ones are removed."""
        records = []
        for name in os.listdir(self._folder):
            if name.endswith(".new"):
                os.remove(self._path(name))
                continue
            with open(self._path(name), "rb") as file:
                records.append((name, file.read()))
        return sorted(records)
