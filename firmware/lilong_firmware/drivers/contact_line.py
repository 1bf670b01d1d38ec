"""A door contact on a supervised line: resistors at its end tell a cut or a shorted wire from a door.

A pull-up R to the supply and the ADC's input are here; at the contact there is one R in series, and another R across
it: closed is R, open 2 R, a short 0, a cut nothing. Anything else is somebody's resistor.
"""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any contact with two end-of-line resistors", "", ""),
    "measures": {
        "contact": ("bool", 0, 1, "0 closed, 1 open"),
        "tamper": ("bool", 0, 1, "the line is neither: short, cut, or other resistors"),
    },
    "bus": "ADC, R of 2 to 10 kilohm at 1 percent",
    "timing_ms": {"settle": (30, "(ours)")},
    "limits": {"band": ("6 percent of the supply", "(ours) R within 1 percent, 100 ohm of wire and the ADC's own")},
}
WIRING = {
    "class": "ContactLine",
    "takes": {"adc": "adc", "?supply_mv": (1_800, 5_000)},
    "gives": ("contact", "tamper"),
    "drives": (),
}

CLOSED, OPEN = 500, 667  # of the supply, in thousandths: R / (R + R), 2 R / (R + 2 R)
BAND = 60
TAMPER = 2


class ContactLine:
    """Channels `contact` and `tamper`; no contact while tampered with. `supply_mv`: what the pull-up hangs on."""

    POLL_MS = 10

    def __init__(self, adc: "Any", supply_mv: int = 3_300) -> None:
        self._adc = adc
        self._supply_mv = supply_mv
        self._settled = Settled()

    def poll(self, now: int) -> None:
        try:
            part = self._adc.read_uv() // self._supply_mv
        except OSError:
            part = 0  # an ADC that fails is a line that nobody watches
        value = TAMPER
        if CLOSED - BAND < part < CLOSED + BAND:
            value = 0
        elif OPEN - BAND < part < OPEN + BAND:
            value = 1
        self._settled.see(now, value)

    def read(self, channel: str) -> "int | None":
        value = self._settled.value
        if value is None:
            return None
        if channel == "tamper":
            return value >> 1
        return None if value == TAMPER else value
