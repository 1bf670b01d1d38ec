"""A door's lock, by a relay."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any relay or transistor that switches a lock", "", ""),
    "measures": {},
    "bus": "one output",
    "limits": {"without power": "the relay falls: a magnet or a fail-safe strike is free, a fail-secure one is locked"},
}
WIRING = {
    "class": "Lock",
    "takes": {"pin": "out", "?power_locks": (0, 1), "?active": (0, 1)},
    "gives": (),
    "drives": ("lock",),
}


class Lock:
    """Output `lock`: 1 frees the door. The relay is off from construction until the rules say something.

    `power_locks`: 1 for a lock that holds by power (fail-safe: a magnet), 0 for one that power opens (fail-secure).
    `active`: the level of the pin at which the relay is on; a resistor should hold the pin at the other in a restart.
    """

    def __init__(self, pin: "Any", power_locks: int = 1, active: int = 1) -> None:
        self._pin = pin
        self._free = active ^ 1 if power_locks else active
        pin(active ^ 1)

    def drive(self, name: str, value: int) -> None:
        self._pin(self._free if value else self._free ^ 1)
