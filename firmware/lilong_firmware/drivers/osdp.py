"""A card reader or PIN pad on RS-485 that speaks OSDP 2.2: the panel's side, with the secure channel.

With a key nothing counts but what comes in the secure channel: a reader that has another key, or that somebody speaks
for in clear text, is one that does not answer. `reader` is 0 from the first reply that stays out; the kind of device
adds the 8 s after which it is offline.
"""

from .osdp_frame import CRC, LONGEST, SECURE, SOM, Receiver, close
from .osdp_reader import OsdpReader
from .osdp_secure import SCBK_D, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DATA_SHEET = {
    "chip": ("Security Industry Association", "Open Supervised Device Protocol, IEC 60839-11-5:2020", "2.2"),
    "measures": {
        "credential": ("number", 1, 0xFFFFFFFF, "osdp_RAW, 26 or 34 bits"),
        "pin": ("digits after a 1", 10_000, 199_999_999, "osdp_KEYPAD"),
        "tamper": ("bool", 0, 1, "osdp_LSTATR"),
        "reader": ("bool", 0, 1, "0 while replies stay out"),
    },
    "bus": "RS-485, 8N1, a transceiver that turns itself round",
    "timing_ms": {"poll": (50, "(ours)"), "reply": (200, "5.7"), "offline": (8_000, "5.7")},
    "limits": {"readers": (1, "(ours) one on a bus"), "message": (128, "5.6")},
}
WIRING = {
    "class": "Osdp",
    "takes": {
        "uart": "uart", "?scbk": "data", "?address": (0, 126), "?bits": (26, 34), "?baud": (9_600, 230_400),
        "?install": (0, 1), "?clear": (0, 1),
    },
    "gives": ("credential", "pin", "tamper", "reader"),
    "drives": ("led", "buzzer"),
}  # fmt: skip

POLL, ID, CAP, LSTAT, KEYSET, CHLNG, SCRYPT = 0x60, 0x61, 0x62, 0x64, 0x75, 0x76, 0x77
ACK, NAK, PDID, CCRYPT, RMAC_I, BUSY = 0x40, 0x41, 0x45, 0x76, 0x78, 0x79
SCS_11, SCS_12, SCS_13, SCS_14, SCS_15, SCS_17, SCS_18 = 0x11, 0x12, 0x13, 0x14, 0x15, 0x17, 0x18
NAK_CHECK, NAK_SEQUENCE = 1, 4
ONLINE = POLL  # the state is the command that it sends

PERIOD_MS = 50
REPLY_MS = 200
OFFLINE_MS = 8_000
RETRIES = 3  # (ours) the same message again, then from the beginning
AGAIN_MS = 1_000  # (ours) after a handshake that failed


