"""A battery's charge from its voltage on a divider, by the discharge curve of its chemistry. An estimate, no gauge.

Lithium-ion: within about 15 % at rest and room temperature, worse under load or in the cold (a cell's voltage says that
much and no more). Lithium thionyl chloride: the curve is flat from full to nearly empty. Nobody can read 80 from 40 %
off it, so it says 100, 50 and, for the last tenth, less: enough to send somebody in time, and no more.
"""

from .curve import between, read_mv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("a cell on a divider to an ADC", "discharge curves of makers, e.g. Panasonic NCR18650, Saft LS14500", ""),
    "measures": {"battery": ("%EL", 0, 100, "(ours) read off the curves at 0.2 C, and at 1 mA for Li-SOCl2, 20 C")},
    "bus": "ADC; a divider of under 1 Mohm, or a capacitor of 100 nF at the pin",
    "timing_ms": {"sample": (1, "16 conversions")},
    "limits": {"divider": ("1 percent", "(ours) resistors of 0.5 % and the ADC's own error: 2 % of the voltage")},
}
WIRING = {
    "class": "Battery",
    "takes": {"adc": "adc", "?upper_kohm": (0, 10_000), "?lower_kohm": (1, 10_000), "?chemistry": (0, 2)},
    "gives": ("battery",),
    "drives": (),
}

LI_ION, LI_SOCL2, ALKALINE_2 = 0, 1, 2
# mV at rest, %: (ours) from makers' curves.
CURVES = (
    (3_000, 0, 3_300, 4, 3_500, 10, 3_600, 22, 3_680, 38, 3_750, 50, 3_830, 62, 3_920, 75, 4_000, 85, 4_100, 96,
     4_180, 100),
    (2_000, 0, 2_800, 2, 3_200, 5, 3_400, 10, 3_500, 20, 3_550, 50, 3_600, 50, 3_640, 100),
    (1_800, 0, 2_100, 10, 2_300, 25, 2_500, 50, 2_700, 75, 3_000, 100),  # two in series
)  # fmt: skip
ABSENT_MV = (1_500, 1_000, 1_000)  # below: no battery, or a broken divider
BEYOND_MV = (4_400, 3_900, 3_500)  # above: not this battery
SAMPLES = 16
SMOOTH = 3  # an eighth of each new reading: a radio's pulse pulls the voltage down


class Battery:
    """`upper_kohm` from the cell to the pin, `lower_kohm` from there to ground; `chemistry` an index of CURVES."""

    POLL_MS = 10_000

    def __init__(self, adc: "Any", upper_kohm: int = 100, lower_kohm: int = 100, chemistry: int = LI_ION) -> None:
        if not 0 <= chemistry < len(CURVES):
            raise ValueError("battery: chemistry %d; 0 Li-ion, 1 Li-SOCl2, 2 two alkaline cells" % chemistry)
        if lower_kohm <= 0 or upper_kohm < 0:
            raise ValueError("battery: divider %d over %d kohm; the pin is between both" % (upper_kohm, lower_kohm))
        self._adc = adc
        self._upper = upper_kohm
        self._lower = lower_kohm
        self._chemistry = chemistry
        self._mv_8 = 0  # smoothed, in mV / 8; 0: nothing known

    def start(self, now: int) -> None:
        self.poll(now)

    def poll(self, now: int) -> None:
        mv = read_mv(self._adc, SAMPLES)
        if mv is not None:
            mv = mv * (self._upper + self._lower) // self._lower
        if mv is None or not ABSENT_MV[self._chemistry] <= mv <= BEYOND_MV[self._chemistry]:
            self._mv_8 = 0
        elif not self._mv_8:
            self._mv_8 = mv << SMOOTH
        else:
            self._mv_8 += mv - (self._mv_8 >> SMOOTH)

    def read(self, channel: str) -> "int | None":
        """%; None when there is no battery to be seen."""
        if not self._mv_8:
            return None
        return between(CURVES[self._chemistry], self._mv_8 >> SMOOTH)
