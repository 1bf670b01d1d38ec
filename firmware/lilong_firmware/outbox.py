"""The outbox: every alarm frame is stored before its first publish and repeated until its stored-ack.

PUBACK proves nothing: a broker gives it whether or not a backend is there. A frame leaves only when a stored-ack
names its boot, its number and its tag. The bytes are never sealed anew, so that a repeat is the same frame.
Before a stored frame stands its alarm's number, one byte, with RAISED in it for the raise of an open alarm (`resume`).

RAM has the bytes of a frame that waits with few others, and of one that flash did not give back as it was. The others
are read when they are sent; one that cannot be read then is tried again at its next time.

The raise of an open alarm always has a place, since no kind has more alarms than there are places (`_victims`).
"""

from binascii import crc32
from struct import pack, pack_into, unpack_from

from lilong_protocol.codes import ALARM_DOOR_DURESS, retry_s, severity
from lilong_protocol.frame import CLEAR, RAISE, UPDATE

from .draws import Draws
from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .store import Store

CAPACITY = 24  # frames
# (ours) So many frames go at once, and the others so much later: a backlog needs no more heap than a few frames.
BURST, PAUSE_MS = 2, 100
FEW = 4  # (ours) a flash that dies takes none of these with it
TAG = 8  # bytes, the last ones of a frame
RAISED = 0x80
LATE_MS = 100_000  # EN 54-21 5.3: without an answer for so long, an alarm's way is faulty
NO_ROOM, IN_RAM, STORED = 0, 1, 2  # what has become of a frame
ENDED = 0  # what a raise becomes when its alarm has ended

# An entry: a frame that waits. Its code (`Device.alarm`; u32, the alarm's number last); its kind of message, RAISE
# while the alarm is open, then ENDED; its place in the schedule; boot, seq and CRC-32 of the frame; the uptimes since
# when it waits and of its next publish. Behind that the frame, where RAM has it. Packed, since an object of eight
# attributes takes five times the RAM.
CODE, KIND, TRIES, NUMBER, SINCE, DUE, HEAD = 3, 4, 5, 6, 18, 26, 34


