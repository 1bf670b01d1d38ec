"""Winsen ZE03-H2S by its analogue output, for a board without a free UART."""

from .curve import read_mv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Winsen ZE03", "User's Manual", "2.8 (2021-08-04)"),
    "measures": {"h2s": ("0.1 ppm", 0, 1_000, "analogue output: 0.4 to 2.0 V over the range")},
    "bus": "ADC, 0.4 to 2.0 V",
    "timing_ms": {"sample": (1, "16 conversions")},
    "limits": {"broken_mV": (0, 300, "(ours) a module without power, or a cut wire with a pull-down")},
}
WIRING = {
    "class": "ZE03Analogue",
    "takes": {"adc": "adc", "?zero_mv": (300, 600), "?full_mv": (1_800, 2_200)},
    "gives": ("h2s",),
    "drives": (),
}

FULL_DPPM = 1_000
BROKEN_MV, BEYOND_MV = 300, 2_400
SAMPLES = 16


class ZE03Analogue:
    """`zero_mv` and `full_mv`: at 0 and 100 ppm, from the module's own calibration."""

    def __init__(self, adc: "Any", zero_mv: int = 400, full_mv: int = 2_000) -> None:
        if full_mv - zero_mv < 1_000:
            raise ValueError("ZE03: %d to %d mV; the output spans 1.6 V" % (zero_mv, full_mv))
        self._adc = adc
        self._zero = zero_mv
        self._span = full_mv - zero_mv

    def read(self, channel: str) -> "int | None":
        """0.1 ppm; None when the voltage is none that the module makes."""
        mv = read_mv(self._adc, SAMPLES)
        if mv is None or not BROKEN_MV <= mv <= BEYOND_MV:
            return None
        return max((mv - self._zero) * FULL_DPPM // self._span, 0)
