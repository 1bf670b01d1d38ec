"""The button beside a door that lets people out. One press is one event, however long it lasts."""

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

    def poll(self, now: int) -> None:
        known = self._settled.value is not None
        if self._settled.see(now, 1 if self._pin() == self._pressed else 0) and known and self._settled.value:
            self._event = True

    def take(self) -> "tuple[str, int] | None":
        if not self._event:
            return None
        self._event = False
        return "exit_button", 1
