"""Which of two bundles a board runs: a new one on trial, until it has reached the backend; else the old one again.

    empty or old   --stage-->  staged  --boot-->  on trial  --confirm-->  in effect
                                                  on trial  --TRIES resets, or `give_up`-->  failed, the other one again

A trial ends with a word of the application, never with a timer: a device that sleeps between its reports has
`confirm` called when the backend has accepted its birth, however many times it has slept until then. Only a reset that
is no waking costs a try; wakings have their own, larger number.

The state is one record of 99 bytes in two files, written in turn: a power cut leaves the one before. It stands outside
the bundles, and so does all that reads it before one of them runs: this module imports nothing of the firmware.
"""

from binascii import crc32
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Place(Protocol):
        """Where bundles and records are; each method may raise OSError."""

        def record(self, at: int) -> bytes:
            """Of file 0 or 1; no bytes when there is none."""

        def keep(self, at: int, data: bytes) -> None:
            """All of it is there after the return."""

        def read(self, slot: int, offset: int, size: int) -> bytes:
            """Of a bundle; fewer bytes than asked for only at its end."""


TRIES = 3  # resets before the birth is accepted
WAKES = 50  # wakings from deep sleep before that
FALLS = 5  # resets in a row without `healthy`: then in safe mode, and after as many there with the other slot
NONE = 2  # no slot
OK, EXHAUSTED, GIVEN_UP, DAMAGED = 0, 1, 2, 3  # how the last trial has ended
_PIECE = 512
_SLOT = 40  # bytes of one slot in the record
_RECORD = 99


class Slot:
    """sequence: of its manifest; 0 when it holds nothing. size, digest: of the file."""

    __slots__ = ("digest", "sequence", "size")

    def __init__(self, data: bytes = bytes(_SLOT)) -> None:
        self.sequence = int.from_bytes(data[:4], "big")
        self.size = int.from_bytes(data[4:8], "big")
        self.digest = data[8:]

    def packed(self) -> bytes:
        return self.sequence.to_bytes(4, "big") + self.size.to_bytes(4, "big") + self.digest


class Slots:
    """active: the slot in effect. trial: the one that is staged or tried, else NONE. newest: the highest sequence ever.

    ended: how the last trial has ended. running: what `boot` chose, else NONE. safe: it has fallen too often, and
    should do without what may be the cause: settings from afar, logs, lists.
    """

    __slots__ = (
        "_falls", "_number", "_place", "_tries", "_wakes", "active", "ended", "newest", "running", "safe", "slots",
        "trial",
    )  # fmt: skip

    def __init__(self, place: "Place") -> None:
        self._place = place
        self._number = 0
        self.running = NONE
        self.safe = False
        best = b""
        for at in (0, 1):
            try:
                data = place.record(at)
            except OSError:
                continue
            if len(data) == _RECORD and crc32(data[:-4]).to_bytes(4, "big") == data[-4:] and data[:4] > best[:4]:
                best = data
        if not best:
            best = bytes(4) + bytes((0, NONE, 0, 0, OK, 0, 0)) + bytes(2 * _SLOT + 8)
        self._number = int.from_bytes(best[:4], "big")
        self.active, self.trial, self._tries, self._wakes, self.ended, self._falls = best[4:10]
        self.newest = int.from_bytes(best[11:15], "big")
        self.slots = (Slot(best[15 : 15 + _SLOT]), Slot(best[15 + _SLOT : 15 + 2 * _SLOT]))

    # ---- before anything runs

    def boot(self, woken: bool) -> int:
        """The slot to run, NONE when neither is whole. woken: from deep sleep, not by a reset.

        What is decided is kept before the return, so that a crash in the very first instruction has cost its try. When
        it cannot be kept nothing is tried: the one in effect runs.
        """
        if self.trial != NONE:
            left = self._wakes if woken else self._tries
            if not left:
                self._end(EXHAUSTED)
            elif not self.whole(self.trial):
                self._end(DAMAGED)
            else:
                if woken:
                    self._wakes = left - 1
                else:
                    self._tries = left - 1
                if self._kept():
                    self.running = self.trial
                    return self.trial
        if not woken:
            self._falls = min(self._falls + 1, 255)
            self._kept()
        self.safe = self._falls > FALLS
        first = self.active
        if self._falls > 2 * FALLS and 0 < self.slots[1 - first].sequence <= self.newest:
            first = 1 - first  # it has been in effect: what has failed its trial is no way out
        for slot in (first, 1 - first):
            if (woken and self.slots[slot].size) or self.whole(slot):  # it was whole before the sleep
                self.running = slot
                return slot
        return NONE

    def whole(self, slot: int) -> bool:
        """All bytes of a slot are there, as they were when it was staged."""
        wanted = self.slots[slot]
        if not wanted.size:
            return False
        digest = sha256()
        offset = 0
        try:
            while offset < wanted.size:
                data = self._place.read(slot, offset, min(_PIECE, wanted.size - offset))
                if not data:
                    return False
                digest.update(data)
                offset += len(data)
        except OSError:
            return False
        return digest.digest() == wanted.digest

    # ---- while one runs

    def spare(self) -> int:
        """The slot that may be written. Writing begins with `clear`."""
        return 1 - self.active

    def clear(self) -> None:
        """The spare slot is about to be written: from now on it is not to be run."""
        spare = self.spare()
        if self.slots[spare].size or self.trial != NONE:
            self.slots[spare].size = 0
            self.trial = NONE
            self.ended = OK
            self._keep()

    def stage(self, sequence: int, size: int, digest: bytes) -> None:
        """The spare slot is written and verified: the next boot tries it."""
        slot = self.slots[self.spare()]
        slot.sequence, slot.size, slot.digest = sequence, size, digest
        self.ended = OK
        self.trial = self.spare()
        self._tries, self._wakes = TRIES, WAKES
        self._keep()

    def confirm(self) -> bool:
        """The backend has accepted what runs; True when that ends a trial."""
        if self.trial == NONE or self.running != self.trial:
            return False
        self.active = self.trial
        self.newest = max(self.newest, self.slots[self.active].sequence)
        self._end(OK)
        return True

    def healthy(self) -> None:
        """It has run long enough, or has been accepted: the resets before this count no more."""
        if self._falls:
            self._falls = 0
            self._kept()

    def give_up(self) -> None:
        """What runs has failed its own check; the next boot runs the other one."""
        if self.trial != NONE:
            self._end(GIVEN_UP)

    # ---- inside

    def _end(self, how: int) -> None:
        self.trial = NONE
        self.ended = how
        self._falls = 0
        self._kept()

    def _kept(self) -> bool:
        try:
            self._keep()
        except OSError:
            return False
        return True

    def _keep(self) -> None:
        self._number += 1
        data = self._number.to_bytes(4, "big")
        data += bytes((self.active, self.trial, self._tries, self._wakes, self.ended, self._falls, 0))
        data += self.newest.to_bytes(4, "big") + self.slots[0].packed() + self.slots[1].packed()
        self._place.keep(self._number & 1, data + crc32(data).to_bytes(4, "big"))
