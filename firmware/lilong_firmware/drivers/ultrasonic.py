"""JSN-SR04T, HC-SR04 and their like: a trigger, and an echo pin that is high for as long as the sound is on its way.

The echo is timed by its edges' interrupts, not by waiting for it: 60 ms without an echo would stop everything else.
"""

from .median import median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Jieshenna JSN-SR04T (mode 1), HC-SR04", "vendors' data", "V3"),
    "measures": {"water": ("mm below rim", 200, 4_500, "20 to 600 cm and 2 to 400 cm; 450 (ours)")},
    "bus": "trigger of 10 us or more (20 for old JSN boards), echo active high, 5 V: divide it",
    "timing_ms": {
        "cycle": (200, "(ours) above the 60 that a measurement without an echo takes"),
        "silence": (60, "working mode 1, 4: the echo falls by itself; 38 on the HC-SR04"),
    },
    "limits": {
        "temperature": ("0.17 % per degree", "speed of sound, 331.3 + 0.606 T m/s"),
        "interrupt_mm": (-9, 9, "(ours) 50 us of latency; the median of five takes the worst away"),
    },
}
WIRING = {
    "class": "Ultrasonic",
    "takes": {"trigger": "out", "echo": "in", "?offset_mm": (-1_000, 5_000), "?nearest_mm": (20, 300)},
    "gives": ("water",),
    "drives": (),
}

TRIGGER_US = 20
CYCLE_MS = 200
FARTHEST_MM = 4_500
KEPT = 5
WRAP = (1 << 30) - 1
IDLE, SENT, RISEN, DONE = 0, 1, 2, 3


class Ultrasonic:
    """`offset_mm`: how far its face is below the rim. `nearest_mm`: the blind zone, 20 for an HC-SR04.

    `cdeg`: set it to the air's temperature in 0.01 degree C when that is known. `water` is the median of five; an echo
    from the blind zone reads as the zone's edge; no echo reads None.
    """

    POLL_MS = CYCLE_MS

    def __init__(
        self, trigger: "Any", echo: "Any", offset_mm: int = 0, nearest_mm: int = 200,
        ticks_us: "Any" = None, sleep_us: "Any" = None,
    ) -> None:  # fmt: skip
        if ticks_us is None or sleep_us is None:
            import time  # noqa: PLC0415 - MicroPython's

            ticks_us, sleep_us = time.ticks_us, time.sleep_us  # type: ignore[attr-defined]
        self._trigger = trigger
        self._echo = echo
        self._offset = offset_mm
        self._nearest = nearest_mm
        self._ticks_us = ticks_us
        self._sleep_us = sleep_us
        self._state = IDLE
        self._rose = 0
        self._fell = 0
        self._values = [-1] * KEPT
        self._at = 0
        self.cdeg = 1_500  # (ours) a shaft's air
        trigger(0)
        echo.irq(self._edge, echo.IRQ_RISING | echo.IRQ_FALLING)

    def _edge(self, pin: "Any") -> None:
        at = self._ticks_us()
        if pin():
            if self._state == SENT:
                self._rose = at
                self._state = RISEN
        elif self._state == RISEN:
            self._fell = at
            self._state = DONE

    def poll(self, now: int) -> None:
        """Take what the last trigger brought, and send the next."""
        if self._state != IDLE:
            self._values[self._at] = self._distance()
            self._at = (self._at + 1) % KEPT
        self._state = IDLE
        if self._echo():  # still high: a stuck line, or its own time-out
            self._values[self._at] = -1
            self._at = (self._at + 1) % KEPT
            return
        self._trigger(1)
        self._sleep_us(TRIGGER_US)
        self._state = SENT
        self._trigger(0)

    def read(self, channel: str) -> "int | None":
        return median(self._values, self._offset)

    def glance(self, channel: str, now: int) -> "int | None":
        """By one echo: None until it is there. It is asked for again every few ms."""
        if self._state == IDLE:
            self.poll(now)
        mm = self._distance()
        if mm < 0:
            return None
        self._state = IDLE
        return max(mm + self._offset, 0)

    def _distance(self) -> int:
        """mm, or -1."""
        if self._state != DONE:
            return -1
        width = (self._fell - self._rose) & WRAP
        if width > 30_000:  # farther than any, and 30 bits are enough below
            return -1
        mm = width * (33_130 + 606 * self.cdeg // 1_000) // 200_000  # cm/s, there and back
        return max(mm, self._nearest) if mm <= FARTHEST_MM else -1
