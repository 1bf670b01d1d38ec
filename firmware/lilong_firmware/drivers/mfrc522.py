"""MFRC522: the numbers of MIFARE and other ISO/IEC 14443 A cards. A number is no secret: a copied one opens as well.

4 bytes are the credential as the card says them, the first the most significant. 7 bytes are it by their CRC-32: two
such cards that differ only within four bytes in a row never share one. Random numbers, as phones have, are refused.
"""

from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("NXP MFRC522", "Product data sheet 112139", "3.9"),
    "measures": {
        "credential": ("number", 1, 0xFFFFFFFF, "ISO/IEC 14443-3 6.5.4: UID of 4 or 7 bytes"),
        "reader": ("bool", 0, 1, "0 while the chip does not answer as what it is"),
    },
    "bus": "SPI mode 0, up to 10 Mbit/s (8.1.2)",
    "timing_ms": {"poll": (100, "(ours)"), "card": (5, "(ours) the chip's timer, 8.5"), "start": (50, "(ours) 8.8.2")},
    "limits": {"cards": (2, "(ours) at once; of more some may not be read"), "uid": ("4 or 7 bytes", "(ours)")},
}
WIRING = {
    "class": "MFRC522",
    "takes": {"spi": "spi", "cs": "out"},
    "gives": ("credential", "reader"),
    "drives": (),
}

# 9.2 Table 20.
CommandReg, ComIrqReg, ErrorReg, FIFODataReg, FIFOLevelReg = 0x01, 0x04, 0x06, 0x09, 0x0A
BitFramingReg, CollReg, TxModeReg, RxModeReg, TxControlReg, VersionReg = 0x0D, 0x0E, 0x12, 0x13, 0x14, 0x37
Transceive, SoftReset = 0x0C, 0x0F  # 10.3
RxIRq, TimerIRq = 0x20, 0x01  # ComIrqReg
CollErr, FAULTS = 0x08, 0x17  # ErrorReg; overflow, CRC, parity, protocol
CollPosNotValid = 0x20  # CollReg
StartSend = 0x80  # BitFramingReg
# After a reset. TxASKReg: 100 % ASK. ModeReg: CRC from 6363h. TModeReg, TPrescalerReg, TReloadReg: the timer begins
# after each frame, 200 steps of 25 us. TxControlReg: antenna.
SETUP = b"\x15\x40\x11\x3d\x2a\x80\x2b\xa9\x2c\x00\x2d\xc8\x14\x83"
# Before each frame: idle, no interrupts, the FIFO empty; what comes after a collision is 0.
READY = b"\x01\x00\x04\x7f\x0a\x80\x0e\x00"
ANTENNA = 0x03  # TxControlReg
VERSIONS = (0x91, 0x92)  # 9.3.4.8

REQA, SEL_1, SEL_2, HLTA = 0x26, 0x93, 0x95, b"\x50\0"  # ISO/IEC 14443-3 6.4.1, 6.5.3
WHOLE = 0x70  # NVB of a SELECT
CASCADE_TAG, CASCADE = 0x88, 0x04
RANDOM = 0x08  # 6.5.4: the first byte of a number that is made anew each time

OFF, STARTING, RESTING, REQUESTING, COLLIDING, SELECTING, HALTING = 0, 1, 2, 3, 4, 5, 6
PERIOD_MS = 100
START_MS = 50
AGAIN_MS = 1_000  # (ours) after a chip that was none
STUCK_MS = 50  # (ours) ten times the chip's own timer
SAME_MS = 500  # (ours) a card that never went away is one read


