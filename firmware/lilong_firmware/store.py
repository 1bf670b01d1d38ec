"""What a device must keep across a restart: a few small records by name, and the files of its log.

`put` and `write` return only when the bytes are durable, and raise OSError when they cannot be made so. Names are at
most 17 characters of [0-9a-z]. A record is there as it was or as it is, whatever happens while it is written; of a
log's file, what lies before the offset of a write that was torn is as it was.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Store(Protocol):
        LOGS: bool  # it survives the power, and is also a LogStore with room for a log

        def put(self, name: str, data: bytes) -> None: ...
        def drop(self, name: str) -> None: ...
        def get(self, name: str) -> bytes:
            """One record; no bytes when there is none, or none that can be read."""

        def items(self) -> list[tuple[str, bytes]]:
            """All records, sorted by name; of one that cannot be read, no bytes."""

    class LogStore(Store, Protocol):
        def write(self, name: str, at: int, data: bytes) -> None:
            """Write into a file of the log at an offset up to its end; 0 begins the file anew."""

        def read(self, name: str, at: int, size: int) -> bytes:
            """At most `size` bytes from an offset of a file of the log; none beyond its end, or when it is missing."""


class RamStore:
    """Keeps all in memory: the flash chip of a simulated device."""

    LOGS = True

    __slots__ = ("_logs", "_records")

    def __init__(self) -> None:
        self._records: list[Any] | None = None  # name and data in turn: most simulated devices have one, their boot
        self._logs: dict[str, bytearray] | None = None

    def put(self, name: str, data: bytes) -> None:
        if self._records is None:
            self._records = [name, data]
            return
        at = self._at(name)
        if at < 0:
            self._records += [name, data]
        else:
            self._records[at + 1] = data

    def drop(self, name: str) -> None:
        at = self._at(name)
        if at >= 0 and self._records is not None:
            del self._records[at : at + 2]

    def get(self, name: str) -> bytes:
        at = self._at(name)
        return self._records[at + 1] if at >= 0 and self._records is not None else b""

    def items(self) -> "list[tuple[str, bytes]]":
        records = self._records or []
        return sorted([(records[at], records[at + 1]) for at in range(0, len(records), 2)])

    def _at(self, name: str) -> int:
        records = self._records or []
        for at in range(0, len(records), 2):
            if records[at] == name:
                return at
        return -1

    def write(self, name: str, at: int, data: bytes) -> None:
        if self._logs is None:
            self._logs = {}
        if at:
            self._logs[name][at:] = data
        else:
            self._logs[name] = bytearray(data)

    def read(self, name: str, at: int, size: int) -> bytes:
        return bytes(self._logs[name][at : at + size]) if self._logs and name in self._logs else b""


class VolatileStore:
    """A board without flash: keeps only what its device asks for again while it runs, as long as that has power.

    All other records are for a restart, which would find none of them, and they take RAM.
    """

    LOGS = False

    __slots__ = ("_records",)

    def __init__(self) -> None:
        self._records: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        if name.startswith("k"):
            self._records[name] = data

    def drop(self, name: str) -> None:
        self._records.pop(name, None)

    def get(self, name: str) -> bytes:
        return self._records.get(name, b"")

    def items(self) -> "list[tuple[str, bytes]]":
        return sorted(self._records.items())
