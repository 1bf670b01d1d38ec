"""Safe mode: a board that has fallen again and again does without settings from afar, and takes none.

They are the one thing that others give a device and that is in effect from its first moment. Without them it has the
defaults of its kind; its alarms, its log, a door's cards and what has been revoked of them are what they were. Nothing
is lost: the next boot out of safe mode has the settings again.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import LogStore

LEFT_OUT = "config"
READ_ONLY = 30  # EROFS


class SafeStore:
    """A store as a device sees it in safe mode."""

    __slots__ = ("LOGS", "_store", "drop", "read", "write")

    def __init__(self, store: "LogStore") -> None:
        self._store = store
        self.LOGS = store.LOGS
        self.drop = store.drop
        self.read = store.read
        self.write = store.write

    def put(self, name: str, data: bytes) -> None:
        if name == LEFT_OUT:
            raise OSError(READ_ONLY)
        self._store.put(name, data)

    def get(self, name: str) -> bytes:
        return b"" if name == LEFT_OUT else self._store.get(name)

    def items(self) -> "list[tuple[str, bytes]]":
        return [record for record in self._store.items() if record[0] != LEFT_OUT]
