"""The status pin of a battery charger: whether it charges."""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any charger with a status output, e.g. Microchip MCP73831 (STAT) or TP4056 (CHRG)", "", ""),
    "measures": {"charging": ("bool", 0, 1, "1 while it charges; full counts as not charging")},
    "bus": "one input; most outputs are open drain and low while charging: pull up",
    "timing_ms": {"settle": (2_000, "(ours) outputs blink while there is no battery")},
}
WIRING = {
    "class": "Charging",
    "takes": {"pin": "in", "?active": (0, 1)},
    "gives": ("charging",),
    "drives": (),
}


class Steady(Settled):
    """Longer than it blinks."""

    SETTLE_MS = 2_000


class Charging:
    """Channel `charging`. `active`: the level while it charges."""

    POLL_MS = 100

    def __init__(self, pin: "Any", active: int = 0) -> None:
        self._pin = pin
        self._active = active
        self._settled = Steady()

    def poll(self, now: int) -> None:
        self._settled.see(now, 1 if self._pin() == self._active else 0)

    def read(self, channel: str) -> "int | None":
        return self._settled.value

    def glance(self, channel: str, now: int) -> int:
        """The pin as it is now, which may blink."""
        return 1 if self._pin() == self._active else 0
