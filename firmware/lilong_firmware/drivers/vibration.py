"""A vibration motor on a transistor: a second on, half a second off, so that it is felt and not grown used to."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any eccentric motor of 3 V", "", ""),
    "measures": {},
    "bus": "one output to a transistor with a diode across the motor",
    "timing_ms": {"on": (1_000, "(ours)"), "off": (500, "(ours)")},
    "limits": {"current_mA": (0, 120, "(ours) at the start; never from the pin itself")},
}
WIRING = {"class": "Vibration", "takes": {"motor": "out"}, "gives": (), "drives": ("vibrate",)}

ON_MS, OFF_MS = 1_000, 500


class Vibration:
    """`drive("vibrate", 1)` begins at once."""

    POLL_MS = 50

    def __init__(self, motor: "Any") -> None:
        self._motor = motor
        self._wanted = 0
        self._since = -1
        self._on = 0
        motor(0)

    def drive(self, name: str, value: int) -> None:
        if value == self._wanted:
            return
        self._wanted = value
        self._since = -1
        self._turn(1 if value else 0)

    def poll(self, now: int) -> None:
        if not self._wanted:
            return
        if self._since < 0:
            self._since = now
        self._turn(1 if (now - self._since) % (ON_MS + OFF_MS) < ON_MS else 0)

    def _turn(self, on: int) -> None:
        if on != self._on:
            self._on = on
            self._motor(on)
