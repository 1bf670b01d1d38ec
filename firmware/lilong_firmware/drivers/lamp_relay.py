"""Read-back of a lamp's relay: an optocoupler across the switched mains, or an auxiliary contact."""

from .edges import on_edges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("an AC-input optocoupler such as H11AA1", "or an auxiliary contact to ground", "(ours)"),
    "measures": {"relay": ("bool", 0, 1, "1: the lamp is fed")},
    "bus": ("an input with a pull-up, low while there is voltage", "pulses at twice the mains' frequency", "(ours)"),
    "timing_ms": {"half_wave": (10, "50 Hz"), "open": (100, "(ours) so long without a pulse is open")},
    "limits": {},
}
WIRING = {"class": "LampRelay", "takes": {"sense": "in"}, "gives": ("relay",), "drives": ()}

OPEN_MS = 100  # (ours)
CLOSED_EDGES = 4  # (ours) in that time; a relay that bounces makes fewer, mains of 45 Hz twice as many


class LampRelay:
    """Channel `relay`: 1 closed, 0 open, told at once by `take`. It looks every 100 ms at what the handler counted."""

    POLL_MS = OPEN_MS

    def __init__(self, sense: "Any") -> None:
        self._sense = sense
        self._edges = 0
        self._seen = 0
        self._state = -1
        self._told = -1
        on_edges(sense, self._edge, sense.IRQ_FALLING)

    def _edge(self, _pin: "Any") -> None:
        self._edges = (self._edges + 1) & 0xFFFF

    def poll(self, now: int) -> None:
        edges = (self._edges - self._seen) & 0xFFFF
        self._seen = self._edges
        low = not self._sense()
        if edges >= CLOSED_EDGES or (low and not edges):
            self._state = 1
        elif not edges and not low:
            self._state = 0

    def read(self, channel: str) -> "int | None":
        """None until the first 100 ms have passed."""
        return None if self._state < 0 else self._state

    def take(self) -> "tuple[str, int] | None":
        if self._state == self._told:
            return None
        self._told = self._state
        return ("relay", self._state)
