"""A push button that loses no press of 50 ms, however it bounces and however late the loop comes.

The edges' interrupts time each press. Where the interpreter itself stood still (a handshake in C delays even the
handlers), they come all at once and tell no time: an `EAGER` button then takes any edge for a press.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any push button", "", ""),
    "bus": "one input with a pull-up, or a pull-down and `pressed` 1; interrupt on both edges",
    "timing_ms": {"press": (50, "(ours) the shortest that is never lost"), "bounce": (30, "(ours) of those 50")},
}

HOLD_MS = 20  # shorter is no press but a bounce or a spark
LATE_MS = 50  # polls farther apart than this: the loop stood still
AGAIN_MS = 300  # a second press is no sooner
STUCK_MS = 30_000
MASK = (1 << 30) - 1


class PushButton:
    """A subclass has `NAME`, its channel, and `EAGER`. `pressed`: the level of a pressed button."""

    POLL_MS = 10
    NAME = ""
    EAGER = False

    def __init__(self, pin: "Any", pressed: int = 0, ticks_ms: "Any" = None) -> None:
        if ticks_ms is None:
            import time  # noqa: PLC0415 - MicroPython's

            ticks_ms = time.ticks_ms  # type: ignore[attr-defined]
        self._pin = pin
        self._pressed = pressed
        self._ticks = ticks_ms
        self._down = False
        self._down_at = 0
        self._press = False  # a whole press, by the interrupts
        self._edge = False  # any edge at all
        self._held = not self.EAGER  # this press has been told; one from before the start is none
        self._held_since = -1
        self._on = False
        self._polled_at = 0
        self._told_at = -AGAIN_MS
        self._event = False
        self.irq_pending = False
        self.wake: "Any" = None
        pin.irq(self._changed, pin.IRQ_RISING | pin.IRQ_FALLING)

    @property
    def down(self) -> bool:
        """Its pin is at the level of a press, be it one or not."""
        return bool(self._pin() == self._pressed)

    def start(self, now: int) -> None:
        self._polled_at = now

    def _changed(self, pin: "Any") -> None:
        at = self._ticks()
        self._edge = True
        if pin() == self._pressed:
            self._down = True
            self._down_at = at
        elif self._down:
            self._down = False
            if (at - self._down_at) & MASK >= HOLD_MS:
                self._press = True
        self.irq_pending = True
        if self.wake is not None:
            self.wake()

    def poll(self, now: int) -> None:
        self.irq_pending = False
        late = now - self._polled_at > LATE_MS
        self._polled_at = now
        press = self._press or (late and self._edge and self.EAGER)
        self._press = self._edge = False
        if self._pin() != self._pressed:
            self._down = False
            if self._held_since >= 0 and self._held:
                press = False  # the end of a press that was told
            self._held = self._on = False
            self._held_since = -1
        else:
            if not self._down:
                self._down = True  # its edge was missed
                self._down_at = self._ticks()
            if self._held_since < 0:
                self._held_since = now
            if not self._held and (press or (self._ticks() - self._down_at) & MASK >= HOLD_MS):
                self._held = self._on = press = True
        if press and now - self._told_at >= AGAIN_MS:
            self._told_at = now
            self._event = True

    def read(self, channel: str) -> "int | None":
        """1 while pressed, and for 300 ms at least; None for one pressed for 30 s: it is stuck, or lain upon."""
        now = self._polled_at
        if self._held_since >= 0 and now - self._held_since >= STUCK_MS:
            return None
        return 1 if self._on or now - self._told_at < AGAIN_MS else 0

    def take(self) -> "tuple[str, int] | None":
        if not self._event:
            return None
        self._event = False
        return self.NAME, 1
