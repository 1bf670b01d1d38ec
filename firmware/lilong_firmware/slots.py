"""Which of two bundles a board runs: a new one on trial, until it has reached the backend; else the old one again.

    empty or old   --stage-->  staged  --boot-->  on trial  --confirm-->  in effect
                                                  on trial  --TRIES resets-->  failed, the other one again
                                                  on trial  --ATTEMPTS in vain-->  in doubt
    in doubt, the other one runs   --confirm-->  on trial once more; the second time, failed

A trial ends with a word of the application, never with a timer: `confirm` is called when the backend has accepted a
session of what runs. Each time that it is asked for that costs an attempt, each reset that is no waking a try; wakings
have a number of their own, which is for firmware that sleeps and never asks.

That nobody accepts the new one says nothing yet: there may be nobody. So the old one runs, and stays if it is accepted
as little. Once it is, there is a backend, and the new one has another turn at once. Only when that was in vain too, and
the old one is accepted again, it has failed. An outage costs one restart, and rolls nothing back.

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


TRIES = 3  # resets in a turn, before the birth is accepted
WAKES = 50  # (ours) wakings from deep sleep in a turn
ATTEMPTS = 8  # (ours) to be accepted, in a turn: with their pauses some minutes
_TURN = 10  # ATTEMPTS, one number for a doubt, and one between them
_TURNS = 20  # (ours) two, the second one when the old one has just been accepted; of `left`, which counts down
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
    should do without what may be the cause: settings from afar, logs, lists. left: of the attempts of both turns; one
    that spends some calls `kept`.

    On a board this is part of the starter, which is built apart from the firmware: what that uses has no underscore.
    """

    __slots__ = (
        "_falls", "_number", "_place", "_tries", "_wakes", "active", "ended", "left", "newest", "running", "safe",
        "slots", "trial",
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
        self.left = best[10]
        self.newest = int.from_bytes(best[11:15], "big")
        self.slots = (Slot(best[15 : 15 + _SLOT]), Slot(best[15 + _SLOT : 15 + 2 * _SLOT]))

    # ---- before anything runs

    def boot(self, woken: bool) -> int:
        """The slot to run, NONE when neither is whole. woken: from deep sleep, not by a reset.

        What is decided is kept before the return, so that a crash in the very first instruction has cost its try. When
        it cannot be kept nothing is tried: the one in effect runs.
        """
        if self.trial != NONE and not self.in_doubt():
            left = self._wakes if woken else self._tries
            if not left:
                if woken:
                    self.left -= (self.left - 1) % _TURN
                    self.kept()
                else:
                    self._end(EXHAUSTED)
            elif not self.whole(self.trial):
                self._end(DAMAGED)
            else:
                if woken:
                    self._wakes = left - 1
                else:
                    self._tries = left - 1
                if self.kept():
                    self.running = self.trial
                    return self.trial
        if not woken:
            self._falls = min(self._falls + 1, 255)
            self.kept()
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
        self._tries, self._wakes, self.left = TRIES, WAKES, _TURNS
        self._keep()

    def in_doubt(self) -> bool:
        """What is on trial was accepted by nobody in its turn: the active one runs until somebody accepts that."""
        return self.left % _TURN == 1

    def confirm(self) -> bool:
        """The backend has accepted what runs; True when that ends a trial. Else what is on trial is to be booted."""
        if NONE in (self.trial, self.running):
            return False
        if self.running == self.trial:
            self.active = self.trial
            self.newest = max(self.newest, self.slots[self.active].sequence)
            return self._end(OK)
        if self.in_doubt():  # else it is staged
            self.left -= 1
            if not self.left:
                return self._end(GIVEN_UP)
            self._tries, self._wakes = TRIES, WAKES
            self.kept()
        return False

    def healthy(self) -> None:
        """It has run long enough, or has been accepted: the resets before this count no more."""
        if self._falls:
            self._falls = 0
            self.kept()

    def kept(self) -> bool:
        """Keep the record; False when the flash does not take it."""
        try:
            self._keep()
        except OSError:
            return False
        return True

    # ---- inside

    def _end(self, how: int) -> bool:
        self.trial = NONE
        self.ended = how
        self._falls = 0
        self.kept()
        return True

    def _keep(self) -> None:
        self._number += 1
        data = self._number.to_bytes(4, "big")
        data += bytes((self.active, self.trial, self._tries, self._wakes, self.ended, self._falls, self.left))
        data += self.newest.to_bytes(4, "big") + self.slots[0].packed() + self.slots[1].packed()
        self._place.keep(self._number & 1, data + crc32(data).to_bytes(4, "big"))
