"""Winsen ZE07-CO, an electrochemical carbon monoxide module, by UART."""

from .framed import Framed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Winsen ZE07-CO", "User's Manual", "1.2 (2014-11-10)"),
    "measures": {"co": ("ppm", 0, 500, "technical parameters; resolution 0.1")},
    "bus": ("UART 9600 8N1", "3 V levels", "communication protocol, 1"),
    "timing_ms": {
        "upload": (1_000, "communication protocol, 2: a frame each second"),
        "warm_up": (180_000, "technical parameters, preheat time; the rules wait by themselves"),
        "silence": (3_000, "(ours) three frames missed"),
    },
    "limits": {"full_scale_dppm": (0, 5_000, "table 4, bytes 6 and 7")},
}
WIRING = {"class": "Ze07", "takes": {"uart": "uart", "?ask": (0, 1)}, "gives": ("co",), "drives": ()}

CO, PPM = 0x04, 0x03  # table 4: gas, unit; table 8 is the answer
ANSWER = 0x86
SWITCH_TO_ASKING = b"\xff\x01\x78\x41\x00\x00\x00\x00\x46"  # table 5
SWITCH_TO_UPLOAD = b"\xff\x01\x78\x40\x00\x00\x00\x00\x47"  # table 6
ASK = b"\xff\x01\x86\x00\x00\x00\x00\x00\x79"  # table 7
ASK_MS = 1_000
SILENT_MS = 3_000
FAULT = 0x8000  # (ours) no concentration: the modules set the highest bit, or all, when the sensor has failed


class Ze07(Framed):
    """The module uploads by itself, or is asked each second when `ask` is 1."""

    POLL_MS = 250

    def __init__(self, uart: "Any", ask: int = 0) -> None:
        Framed.__init__(self, uart)
        self._ask = ask
        self._dppm = -1
        self._told_at = -SILENT_MS
        self._asked_at = -ASK_MS

    def poll(self, now: int) -> None:
        """Take what has come. A module that is silent is told its mode again."""
        try:
            self._receive(now)
            if now - self._heard_at >= SILENT_MS:
                self._dppm = -1
                if now - self._told_at >= SILENT_MS:
                    self._told_at = now
                    self._uart.write(SWITCH_TO_ASKING if self._ask else SWITCH_TO_UPLOAD)
            if self._ask and now - self._asked_at >= ASK_MS:
                self._asked_at = now
                self._uart.write(ASK)
        except OSError:
            self._dppm = -1

    def read(self, channel: str) -> "int | None":
        """ppm; None when the module is silent for 3 s or says that its sensor has failed."""
        return None if self._dppm < 0 else (self._dppm + 5) // 10

    def _understood(self, now: int) -> bool:
        frame = self._frame
        if sum(frame) + 1 & 0xFF:  # the last byte is the two's complement of the sum of those after the start, 0xFF
            return False
        if frame[1] == ANSWER:
            value, decimals = frame[2] << 8 | frame[3], 1
        elif frame[1] == CO and frame[2] == PPM and frame[3] <= 2:
            value, decimals = frame[4] << 8 | frame[5], frame[3]
        else:
            return False
        self._heard_at = now
        if value >= FAULT:
            self._dppm = -1
        elif decimals == 1:
            self._dppm = value
        else:
            self._dppm = value // 10 if decimals else value * 10
        return True
