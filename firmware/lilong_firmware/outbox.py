"""The outbox: every alarm frame is stored before its first publish and repeated until its stored-ack.

PUBACK proves nothing: a broker gives it whether or not a backend is there. A frame leaves only when a stored-ack
names its boot, its number and its tag. The bytes are never sealed anew, so that a repeat is the same frame.
Before a stored frame stands its alarm's number, one byte, with RAISED in it for the raise of an open alarm (`resume`).

The raise of an open alarm always has a place, since no kind has more alarms than there are places (`_victims`).
"""

from lilong_protocol.codes import ALARM_DOOR_DURESS, retry_s, severity
from lilong_protocol.frame import CLEAR, RAISE, UPDATE
from lilong_protocol.seal import frame_tag

from .draws import Draws
from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .store import Store

CAPACITY = 24  # frames
# (ours) So many frames go at once, and the others so much later: a backlog needs no more heap than a few frames.
BURST, PAUSE_MS = 4, 200
RAISED = 0x80
LATE_MS = 100_000  # EN 54-21 5.3: without an answer for so long, an alarm's way is faulty
NO_ROOM, IN_RAM, STORED = 0, 1, 2  # what has become of a frame
ENDED = 0  # what a raise becomes when its alarm has ended


class Entry:
    """A frame that waits since uptime `since`: `code` is its alarm's number, `due` the uptime of its next publish.

    kind: of message, RAISE while the alarm is open, then ENDED.
    """

    __slots__ = ("boot", "code", "due", "frame", "kind", "seq", "since", "tries")

    def __init__(self, code: int, kind: int, boot: int, seq: int, frame: bytes, due: int) -> None:
        self.code = code
        self.kind = kind
        self.boot = boot
        self.seq = seq
        self.frame = frame
        self.due = self.since = due
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

    def load(self, name: str, kind: int, data: bytes, now: int) -> None:
        """Take back a record after a restart; its schedule starts again. IndexError for an alarm of other firmware."""
        code = data[0] & ~RAISED
        retry_s(code)
        if kind == RAISE and not data[0] & RAISED:
            kind = ENDED
        self._insert(Entry(code, kind, int(name[1:9], 16), int(name[9:17], 16), data[1:], now))

    def add(self, now: int, code: int, kind: int, boot: int, seq: int, frame: bytes) -> int:
        """Store a RAISE, UPDATE or CLEAR, then let it wait for its publish; NO_ROOM when there is none."""
        victims: list[Entry] = []
        if len(self._entries) >= CAPACITY:
            victims = self._victims(code, kind)
            self.evicted += len(victims) or 1
            if not victims:
                return NO_ROOM
        became = STORED
        try:
            self._store.put(_name(boot, seq), bytes([code | RAISED if kind == RAISE else code]) + frame)
        except OSError:
            self.unstored += 1  # a full flash blocks no alarm
            became = IN_RAM
        self._insert(Entry(code, kind, boot, seq, frame, now))
        for victim in victims:  # a raise before its clear: one alone would stay open for ever
            self._forget(victim)
        return became

    def unmark(self, boot: int, seq: int) -> None:
        """The alarm of this raise ends: if it still waits, it is from now on a frame as any other."""
        for entry in self._entries:
            if entry.boot == boot and entry.seq == seq:
                entry.kind = ENDED
                try:
                    self._store.put(_name(boot, seq), bytes([entry.code]) + entry.frame)
                except OSError:
                    pass  # a restart takes the alarm up again rather than to lose it

    def due(self, now: int) -> "list[bytes]":
        """At most BURST frames to publish now. Each gets its next time: its alarm's schedule and up to a tenth more."""
        frames: list[bytes] = []
        for entry in self._entries:
            if entry.due <= now and len(frames) >= BURST:
                entry.due = now + PAUSE_MS
            elif entry.due <= now:
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

    def late_at(self) -> int:
        """When the one that has waited longest has done so for too long.

        Duress counts for nothing here: whoever forces somebody to open a door looks on.
        """
        at = NEVER
        for entry in self._entries:
            if entry.since + LATE_MS < at and entry.code != ALARM_DOOR_DURESS:
                at = entry.since + LATE_MS
        return at

    def __len__(self) -> int:
        return len(self._entries)

    def _victims(self, code: int, kind: int) -> "list[Entry]":
        """What makes room for a frame of alarm `code`: one entry, or a raise and its clear; none for one so mild.

        The first that there is, of the mildest alarm, and then the oldest:
        0. an update that a later frame of its alarm makes old;
        1. another update;
        2. an alarm that has ended, raise and clear, of several that its code has;
        3. the only one that its code has;
        4. a clear whose raise is stored.
        The raise of an open alarm goes for nothing but its own clear. For such a raise, and for a clear whose raise is
        stored, all of these go; for other frames what is milder, of the same alarm, or 0.
        """
        entries = self._entries
        own = [entry for entry in entries if entry.code == code and entry.kind == RAISE]
        must = kind == RAISE or (kind == CLEAR and not own)
        best = 99
        victims: list[Entry] = own if kind == CLEAR else []
        for entry in entries:
            same = [other for other in entries if other.code == entry.code]
            at = same.index(entry)
            if entry.kind == UPDATE:
                rank = 0 if at + 1 < len(same) or entry.code == code else 1
            elif entry.kind == ENDED:
                rank = 2 if len([other for other in same if other.kind == ENDED]) > 1 else 3
            else:
                rank = 4
            if entry.kind == RAISE or (rank == 4 and at and same[at - 1].kind != CLEAR):
                continue
            if rank and not must and entry.code != code and severity(entry.code) >= severity(code):
                continue
            rank = 8 * rank + severity(entry.code)
            if rank < best:
                best = rank
                victims = [entry]
                for other in same[at + 1 :] if entry.kind == ENDED else ():
                    if other.kind == CLEAR:
                        victims.append(other)
                    if other.kind != UPDATE:
                        break
        return victims

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
