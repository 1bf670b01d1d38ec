"""Belling BL0937, an energy meter of pulses: power on CF, voltage or current on CF1 as SEL has it."""

import time

from .curve import recorded
from .edges import on_edges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DATA_SHEET = {
    "chip": ("Shanghai Belling BL0937", "data sheet", "V1.02"),
    "measures": {
        "power": ("0.1 W", 10, 70_000, "dynamic range 2000:1 at 1 mOhm"),
        "voltage": ("0.1 V", 0, 3_000, "input +-200 mV by the divider"),
        "current": ("mA", 10, 30_000, "input +-50 mV by the shunt"),
        "power_factor": ("1/100", 0, 100, "(ours) power by voltage and current"),
    },
    "bus": ("two pulse outputs and an input", "CF, CF1, SEL", "pin description"),
    "timing_ms": {"window": (1_000, "(ours)")},
    "timing_us": {"pulse": (38, "CF and CF1 are high so long")},
    "limits": {"reference_uV": (1_218_000, 1_218_000, "electrical characteristics")},
}
WIRING = {
    "class": "Bl0937",
    "takes": {
        "cf": "in", "cf1": "in", "sel": "out", "?shunt_uohm": (200, 100_000), "?divider": (100, 20_000),
        "?record": "data",
    },
    "gives": ("power", "voltage", "current", "power_factor"),
    "drives": (),
}  # fmt: skip

# F_CF = 1721506 V(V) V(I) / Vref^2, F_CFU = 15397 V(V) / Vref, F_CFI = 94638 V(I) / Vref, Vref = 1.218 V; V(V) is the
# line's voltage through the divider, V(I) the line's current times the shunt. Solved for a period in us:
POWER = 8_617_594  # 1.218^2 / 1721506 * 10^13: 0.1 W, times the divider by the shunt in uOhm
VOLTAGE = 791_063  # 1.218 / 15397 * 10^10: 0.1 V, times 1/1000 of the divider
CURRENT = 12_870_094  # 1.218 / 94638 * 10^12: mA, times 1000 by the shunt in uOhm
RECORD = ">HHH"  # per mille of power, voltage, current
SEL_CURRENT, SEL_VOLTAGE = 0, 1  # pin description
SETTLE_MS = 250  # (ours) CF1 after SEL
WINDOW_MS = 1_000
MOST_HZ = 12_000  # (ours) above that it is no mains
LEAST_MA = 20  # (ours) below that there is no load
MOST_MISSING_DW = 100  # (ours) so much power without current, or the other way about, is a broken line


class Pulses:
    """Edges of a pin: how many, from when to when. Two of each: the handler writes one while the other is read."""

    def __init__(self, pin: "Any", ticks_us: "Any") -> None:
        self._ticks_us = ticks_us
        self._slot = 0
        self._count = [0, 0]
        self._first = [0, 0]
        self._last = [0, 0]
        on_edges(pin, self._edge, pin.IRQ_RISING)

    def _edge(self, _pin: "Any") -> None:
        slot = self._slot
        now = self._ticks_us()
        if not self._count[slot]:
            self._first[slot] = now
        self._last[slot] = now
        self._count[slot] += 1

    def begin(self) -> int:
        """A new window; the slot of the one that ends."""
        ended = self._slot
        self._count[1 - ended] = 0
        self._slot = 1 - ended
        return ended

    def periods(self, slot: int) -> int:
        """Whole periods in a window."""
        return max(self._count[slot] - 1, 0)

    def span_us(self, slot: int) -> int:
        """How long they took; ticks wrap at 2**30."""
        return (self._last[slot] - self._first[slot]) & 0x3FFFFFFF


class Bl0937:
    """`divider`: line voltage by chip voltage. `record`: per mille of each quantity, trimmed against a known load."""

    POLL_MS = 50

    def __init__(
        self,
        cf: "Any",
        cf1: "Any",
        sel: "Any",
        shunt_uohm: int = 1_000,
        divider: int = 1_881,
        record: "bytes | None" = None,
        ticks_us: "Callable[[], int] | None" = None,
    ) -> None:
        if shunt_uohm <= 0 or divider <= 0:
            raise ValueError("Bl0937: shunt_uohm %d, divider %d; both are above 0" % (shunt_uohm, divider))
        power, voltage, current = recorded("Bl0937", record, RECORD, (1_000, 1_000, 1_000))
        ticks: "Any" = ticks_us or time.ticks_us  # type: ignore[attr-defined]  # MicroPython
        self._cf = Pulses(cf, ticks)
        self._cf1 = Pulses(cf1, ticks)
        self._sel = sel
        self._power = POWER * divider // shunt_uohm * power // 1_000
        self._voltage = VOLTAGE * divider // 1_000 * voltage // 1_000
        self._current = CURRENT * 1_000 // shunt_uohm * current // 1_000
        self._next_at = -1
        self._settling = False
        self.power = self.voltage = self.current = -1
        self._selected = SEL_VOLTAGE
        sel(SEL_VOLTAGE)

    def poll(self, now: int) -> None:
        """Turn SEL, let it settle, count for a second, and so on."""
        if now < self._next_at:
            return
        if self._next_at < 0:
            self._settle(now)
            self._cf.begin()
        elif self._settling:
            self._settling = False
            self._cf1.begin()
            self._next_at = now + WINDOW_MS
        else:
            slot = self._cf1.begin()
            if self._selected == SEL_VOLTAGE:
                self.voltage = self._quantity(self._cf1, slot, self._voltage)
            else:
                self.current = self._quantity(self._cf1, slot, self._current)
                self.power = self._quantity(self._cf, self._cf.begin(), self._power)
            self._selected = 1 - self._selected
            self._sel(self._selected)
            self._settle(now)

    def read(self, channel: str) -> "int | None":
        """0.1 W, 0.1 V, mA, 1/100; 0 without a load. None before it is measured, and when CF and CF1 disagree."""
        voltage = self.voltage
        if channel == "voltage":
            return voltage if voltage >= 0 else None
        if self.power < 0 or voltage < 0 or self.current < 0:
            return None
        seen = voltage * self.current  # 10^-4 VA
        if self.power == 0 and seen >= MOST_MISSING_DW * 2_000:
            return None  # CF is broken, or counts nothing of 20 VA
        if self.current < LEAST_MA and self.power > MOST_MISSING_DW:
            return None  # CF1 is broken
        if channel == "power":
            return self.power
        if self.current < LEAST_MA:
            return 0
        if channel == "current":
            return self.current
        return min(self.power * 100_000 // seen, 100) if seen else 0

    def _settle(self, now: int) -> None:
        self._settling = True
        self._next_at = now + SETTLE_MS

    @staticmethod
    def _quantity(pulses: Pulses, slot: int, factor: int) -> int:
        """The factor times the frequency; 0 below a pulse or two a window; -1 for what no mains gives."""
        periods = pulses.periods(slot)
        span_us = pulses.span_us(slot)
        if not periods or not span_us:
            return 0
        if periods * 1_000_000 // span_us > MOST_HZ:
            return -1
        return (factor * periods + (span_us >> 1)) // span_us
