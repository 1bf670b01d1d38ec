"""The outbox: every alarm frame is stored before its first publish and repeated until its stored-ack.

PUBACK proves nothing: a broker gives it whether or not a backend is there. A frame leaves only when a stored-ack
names its boot, its number and its tag. The bytes are never sealed anew, so that a repeat is the same frame.
Before a stored frame stands its alarm's number, one byte, with RAISED in it for the raise of an open alarm (`resume`).
"""

from lilong_protocol.codes import latches, retry_s, severity
from lilong_protocol.seal import frame_tag

from .draws import Draws
from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import Store

CAPACITY = 24  # frames
RAISED = 0x80
NO_ROOM, IN_RAM, STORED = 0, 1, 2  # what has become of a frame
SHARE = 3  # places that every alarm has for itself: raise, latest update, clear


class Entry:
    """A frame that waits: `code` is its alarm's number, `due` the uptime of its next publish."""

    __slots__ = ("boot", "code", "due", "frame", "seq", "tries")

    def __init__(self, code: int, boot: int, seq: int, frame: bytes, due: int) -> None:
        self.code = code
        self.boot = boot
        self.seq = seq
        self.frame = frame
        self.due = due
        self.tries = 0


class Outbox:
    """Frames that no stored-ack has named yet: the most severe first, among equals the oldest."""

    __slots__ = ("_draws", "_entries", "_store", "evicted", "unstored")

    def __init__(self, store: "Store", draws: Draws) -> None:
        self._store = store
        self._draws = draws
        self._entries: list[Entry] = []
        self.unstored = 0  # the store failed: these live in RAM only and end with the power
        self.evicted = 0  # given up for want of room

    def load(self, name: str, data: bytes, now: int) -> None:
        """Take back a record after a restart; its schedule starts again. IndexError for an alarm of other firmware."""
        code = data[0] & ~RAISED
        retry_s(code)
        self._insert(Entry(code, int(name[1:9], 16), int(name[9:17], 16), data[1:], now))

    def add(self, now: int, code: int, boot: int, seq: int, frame: bytes, mark: int = 0) -> int:
        """Store a frame, then let it wait for its publish; NO_ROOM when there is none for one so mild.

        `mark`: RAISED for a raise.
        """
        if len(self._entries) >= CAPACITY:
            self.evicted += 1
            victim = self._victim(code)
            if victim is None:
                return NO_ROOM
            self._forget(victim)
        became = STORED
        try:
            self._store.put(_name(boot, seq), bytes([code | mark]) + frame)
        except OSError:
            self.unstored += 1  # a full flash blocks no alarm
            became = IN_RAM
        self._insert(Entry(code, boot, seq, frame, now))
        return became

    def unmark(self, boot: int, seq: int) -> None:
        """The alarm of this raise ends: if it still waits, it is from now on a frame as any other."""
        for entry in self._entries:
            if entry.boot == boot and entry.seq == seq:
                try:
                    self._store.put(_name(boot, seq), bytes([entry.code]) + entry.frame)
                except OSError:
                    pass  # a restart takes the alarm up again rather than to lose it

    def due(self, now: int) -> "list[bytes]":
        """The frames to publish now. Each gets its next time: its alarm's schedule and up to a tenth of jitter."""
        frames = []
        for entry in self._entries:
            if entry.due <= now:
                frames.append(entry.frame)
                waits_s = retry_s(entry.code)
                wait_ms = waits_s[min(entry.tries, len(waits_s) - 1)] * 1000
                entry.due = now + wait_ms + self._draws.below(wait_ms // 10)
                entry.tries += 1
        return frames

    def renew(self, now: int) -> None:
        """The link is back: everything is due at once, and each schedule starts again."""
        for entry in self._entries:
            entry.due = now
            entry.tries = 0

    def stored(self, boot: int, seq: int, tag: bytes) -> "int | None":
        """A stored-ack: the alarm's code, or None when it names no frame that waits or other bytes."""
        for entry in self._entries:
            if entry.boot == boot and entry.seq == seq and frame_tag(entry.frame) == tag:
                self._forget(entry)
                return entry.code
        return None

    def deadline(self) -> int:
        """When the next frame is due."""
        first = NEVER
        for entry in self._entries:
            if entry.due < first:
                first = entry.due
        return first

    def __len__(self) -> int:
        return len(self._entries)

    def _victim(self, code: int) -> "Entry | None":
        """The frame that makes room for one of alarm `code`, or None when all others matter as much.

        An alarm with more than its share gives up one, the mildest alarm first: of one that latches the raise stays
        and the update after it goes, since a later one says more. Else a milder alarm makes room.
        """
        crowd: list[Entry] = []
        for entry in self._entries:
            same = [other for other in self._entries if other.code == entry.code]
            if len(same) + (1 if entry.code == code else 0) > SHARE and (
                not crowd or (severity(entry.code), -len(same)) < (severity(crowd[0].code), -len(crowd))
            ):
                crowd = same
        if crowd:
            return crowd[1] if latches(crowd[0].code) and len(crowd) > 1 else crowd[0]
        mildest = self._entries[-1]
        return mildest if severity(mildest.code) < severity(code) else None

    def _insert(self, entry: Entry) -> None:
        at = len(self._entries)
        while at and severity(self._entries[at - 1].code) < severity(entry.code):
            at -= 1
        self._entries.insert(at, entry)

    def _forget(self, entry: Entry) -> None:
        self._entries.remove(entry)
        self._store.drop(_name(entry.boot, entry.seq))


def _name(boot: int, seq: int) -> str:
    return "o%08x%08x" % (boot, seq)
