"""Values of one report, or events in their order, that cannot both be true."""

from collections.abc import Callable, Mapping
from typing import Any

from ...codes import (
    EVENT_DOOR_CLOSED,
    EVENT_DOOR_EXIT,
    EVENT_DOOR_GRANTED,
    EVENT_DOOR_OPENED,
    Q_CURRENT,
    Q_DOOR_OPEN,
    Q_POWER,
    Q_POWER_FACTOR,
    Q_PULSE_PEAK,
    Q_PULSE_RETURN,
    Q_VOLTAGE,
)
from .limits import PASSAGES, POWER_SHARE, POWER_SLACK_DW, RETURN_SHARE

Values = Mapping[int, Any]
Report = Callable[[Values], str | None]
"""None: it cannot tell; "": no contradiction; else which."""


def power(values: Values) -> str | None:
    """A meter's power against its voltage, current and power factor."""
    told = [values.get(quantity) for quantity in (Q_POWER, Q_VOLTAGE, Q_CURRENT, Q_POWER_FACTOR)]
    known = [value for value in told if value is not None]
    if len(known) < len(told):
        return None
    watts, volts, amperes, factor = known
    reckoned = volts * amperes * factor / 100_000  # 0.1 V * 0.001 A * 0.01, in 0.1 W
    if abs(watts - reckoned) <= POWER_SLACK_DW + POWER_SHARE * max(watts, reckoned):
        return ""
    return f"{watts / 10:.1f} W, though voltage, current and power factor make {reckoned / 10:.1f} W"


def pulse(values: Values) -> str | None:
    """What comes back from a fence's line against what was sent."""
    sent, back = values.get(Q_PULSE_PEAK), values.get(Q_PULSE_RETURN)
    if sent is None or back is None:
        return None
    return "" if back <= sent * RETURN_SHARE else f"{back} V came back of a pulse of {sent} V"


REPORTS: dict[str, tuple[str, Report]] = {
    "streetlight": ("power/current", power), "fence_zone": ("pulse_peak/pulse_return", pulse),
}  # fmt: skip
"""By kind: what it is about, and the check."""


class Passages:
    """People let through a door that says it stayed closed."""

    ABOUT = "door_open/passages"

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._count = 0
        self._open: bool | None = None  # nobody has said yet

    def report(self, values: Values) -> None:
        if values.get(Q_DOOR_OPEN):
            self._opened()

    def event(self, code: Any) -> str | None:
        """As a `Report`, after an event."""
        if code == EVENT_DOOR_OPENED:
            self._opened()
            return ""
        if code == EVENT_DOOR_CLOSED:
            self._open = False
        elif code in (EVENT_DOOR_GRANTED, EVENT_DOOR_EXIT) and not self._open:
            self._count += 1
            if self._count >= PASSAGES:
                return f"{self._count} people were let through, and the door stayed closed"
        return None

    def _opened(self) -> None:
        self._open = True
        self._count = 0
