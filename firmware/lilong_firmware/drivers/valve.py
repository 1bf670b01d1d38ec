"""A latching shut-off valve for gas: a pulse closes it, and only a hand opens it again.

Made so on purpose: nothing that goes wrong in a device, a network or a backend can let the gas back in.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any latching solenoid valve of household gas alarms", "EN 16314, GB 15322.2 practice", ""),
    "measures": {"valve_stuck": ("bool", 0, 1, "1: open by its position switch after five tries to close it")},
    "bus": "an output to a transistor or a capacitor's discharge; a position switch closed when the valve is",
    "timing_ms": {
        "pulse": ((20, 500), "the valve's own; 100 unless it says another"),
        "settle": (200, "(ours)"),
        "retry": (1_000, "(ours) five times, then every minute"),
    },
    "limits": {"coil": "an on-time that a late loop lengthens: the driver stage limits it too"},
}
WIRING = {
    "class": "Valve",
    "takes": {"coil": "out", "?position": "in", "?pulse_ms": (20, 500), "?closed": (0, 1)},
    "gives": ("valve_stuck",),
    "drives": ("valve",),
}

SETTLE_MS = 200
RETRY_MS, TRIES = 1_000, 5
SLOW_RETRY_MS = 60_000


class Valve:
    """`drive("valve", 1)` closes at once. `position`: the switch; `closed`: its level when the valve is closed.

    Without a switch nobody knows whether it closed: it pulses twice, and `read` says what it was told.
    While it is to be closed and the switch says open, be it that it stuck or that somebody has opened it, it closes
    again. `failed`: it would not, five times.
    """

    POLL_MS = 20

    def __init__(self, coil: "Any", position: "Any" = None, pulse_ms: int = 100, closed: int = 0) -> None:
        if not 20 <= pulse_ms <= 500:
            raise ValueError("valve: a pulse of %d ms; coils take 20 to 500" % pulse_ms)
        self._coil = coil
        self._position = position
        self._pulse = pulse_ms
        self._closed = closed
        self._wanted = 0
        self._tries = 0
        self._pulsing = False
        self._at = -1  # when the pulse ends, or the position is looked at next; -1: from the next poll on
        self.failed = False
        coil(0)

    def drive(self, name: str, value: int) -> None:
        """0 lets it be opened by hand; nothing here opens it."""
        if value == self._wanted:
            return
        self._wanted = value
        self._tries = 0
        self.failed = False
        if value and not self._is_closed():
            self._begin()

    def poll(self, now: int) -> None:
        if self._pulsing:
            if self._at < 0:
                self._at = now + self._pulse
            elif now >= self._at:
                self._coil(0)
                self._pulsing = False
                self._at = now + SETTLE_MS
        elif self._wanted and now >= self._at:
            self._check(now)

    def read(self, channel: str) -> "int | None":
        """`valve_stuck`: 1 when it would not close; 0 without a switch.

        `valve`: 1 closed, 0 open; None when it is to be closed and is not, or is on its way.
        """
        if channel == "valve_stuck":
            return 1 if self.failed else 0
        if self._position is None:
            return None if self._pulsing else self._wanted
        closed = self._is_closed()
        return None if self._wanted and not closed else 1 if closed else 0

    def _is_closed(self) -> bool:
        return self._position is not None and self._position() == self._closed

    def _begin(self) -> None:
        self._tries += 1
        self._pulsing = True
        self._at = -1
        self._coil(1)

    def _check(self, now: int) -> None:
        if self._position is None:
            if self._tries < 2:
                self._begin()
            return
        if self._is_closed():
            self._tries = 0
            self.failed = False
            return
        if self._tries and now < self._at + RETRY_MS - SETTLE_MS:
            return
        if self._tries >= TRIES:
            self.failed = True
            if now < self._at + SLOW_RETRY_MS:
                return
        self._begin()
