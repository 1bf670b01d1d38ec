"""Residual current of a lamp: a monitoring module with an analogue output, by ADC."""

from .curve import read_mv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Bender RCMB102", "operating manual TGH1475en", "11.2012"),
    "measures": {"leakage": ("0.1 mA", 0, 300, "2.1")},
    "bus": ("ADC", "voltage output X1 through a divider", "2.4"),
    "timing_ms": {"hold": (1_200, "2.7: how long X1 stays at 4.85 V after an overrange")},
    "limits": {"fault_mV": (150, 4_850, "2.4"), "frequency_Hz": (0, 500, "2.1")},
}
WIRING = {
    "class": "Leakage",
    "takes": {"adc": "adc", "?divider_percent": (10, 100), "?offset_mv": (0, 200)},
    "gives": ("leakage",),
    "drives": (),
}

SAMPLES = 6  # (ours)
ZERO_MV, FULL_MV, FULL_DMA = 150, 4_850, 300  # 2.4 and figure 2.6: r.m.s., in proportion
TOLERANCE_MV = 60  # (ours) of the divider and the ADC, at either end


class Leakage:
    """`divider_percent`: how much of X1 the ADC sees. `offset_mv`: X1 with no residual current, beyond the 150 mV."""

    def __init__(self, adc: "Any", divider_percent: int = 50, offset_mv: int = 0) -> None:
        if not 0 < divider_percent <= 100:
            raise ValueError("Leakage: divider_percent %d; it is 1 to 100" % divider_percent)
        self._adc = adc
        self._percent = divider_percent
        self._zero_mv = ZERO_MV + offset_mv

    def read(self, channel: str) -> "int | None":
        """0.1 mA, 300 for all that is beyond; None when the module says that it has failed, or is not there."""
        mv = read_mv(self._adc, SAMPLES)
        if mv is None:
            return None
        mv = mv * 100 // self._percent
        if not ZERO_MV - TOLERANCE_MV <= mv <= FULL_MV + TOLERANCE_MV:
            return None
        if mv >= FULL_MV - TOLERANCE_MV:
            return FULL_DMA  # the module holds 4.85 V for 30 mA and more
        return max(mv - self._zero_mv, 0) * FULL_DMA // (FULL_MV - self._zero_mv)
