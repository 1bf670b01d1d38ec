"""Winsen ZE03-H2S, an electrochemical hydrogen sulphide module, by UART."""

from .framed import Framed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Winsen ZE03", "User's Manual", "2.8 (2021-08-04)"),
    "measures": {"h2s": ("0.1 ppm", 0, 1_000, "H2S: 0 to 100 ppm; steps of 1 ppm unless the frame says more")},
    "bus": "UART 9,600 8N1, 3 V levels, supply 5 V",
    "timing_ms": {
        "upload": (1_000, "active upload: a frame a second"),
        "warm_up": (180_000, "(ours) preheating; reads what it says, and that is too high meanwhile"),
        "silence": (5_000, "(ours)"),
    },
    "limits": {"current_mA": (0, 10, "technical parameters")},
}
WIRING = {"class": "ZE03", "takes": {"uart": "uart", "?ask": (0, 1)}, "gives": ("h2s",), "drives": ()}

ANSWER = 0x86
H2S, PPM = 0x03, 0x03  # an upload's gas and unit
ASKED = b"\xff\x01\x78\x04\x00\x00\x00\x00\x83"
UPLOADS = b"\xff\x01\x78\x03\x00\x00\x00\x00\x84"
ASK = b"\xff\x01\x86\x00\x00\x00\x00\x00\x79"
ASK_MS, SILENT_MS = 1_000, 5_000
FULL_DPPM = 1_200  # (ours) the range and a fifth; beyond, the frame is no concentration


class ZE03(Framed):
    """Uploads by itself, or is asked each second when `ask` is 1."""

    POLL_MS = 250

    def __init__(self, uart: "Any", ask: int = 0) -> None:
        Framed.__init__(self, uart)
        self._ask = ask
        self._dppm = -1
        self._next = 0
        self._mode_at = 0
        self._asked = False

    def poll(self, now: int) -> None:
        try:
            self._receive(now)
            if now - self._heard_at > SILENT_MS:
                self._dppm = -1
            if now >= self._mode_at:  # at the start, and to a silent one: it may have been without power
                self._mode_at = now + SILENT_MS
                self._uart.write(ASKED if self._ask else UPLOADS)
            elif self._ask and now >= self._next:
                self._next = now + ASK_MS
                self._uart.write(ASK)
        except OSError:
            self._dppm = -1

    def read(self, channel: str) -> "int | None":
        """0.1 ppm; None when it is silent, or says what can be no concentration."""
        return None if self._dppm < 0 else self._dppm

    def glance(self, channel: str, now: int) -> "int | None":
        """The answer to one question, of a module that has been told to wait for them; None until it is there."""
        if not self._ask:
            return None
        if not self._asked:
            self._asked = True
            self._mode_at = now + SILENT_MS
            self._heard_at = self._next = now
        self.poll(now)
        return self.read(channel)

    def _understood(self, now: int) -> bool:
        frame = self._frame
        if sum(frame) + 1 & 0xFF:  # the last byte is the two's complement of the sum of those after the start, 0xFF
            return False
        if frame[1] == ANSWER:
            value, decimals = frame[2] << 8 | frame[3], 0
        elif frame[1] == H2S and frame[2] == PPM:
            value, decimals = frame[4] << 8 | frame[5], frame[3]
        else:
            return True
        self._heard_at = now
        self._mode_at = now + SILENT_MS
        dppm = value * 10 if decimals == 0 else value if decimals == 1 else value // 10
        self._dppm = dppm if dppm <= FULL_DPPM else -1
        return True
