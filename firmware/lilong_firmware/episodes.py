"""Alarm episodes: from raise to clear one alarm, whatever repeats, recrosses or restarts in between.

A raise is kept in the store until it is cleared, so that a restart resumes the alarm under its old key. A record
"a" and the code (see `Device.alarm`) in hex says [boot and seq of the raise, restored, acknowledged, boot and seq of
the last alarm frame that it knows of]; what it does not know of, `resume` takes from the outbox.
"""

from lilong_protocol import cbor
from lilong_protocol.codes import latches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import Store

NUMBER = 0xFF  # of a code: the alarm's number
# The state that an update (kind 7) tells.
ACTIVE_AGAIN, RESTORED = 1, 2


class Episode:
    """`boot` and `seq` are those of the raise: the alarm's name for ever."""

    __slots__ = ("acknowledged", "boot", "kept", "restored", "seq", "told")

    def __init__(self, boot: int, seq: int) -> None:
        self.boot = boot
        self.seq = seq
        self.restored = False
        self.acknowledged = False
        self.told = (boot, seq)  # as its record had it at the start
        self.kept: bool | None = True  # False: its record could not be written; None: it must not be, see `open`


NONE: "dict[int, Episode]" = {}  # of all devices that have no alarm


class Episodes:
    """The alarms of one device that have not been cleared, by code."""

    __slots__ = ("_open", "_store", "heard_at", "told")

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._open = NONE
        self.heard_at = 0  # uptime of the last stored-ack of an alarm that latches, or of the start
        self.told = (0, 0)  # (boot, seq) of the last alarm frame

    def load(self, name: str, data: bytes) -> int:
        """Take back a record after a restart; the code of the alarm that goes on.

        ValueError, TypeError or IndexError when it is no such record, or one of an alarm that this firmware lacks.
        """
        code = int(name[1:], 16)
        latches(code)
        boot, seq, restored, acknowledged, told_boot, told_seq = cbor.decode(data)
        if (boot | seq | told_boot | told_seq) < 0:
            raise ValueError
        episode = Episode(boot, seq)
        episode.restored = restored
        episode.acknowledged = acknowledged
        episode.told = (told_boot, told_seq)
        if not self._open:
            self._open = {}
        self._open[code] = episode
        return code

    def get(self, code: int) -> "Episode | None":
        return self._open.get(code)

    def codes(self) -> "list[int]":
        return sorted(self._open)

    def open(self, code: int, boot: int, seq: int, stored: bool = True) -> None:
        """`stored`: so is the raise. Else a restart must not resume an alarm of which nobody may have heard."""
        episode = Episode(boot, seq)
        if not stored:
            episode.kept = None
        if not self._open:
            self._open = {}
        self._open[code] = episode
        self.keep(code)

    def confirm(self, now: int, code: int, boot: int, seq: int) -> None:
        """The backend has stored this frame of an alarm. The raise of one that is open has left the outbox now."""
        if latches(code):
            self.heard_at = now
        raised = self.find(boot, seq)
        if raised is not None and not self._open[raised].kept:
            self._open[raised].kept = False
            self.keep(raised)

    def keep(self, code: int) -> None:
        """Store how an episode stands. A store that fails costs the resume after a restart, nothing now."""
        episode = self._open[code]
        if episode.kept is None:
            return
        told = self.told
        data = cbor.encode([episode.boot, episode.seq, episode.restored, episode.acknowledged, told[0], told[1]])
        try:
            self._store.put("a%02x" % code, data)
            episode.kept = True
        except OSError:
            episode.kept = False

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
        """Since when the backend knows all of the alarms that somebody will still have to reset: an uptime, or None."""
        for code in self._open:
            if latches(code):
                return self.heard_at
        return None