class Outbox:
    """Frames that no stored-ack has named yet: the most severe first, among equals the oldest."""

    __slots__ = ("_draws", "_entries", "_store", "evicted", "unstored")

    def __init__(self, store: "Store", draws: Draws) -> None:
        self._store = store
        self._draws = draws
        self._entries: Any = ()  # bytearrays in a list, once there are any: most devices have none
        self.unstored = 0  # the store failed: these live in RAM only and end with the power
        self.evicted = 0  # given up for want of room

    def add(self, now: int, code: int, kind: int, boot: int, seq: int, frame: bytes) -> int:
        """Store a RAISE, UPDATE or CLEAR, then let it wait for its publish; NO_ROOM when there is none."""
        victims: list[bytearray] = []
        if len(self._entries) >= CAPACITY:
            victims = self._victims(code, kind)
            self.evicted += len(victims) or 1
            if not victims:
                return NO_ROOM
        became = STORED
        try:
            self._store.put(_name(boot, seq), bytes([code & 0xFF | (kind == RAISE) << 7]) + frame)
        except OSError:
            self.unstored += 1  # a full flash blocks no alarm
            became = IN_RAM
        self.take(now, code, kind, boot, seq, frame)
        for victim in victims:  # a raise before its clear: one alone would stay open for ever
            self._forget(victim)
        return became

    def unmark(self, boot: int, seq: int) -> None:
        """The alarm of this raise ends: if it still waits, it is from now on a frame as any other."""
        entry = self._find(boot, seq)
        if entry:
            entry[KIND] = ENDED
            frame = self._frame(entry)
            try:
                if frame:
                    self._store.put(_name(boot, seq), bytes([entry[CODE]]) + frame)
            except OSError:
                pass  # a restart takes the alarm up again rather than to lose it

    def due(self, now: int) -> "list[bytes]":
        """At most BURST frames to publish now. Each gets its next time: its alarm's schedule and up to a tenth more."""
        frames: list[bytes] = []
        for entry in self._entries:
            if unpack_from(">Q", entry, DUE)[0] <= now:
                wait_ms = PAUSE_MS
                if len(frames) < BURST:
                    frame = self._frame(entry)
                    if frame:
                        frames.append(frame)
                    waits_s = retry_s(entry[CODE])
                    wait_ms = waits_s[entry[TRIES]] * 1000
                    wait_ms += self._draws.below(wait_ms // 10)
                    entry[TRIES] = min(entry[TRIES] + 1, len(waits_s) - 1)
                pack_into(">Q", entry, DUE, now + wait_ms)
        return frames

    def renew(self, now: int) -> None:
        """The link is back: everything is due at once, and each schedule starts again."""
        for entry in self._entries:
            entry[TRIES] = 0
            pack_into(">Q", entry, DUE, now)

    def stored(self, boot: int, seq: int, tag: bytes) -> "int | None":
        """A stored-ack: the alarm's code, or None when it names no frame that waits or other bytes."""
        entry = self._find(boot, seq)
        if entry and tag and self._frame(entry)[-TAG:] == tag:
            self._forget(entry)
            return entry[CODE]
        return None

    def deadline(self) -> int:
        """When the next frame is due."""
        first = NEVER
        for entry in self._entries:
            first = min(first, unpack_from(">Q", entry, DUE)[0])
        return first

    def late_at(self) -> int:
        """When the one that has waited longest has done so for too long.

        Duress counts for nothing here: whoever forces somebody to open a door looks on.
        """
        at = NEVER
        for entry in self._entries:
            if entry[CODE] != ALARM_DOOR_DURESS:
                at = min(at, unpack_from(">Q", entry, SINCE)[0] + LATE_MS)
        return at

    def __len__(self) -> int:
        return len(self._entries)

    def _victims(self, code: int, kind: int) -> "list[bytearray]":
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
        name = pack(">I", code)
        own = [entry for entry in entries if entry[:KIND] == name and entry[KIND] == RAISE]
        must = kind == RAISE or (kind == CLEAR and not own)
        best = 40
        victims: list[bytearray] = own if kind == CLEAR else []
        for entry in entries:
            its, has = entry[:KIND], entry[KIND]
            same = [other for other in entries if other[:KIND] == its]
            at = same.index(entry)
            grave = severity(its[CODE])
            if has == UPDATE:
                rank = 1 - (at + 1 < len(same) or its == name)
            elif has == ENDED:
                rank = 2 if [other[KIND] for other in same].count(ENDED) > 1 else 3
            elif has == CLEAR and (not at or same[at - 1][KIND] == CLEAR):
                rank = 4
            else:
                continue
            if rank and not must and its != name and grave >= severity(code):
                continue
            rank = 8 * rank + grave
            if rank < best:
                best = rank
                victims = [entry]
                for other in same[at + 1 :] if has == ENDED else ():
                    if other[KIND] == CLEAR:
                        victims.append(other)
                    if other[KIND] != UPDATE:
                        break
        return victims

    def take(self, now: int, code: int, kind: int, boot: int, seq: int, frame: bytes) -> None:
        """Let a frame wait that the store has taken, or refused; kind: RAISE, ENDED, UPDATE or CLEAR."""
        entry = bytearray(pack(">IBBIIIQQ", code, kind, 0, boot, seq, crc32(frame), now, now))
        if len(self._entries) < FEW or not self._frame(entry):
            entry.extend(frame)
        at = len(self._entries)
        if not at:
            self._entries = []
        while at and severity(self._entries[at - 1][CODE]) < severity(code):
            at -= 1
        self._entries.insert(at, entry)

    def _find(self, boot: int, seq: int) -> "bytearray | None":
        for entry in self._entries:
            if unpack_from(">II", entry, NUMBER) == (boot, seq):
                return entry  # type: ignore[no-any-return]
        return None

    def _frame(self, entry: bytearray) -> bytes:
        """Its bytes; none when flash does not give them back as they were."""
        frame = bytes(entry[HEAD:])
        if not frame:
            boot, seq, check = unpack_from(">III", entry, NUMBER)
            frame = self._store.get(_name(boot, seq))[1:]
            if crc32(frame) != check:
                return b""
        return frame

    def _forget(self, entry: bytearray) -> None:
        self._entries.remove(entry)
        self._store.drop(_name(*unpack_from(">II", entry, NUMBER)))


def _name(boot: int, seq: int) -> str:
    return "o%08x%08x" % (boot, seq)
