"""Alarm episodes: from raise to clear one alarm, whatever repeats, recrosses or restarts in between.

A raise is kept in the store until it is cleared, so that a restart resumes the alarm under its old key.
"""

from lilong_protocol import cbor
from lilong_protocol.codes import latches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import Store

# The state that an update (kind 7) tells.
ACTIVE_AGAIN, RESTORED = 1, 2


class Episode:
    """`boot` and `seq` are those of the raise: the alarm's name for ever."""

    __slots__ = ("acknowledged", "boot", "raised_at", "restored", "seq")

    def __init__(self, boot: int, seq: int, raised_at: int) -> None:
        self.boot = boot
        self.seq = seq
        self.raised_at = raised_at  # uptime; 0 when it was raised before this boot
        self.restored = False
        self.acknowledged = False


class Episodes:
    """The alarms of one device that have not been cleared, by code."""

    __slots__ = ("_open", "_store")

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._open: dict[int, Episode] = {}

    def load(self, name: str, data: bytes) -> int:
        """Take back a record after a restart; the code of the alarm that goes on."""
        code = int(name[1:], 16)
        boot, seq, restored, acknowledged = cbor.decode(data)
        episode = Episode(boot, seq, 0)
        episode.restored = restored
        episode.acknowledged = acknowledged
        self._open[code] = episode
        return code

    def get(self, code: int) -> "Episode | None":
        return self._open.get(code)

    def codes(self) -> "list[int]":
        return sorted(self._open)

    def open(self, code: int, boot: int, seq: int, now: int) -> None:
        self._open[code] = Episode(boot, seq, now)
        self.keep(code)

    def keep(self, code: int) -> None:
        """Store how an episode stands. A store that fails costs the resume after a restart, nothing now."""
        episode = self._open[code]
        data = cbor.encode([episode.boot, episode.seq, episode.restored, episode.acknowledged])
        try:
            self._store.put("a%02x" % code, data)
        except OSError:
            pass

    def close(self, code: int) -> None:
        del self._open[code]
        self._store.drop("a%02x" % code)

    def find(self, boot: int, seq: int) -> "int | None":
        """The code of the open alarm with this name."""
        for code in self._open:
            episode = self._open[code]
            if episode.boot == boot and episode.seq == seq:
                return code
        return None

    def waiting(self) -> "int | None":
        """When the youngest alarm was raised that somebody will still have to reset: its uptime, or None."""
        youngest = None
        for code in self._open:
            raised_at = self._open[code].raised_at
            if latches(code) and (youngest is None or raised_at > youngest):
                youngest = raised_at
        return youngest
