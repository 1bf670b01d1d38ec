"""Board temperature: an NTC thermistor of 10 kOhm below a fixed resistor, by ADC."""

from .curve import between, read_mv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Vishay NTCLE100E3103", "document 29049, B25/85 = 3977 K", "12-Apr-11"),
    "measures": {"temperature": ("0.01 Cel", -4_000, 12_500, "quick reference data")},
    "bus": ("ADC", "NTC to ground, fixed resistor to the supply", "(ours)"),
    "timing_ms": {"thermal": (15_000, "quick reference data, thermal time constant in air")},
    "limits": {"self_heating_mW_per_K": (7, 7, "quick reference data, dissipation factor")},
}
WIRING = {
    "class": "Ntc",
    "takes": {"adc": "adc", "?supply_mv": (1_000, 5_500), "?fixed_ohm": (1_000, 1_000_000)},
    "gives": ("temperature",),
    "drives": (),
}

SAMPLES = 6  # (ours)
LEAST_OHM, MOST_OHM = 339, 332_100  # 125 and -40 Cel
# 65,536 * 10 kOhm / (10 kOhm + R) by 0.01 Cel, R of 29049's curve at every 10 Cel: nearly straight, where R is not.
_CURVE = (
    1_916, -4_000, 3_539, -3_000, 6_162, -2_000, 10_075, -1_000, 15_400, 0, 21_939, 1_000, 29_143, 2_000, 36_289, 3_000,
    42_750, 4_000, 48_169, 5_000, 52_471, 6_000, 55_761, 7_000, 58_221, 8_000, 60_040, 9_000, 61_379, 10_000,
    62_366, 11_000, 63_097, 12_000, 63_389, 12_500,
)  # fmt: skip


class Ntc:
    """`supply_mv` feeds the `fixed_ohm`; the ADC is on the joint. Give the ADC's reference where that is the supply."""

    def __init__(self, adc: "Any", supply_mv: int = 3_300, fixed_ohm: int = 10_000) -> None:
        if supply_mv <= 0 or fixed_ohm <= 0:
            raise ValueError("Ntc: supply %d mV, fixed resistor %d ohm; both are above 0" % (supply_mv, fixed_ohm))
        self._adc = adc
        self._supply_mv = supply_mv
        self._fixed_ohm = fixed_ohm

    def read(self, channel: str) -> "int | None":
        """0.01 Cel; None when the NTC is open or shorted, or beyond what it is made for."""
        mv = read_mv(self._adc, SAMPLES)
        if mv is None or not 0 < mv < self._supply_mv:
            return None
        ohm = self._fixed_ohm * mv // (self._supply_mv - mv)
        if not LEAST_OHM <= ohm <= MOST_OHM:
            return None
        return between(_CURVE, 655_360_000 // (10_000 + ohm))
