"""DFRobot A02YYUW ultrasonic distance by UART: how far the water is below the rim."""

from .framed import Framed
from .median import median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("DFRobot A02YYUW (SEN0311)", "product wiki, communication protocol", "2026-01-21"),
    "measures": {"water": ("mm below rim", 30, 4_500, "specification: 3 to 450 cm, its own temperature compensation")},
    "bus": "UART 9,600 8N1; RX high or open: processed values",
    "timing_ms": {"frame": (300, "output communication: 100 to 300"), "silence": (1_500, "(ours)")},
    "limits": {"accuracy_mm": (-10, 10, "specification"), "angle_deg": (0, 60, "specification")},
}
WIRING = {
    "class": "A02YYUW",
    "takes": {"uart": "uart", "?offset_mm": (-1_000, 5_000)},
    "gives": ("water",),
    "drives": (),
}

NEAREST_MM, FARTHEST_MM = 30, 4_500
SILENT_MS = 1_500
KEPT = 5


class A02YYUW(Framed):
    """`offset_mm`: how far its face is below the rim.

    `water` is the median of the last five. Nearer than it can measure reads as its nearest, so that a full shaft is an
    alarm and no fault; no echo, or silence, reads None.
    """

    POLL_MS = 100

    def __init__(self, uart: "Any", offset_mm: int = 0) -> None:
        Framed.__init__(self, uart, 4)
        self._offset = offset_mm
        self._values = [-1] * KEPT
        self._at = 0

    def poll(self, now: int) -> None:
        try:
            self._receive(now)
        except OSError:
            pass  # silence, then
        if now - self._heard_at > SILENT_MS:
            for at in range(KEPT):
                self._values[at] = -1

    def read(self, channel: str) -> "int | None":
        return median(self._values, self._offset)

    def _understood(self, now: int) -> bool:
        frame = self._frame
        if (frame[0] + frame[1] + frame[2]) & 0xFF != frame[3]:
            return False
        self._heard_at = now
        mm = frame[1] << 8 | frame[2]
        self._values[self._at] = max(mm, NEAREST_MM) if 0 < mm <= FARTHEST_MM else -1
        self._at = (self._at + 1) % KEPT
        return True
