"""A door contact on a pin. A contact that is closed by a closed door makes a cut wire look like an open one."""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any reed contact", "", ""),
    "measures": {"contact": ("bool", 0, 1, "0 closed, 1 open")},
    "bus": "one input with a pull-up",
    "timing_ms": {"settle": (30, "(ours)")},
    "limits": {"supervision": "a short looks like a closed door: contact_line sees it"},
}
WIRING = {
    "class": "Contact",
    "takes": {"pin": "in", "?closed": (0, 1)},
    "gives": ("contact",),
    "drives": (),
}


class Contact:
    """Channel `contact`. `closed`: the level at which the door is closed."""

    POLL_MS = 10

    def __init__(self, pin: "Any", closed: int = 0) -> None:
        self._pin = pin
        self._closed = closed
        self._settled = Settled()

    def poll(self, now: int) -> None:
        self._settled.see(now, 0 if self._pin() == self._closed else 1)

    def read(self, channel: str) -> "int | None":
        return self._settled.value
