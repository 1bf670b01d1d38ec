"""The button beside a door that lets people out. One press is one event, however long it lasts.

Where the port has a timer (`standstill`) its interrupt sees the press and frees the lock by itself; the rules are told
and keep it free for as long as they do. They never refuse this button, so that nothing is decided here. A press that
began and ended while even a timer stood still has left its edge: who wants out is let out, rather than a spark kept in.
"""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any push button", "", ""),
    "measures": {"exit_button": ("bool", 1, 1, "each press")},
    "bus": "one input with a pull-up",
    "timing_ms": {"settle": (30, "(ours)")},
}
WIRING = {
    "class": "ExitButton",
    "takes": {"pin": "in", "?pressed": (0, 1)},
    "gives": ("exit_button",),
    "drives": (),
}


SETTLED = 4  # ticks of 10 ms that agree span 30 ms
LATE_MS = 200  # (ours) between two polls: the loop stood still


class ExitButton:
    """Channel `exit_button`, by `take`. `pressed`: the level of a pressed button.

    A button that was pressed already at the start, as one that is stuck or shorted, is an event only after a release.
    """

    POLL_MS = 10

    def __init__(self, pin: "Any", pressed: int = 0) -> None:
        self._pin = pin
        self._pressed = pressed
        self._settled = Settled()
        self._event = False
        self._seen = SETTLED  # ticks in a row that saw it pressed; so many from the start: until a release none counts
        self.frees: "Any" = None  # the lock; from then on `tick` sees the presses
        self._edge = False
        self._polled_at = 0
        pin.irq(self._changed, pin.IRQ_RISING if pressed else pin.IRQ_FALLING)

    def start(self, now: int) -> None:
        self._polled_at = now

    def _changed(self, _pin: "Any") -> None:
        self._edge = True

    def tick(self, _timer: "Any") -> None:
        """Every 10 ms, in an interrupt: nothing here may allocate."""
        if self._pin() != self._pressed:
            self._seen = 0
        elif self._seen < SETTLED:
            self._seen += 1
            if self._seen == SETTLED:
                self.frees.drive("lock", 1)
                self._event = True

    def poll(self, now: int) -> None:
        pressed = self._pin() == self._pressed
        late = now - self._polled_at > LATE_MS
        free = self._seen == 0 if self.frees is not None else self._settled.value == 0  # it had been let go before
        if late and self._edge and free and not pressed:
            self._event = True
        self._edge = False
        self._polled_at = now
        if self.frees is None:
            known = self._settled.value is not None
            if self._settled.see(now, 1 if pressed else 0) and known and self._settled.value:
                self._event = True

    def take(self) -> "tuple[str, int] | None":
        if not self._event:
            return None
        self._event = False
        return "exit_button", 1