class Osdp(OsdpReader):
    """`refused`: messages that were not what may come here: other keys, clear text, another's replies, replays.

    `scbk`: the reader's own key of 16 bytes; without one the reader counts for nothing, or with `clear` what it says
    in clear text does. `install`: a reader that still has the key that everybody knows is given ours, once; whoever
    listens then has it too. `identity`: PDID, 12 bytes.
    """

    POLL_MS = 10

    def __init__(
        self, uart: "Any", scbk: "bytes | None" = None, address: int = 0, bits: int = 26, baud: int = 9_600,
        install: int = 0, clear: int = 0, aes: "Any" = None, random: "Callable[[int], bytes] | None" = None,
    ) -> None:  # fmt: skip
        if scbk is not None and (len(scbk) != 16 or scbk == SCBK_D):
            raise ValueError("Osdp: scbk is no key of 16 bytes of its own; provision one")
        OsdpReader.__init__(self, bits)
        if scbk is not None and aes is None:
            from cryptolib import aes  # type: ignore[import-not-found, no-redef]  # noqa: PLC0415
        if random is None:
            from os import urandom as random  # noqa: PLC0415
        self.identity = b""
        self.refused = 0
        self.timeouts = 0
        self.receiver = Receiver(uart)
        self._uart = uart
        self._scbk = scbk
        self._address = address
        self._byte_us = 10_000_000 // baud
        self._install = install
        self._clear = clear
        self._aes = aes
        self._random: Any = random
        self._out = bytearray(64)
        self._out[0], self._out[1], self._out[2] = 0xFF, SOM, address
        self._view = memoryview(self._out)
        self._end = 0
        self._check = CRC
        self._default = False  # the handshake is with the key that everybody knows
        self._cryptogram = b""
        self._heard_at = 0
        self._reply_by = self._last_by = 0
        self._begin(0)

    def _begin(self, at: int) -> None:
        """From the first message on; a sequence number of 0 ends what the reader knew of us."""
        self._state = ID
        self._sequence = 0
        self._session = Session(self._aes, SCBK_D if self._default else self._scbk or b"", self._random(8))
        self._answers = False
        self._waiting = False
        self._tries = 0
        self._next = at
        self._unsent = sorted(self._outputs)

    # ---- time

    def poll(self, now: int) -> None:
        if self._waiting and self.receiver.take():
            self._reply(now)
        if self._waiting:
            if now < self._reply_by or (self.receiver.begun() and now < self._last_by):
                return
            self.timeouts += 1
            self._answers = False
            self._waiting = False
            self._tries += 1
            if self._tries > 1 + RETRIES:
                self._begin(now)
        if now < self._next:
            return
        if self._state != ID and now - self._heard_at >= OFFLINE_MS:
            self._begin(now)
        if not self._tries:
            self._compose()
            self._tries = 1
        self.receiver.flush()
        self._uart.write(self._view[: self._end])
        self._waiting = True
        self._next = now + PERIOD_MS
        self._reply_by = now + REPLY_MS + self._end * self._byte_us // 1000
        self._last_by = self._reply_by + LONGEST * self._byte_us // 1000

    # ---- what is said

    def _compose(self) -> None:
        command = self._state
        data = b""
        if command in (ID, CAP):
            data = b"\0"
        elif command == CHLNG:
            data = self._session.random
        elif command == SCRYPT:
            data = self._cryptogram
        elif command == KEYSET:
            data = b"\1\x10" + (self._scbk or b"")
        elif command == ONLINE and self._unsent:
            command, data = self._order()
        out = self._out
        control = self._sequence | self._check
        at = 6
        session = self._session
        up = session.up
        if up:
            out[6], out[7] = 2, SCS_17 if data else SCS_15
            if data:
                data = session.encrypt(data)
        elif command in (CHLNG, SCRYPT):
            out[6], out[7], out[8] = 3, SCS_11 if command == CHLNG else SCS_13, 0 if self._default else 1
        else:
            out[6] = 0
        if out[6]:
            control |= SECURE
            at += out[6]
        out[at] = command
        end = at + 1 + len(data)
        out[at + 1 : end] = data
        out[3] = end - 1 + (4 if up else 0) + (2 if self._check else 1)
        out[5] = control
        if up:
            session.sign(out, 1, end)
            end += 4
        self._end = close(out, 1, end)

    # ---- what is answered

    def _reply(self, now: int) -> None:
        buffer = self.receiver.buffer
        end = self.receiver.end
        at = 5
        block = 0
        if buffer[4] & SECURE:
            block = buffer[6]
            at += max(buffer[5], 2)
        session = self._session
        if session.up and block:
            end -= 4
        if at >= end or buffer[1] != self._address | 0x80:
            self.refused += 1
            return
        reply = buffer[at]
        sequence = buffer[4] & 3
        if reply == BUSY and not sequence and not block:  # the same again, later
            self._answers = False
            self._waiting = False
            self._tries = 1
            return
        if sequence != self._sequence:
            self.refused += 1
            return
        data: "bytes | None" = bytes(buffer[at + 1 : end]) if end - at > 1 else b""
        if session.up:
            if not block:
                if reply == NAK or (reply == ACK and self._state == KEYSET):
                    self._default = False
                    self._begin(now)  # the reader has lost the session, or ended it for the new key
                else:
                    self.refused += 1
                return
            if not session.verify(buffer, end):
                self.refused += 1
                return
            if block == SCS_18:
                data = session.decrypt(data or b"")
        self._waiting = False
        self._tries = 0
        self._heard_at = now
        self._sequence = self._sequence % 3 + 1
        if data is None:
            self._fail(now)
        else:
            self._step(now, reply, block, data)

    def _step(self, now: int, reply: int, block: int, data: bytes) -> None:
        """A reply that belongs to what was said."""
        state = self._state
        session = self._session
        if state == ID:
            if reply == PDID and not block:
                self.identity = data[:12]
                self._state = CAP
            else:
                if reply == NAK and data[:1] == bytes((NAK_CHECK,)):
                    self._check ^= CRC
                self._begin(now + AGAIN_MS)
        elif state == CAP:  # nothing in clear text may talk us out of the secure channel
            self._state = CHLNG
            if self._scbk is None:
                if self._clear:
                    self._state = LSTAT
                else:
                    self._fail(now)
        elif state == CHLNG:
            self._cryptogram = session.challenged(data) if reply == CCRYPT and block == SCS_12 else b""
            if self._cryptogram:
                self._state = SCRYPT
            else:
                self._fail(now)
        elif state == SCRYPT:
            if reply != RMAC_I or block != SCS_14 or not session.begin(data):
                self._fail(now)
            elif self._default:
                self._state = KEYSET
            else:
                self._install = 0
                self._state = LSTAT
        elif state == KEYSET:
            self._default = False
            self._begin(now)
        elif reply == NAK and data[:1] == bytes((NAK_SEQUENCE,)):
            self._begin(now)  # the reader has begun anew
        else:
            self._state = ONLINE
            self._answers = True
            self._event(now, reply, data)

    def _fail(self, now: int) -> None:
        """It does not have the key. In install mode the other key's turn is next."""
        self.refused += 1
        self._default = bool(self._install) and not self._default
        self._begin(now + AGAIN_MS)
