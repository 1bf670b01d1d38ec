"""A switch under the cover, closed while it is on: a cut wire is a tamper too."""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any microswitch", "", ""),
    "measures": {"tamper": ("bool", 0, 1, "1: the cover is off, or the wire cut")},
    "bus": "one input with a pull-up, the switch to ground",
    "timing_ms": {"settle": (30, "(ours)")},
}
WIRING = {
    "class": "TamperSwitch",
    "takes": {"pin": "in", "?closed": (0, 1)},
    "gives": ("tamper",),
    "drives": (),
}


class TamperSwitch:
    """Channel `tamper`, told at once by `take`. `closed`: the level while the cover is on."""

    POLL_MS = 20

    def __init__(self, pin: "Any", closed: int = 0) -> None:
        self._pin = pin
        self._closed = closed
        self._settled = Settled()
        self._told: "int | None" = 0

    def poll(self, now: int) -> None:
        self._settled.see(now, 0 if self._pin() == self._closed else 1)

    def read(self, channel: str) -> "int | None":
        return self._settled.value

    def glance(self, channel: str, now: int) -> int:
        """The pin as it is now, which may bounce."""
        return 0 if self._pin() == self._closed else 1

    def take(self) -> "tuple[str, int] | None":
        value = self._settled.value
        if value is None or value == self._told:
            return None
        self._told = value
        return "tamper", value