class MFRC522:
    """`refused`: random numbers, those of 10 bytes, cards that could not be told apart; `resets`: of the chip."""

    POLL_MS = 10

    def __init__(self, spi: "Any", cs: "Any") -> None:
        self.refused = 0
        self.resets = 0
        self._spi = spi
        self._cs = cs
        self._bytes = bytearray(2)
        self._uid = bytearray(5)  # of a cascade level, with its check
        self._parts = b""
        self._level = SEL_1
        self._known = 0  # bits of the level that are
        self._state = OFF
        self._due = 0
        self._credential = 0
        self._last = 0
        self._last_at = 0
        cs(1)

    def poll(self, now: int) -> None:
        try:
            self._poll(now)
        except OSError:
            self._fail(now)

    def read(self, channel: str) -> "int | None":
        """Channel "reader"."""
        return 1 if self._state >= RESTING else 0

    def take(self) -> "tuple[str, int] | None":
        """A card that has been shown since."""
        if not self._credential:
            return None
        number, self._credential = self._credential, 0
        return "credential", number

    # ---- states

    def _poll(self, now: int) -> None:
        state = self._state
        if state > RESTING:
            irq = self._get(ComIrqReg)
            if irq & RxIRq:
                self._received(now)
            elif irq & TimerIRq or state == HALTING:
                self._state = RESTING
            elif now >= self._due + STUCK_MS:
                self._fail(now)
        elif now < self._due:
            return
        elif state == RESTING:
            self._due = now + PERIOD_MS
            if not self._sound() or self._get(TxControlReg) & ANTENNA != ANTENNA:
                self._fail(now)  # it has been without power
            else:
                self._parts = b""
                self._level = SEL_1
                self._send(REQUESTING, (REQA,), 7, 0)
        elif state == OFF:
            self._set(CommandReg, SoftReset)
            self._state = STARTING
            self._due = now + START_MS
        elif self._sound():
            self._write(SETUP)
            self._state = RESTING
        else:
            self._fail(now)

    def _sound(self) -> bool:
        return self._get(VersionReg) in VERSIONS

    def _fail(self, now: int) -> None:
        if self._state >= RESTING:
            self.resets += 1
            self._due = now
        else:
            self._due = now + AGAIN_MS
        self._state = OFF

    def _received(self, now: int) -> None:
        state = self._state
        error = self._get(ErrorReg)
        self._state = RESTING
        if state == REQUESTING:  # cards answer at once: what they say collides
            self._collide(0)
        elif error & FAULTS:
            return
        elif state == COLLIDING:
            self._uid_bits()
            if error & CollErr:
                position = self._get(CollReg)
                if self._known or position & CollPosNotValid:
                    self.refused += 1  # all whom we asked are silent at the next request, and others have their turn
                    return
                known = position & 31 or 32
                last = known - 1
                self._uid[last >> 3] &= (1 << (last & 7)) - 1  # those that say 0 there
                self._collide(known)
            elif self._uid[0] ^ self._uid[1] ^ self._uid[2] ^ self._uid[3] == self._uid[4]:
                self._send(SELECTING, bytes((self._level, WHOLE)) + self._uid, 0, 0x80)
        elif state == SELECTING and self._get(FIFOLevelReg):
            self._selected(now, self._get(FIFODataReg))

    def _collide(self, known: int) -> None:
        """ISO/IEC 14443-3 6.5.3.1: ask for the other bits of those whose number begins so."""
        self._known = known
        whole = (known + 7) // 8
        nvb = (2 + (known >> 3)) << 4 | known & 7
        self._send(COLLIDING, bytes((self._level, nvb)) + self._uid[:whole], known & 7, 0)

    def _uid_bits(self) -> None:
        """What came, behind the bits that are known."""
        at = self._known >> 3
        keep = (1 << (self._known & 7)) - 1
        count = min(self._get(FIFOLevelReg), 5 - at)
        for place in range(at, 5):
            byte = self._get(FIFODataReg) if place - at < count else 0
            self._uid[place] = self._uid[place] & keep | byte & ~keep
            keep = 0

    def _selected(self, now: int, sak: int) -> None:
        uid = bytes(self._uid[:4])
        number = 0
        if not sak & CASCADE:
            parts = self._parts + uid
            if len(parts) == 7:
                number = crc32(parts)
            elif uid[0] not in (RANDOM, CASCADE_TAG):
                number = int.from_bytes(uid, "big")
        elif uid[0] == CASCADE_TAG and self._level == SEL_1:
            self._parts = uid[1:]
            self._level = SEL_2
            self._collide(0)
            return
        if not number:
            self.refused += 1
        elif number != self._last or now - self._last_at >= SAME_MS:
            self._credential = number
        self._last = number
        self._last_at = now
        self._send(HALTING, HLTA, 0, 0x80)  # it is silent from now on, until it has left

    # ---- the chip

    def _send(self, state: int, frame: "bytes | tuple[int, ...]", bits: int, crc: int) -> None:
        """`bits`: of the last byte, 0 for all; what comes is put behind as many. `crc`: 0x80 for a frame with one."""
        self._write(READY)
        self._set(TxModeReg, crc)
        self._set(RxModeReg, crc)
        for byte in frame:
            self._set(FIFODataReg, byte)
        framing = bits if state == REQUESTING else bits << 4 | bits
        self._set(BitFramingReg, framing)
        self._set(CommandReg, Transceive)
        self._set(BitFramingReg, framing | StartSend)
        self._state = state

    def _write(self, pairs: bytes) -> None:
        for at in range(0, len(pairs), 2):
            self._set(pairs[at], pairs[at + 1])

    def _set(self, register: int, value: int) -> None:
        """8.1.2.2, 8.1.2.3: the address is in bits 6 to 1."""
        self._swap(register << 1, value)

    def _get(self, register: int) -> int:
        return self._swap(register << 1 | 0x80, 0)

    def _swap(self, address: int, value: int) -> int:
        both = self._bytes
        both[0] = address
        both[1] = value
        self._cs(0)
        try:
            self._spi.write_readinto(both, both)
        finally:
            self._cs(1)
        return both[1]
