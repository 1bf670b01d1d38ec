"""Combustible gas by a heated metal oxide sensor, MQ-4 or MQ-5, in a divider on an ADC."""

import struct

from .curve import between, read_mv, recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Hanwei MQ-4, MQ-5", "technical data MQ-4, technical data MQ-5", "fig. 2, fig. 3 sensitivity"),
    "measures": {"gas": ("0.1 %LEL", 4, 200, "C, detecting concentration scope 200 to 10,000 ppm")},
    "bus": ("ADC", "load resistor to ground, sensor to 5 V, divider to the ADC's range", "fig. 1"),
    "timing_ms": {"warm_up": (180_000, "(ours) as the rules have it; the sheet asks for 24 h before calibration")},
    "limits": {
        "heater_mA": (120, 175, "A, 5 V at 33 ohm 5 % (MQ-4), 31 ohm 10 % (MQ-5)"),
        "temperature_C": (-10, 50, "B"),
        "humidity_percent": (0, 95, "B"),
    },
}
WIRING = {
    "class": "Mq",
    "takes": {
        "adc": "adc", "?heater": "adc", "?curve": (0, 2), "?load_ohm": (1_000, 100_000), "?r0_ohm": (500, 200_000),
        "?divider_percent": (10, 100), "?record": "data",
    },
    "gives": ("gas",),
    "drives": (),
}  # fmt: skip

MQ4_METHANE, MQ5_METHANE, MQ5_LPG = 0, 1, 2
SUPPLY_MV = 5_000  # A, circuit voltage VC
SAMPLES = 10  # (ours)
WARM_UP_MS = 180_000
OPEN_MV, SHORT_MV = 25, 4_950  # (ours) across the load resistor: no sensor, a sensor of no resistance
COLD = 3  # (ours) times Rs in clean air: what a sensor without its heater has, and no weather
HEATER_LEAST_MV, HEATER_MOST_MV = 100, 220  # (ours) 1 ohm below the heater: 22 to 50 ohm
LEAST_R0_OHM, MOST_R0_OHM = 500, 200_000  # (ours) C has 10 to 60 kOhm in gas

# Rs/R0 in 1/1000 by 0.1 %LEL, from the curves of the sheets at their marks, beyond 10,000 ppm by the last slope. LEL of
# methane 5.0 % by volume, of LPG 2.1 % (propane). R0 is Rs in 1,000 ppm of methane (MQ-4), of hydrogen (MQ-5).
_CURVES = (
    (
        247, 1_000, 316, 500, 380, 300, 406, 250, 440, 200, 500, 140, 564, 100, 677, 60, 783, 40, 868, 30, 1_005, 20,
        1_288, 10, 1_548, 6, 1_790, 4, 4_400, 0,
    ),
    (102, 1_000, 138, 500, 185, 250, 204, 200, 275, 100, 340, 60, 400, 40, 445, 30, 515, 20, 673, 10, 952, 4, 6_500, 0),
    (
        87, 1_000, 145, 476, 189, 238, 230, 143, 268, 95, 297, 71, 355, 48, 389, 38, 473, 24, 698, 10, 6_500, 0,
    ),
)  # fmt: skip
RECORD = ">I"  # R0 in ohm
CLEAN_AIR = (4_400, 6_500, 6_500)  # the curves in air


class Mq:
    """`load_ohm`: RL. `divider_percent`: how much of the voltage across it the ADC sees. `heater`: ADC across 1 ohm.

    `r0_ohm` until there is a `record` of `calibrate`.
    """

    POLL_MS = 10_000

    def __init__(
        self,
        adc: "Any",
        heater: "Any" = None,
        curve: int = MQ4_METHANE,
        load_ohm: int = 20_000,
        r0_ohm: int = 10_000,
        divider_percent: int = 50,
        record: "bytes | None" = None,
    ) -> None:
        if not 0 <= curve <= MQ5_LPG:
            raise ValueError("Mq: curve %d; 0 is MQ-4 methane, 1 MQ-5 methane, 2 MQ-5 LPG" % curve)
        if load_ohm <= 0 or not 0 < divider_percent <= 100:
            raise ValueError("Mq: load_ohm %d, divider_percent %d; above 0, 1 to 100" % (load_ohm, divider_percent))
        (r0_ohm,) = recorded("Mq", record, RECORD, (r0_ohm,))
        if not LEAST_R0_OHM <= r0_ohm <= MOST_R0_OHM:
            raise ValueError("Mq: r0_ohm %d; %d to %d, by calibrate()" % (r0_ohm, LEAST_R0_OHM, MOST_R0_OHM))
        self._adc = adc
        self._heater = heater
        self._curve = curve
        self._load_ohm = load_ohm
        self._percent = divider_percent
        self.r0_ohm = r0_ohm
        self._warm = False
        self._warm_at = WARM_UP_MS

    def start(self, now: int) -> None:
        """The heater is on from now."""
        self._warm = False
        self._warm_at = now + WARM_UP_MS

    def poll(self, now: int) -> None:
        if now >= self._warm_at:
            self._warm = True

    def read(self, channel: str) -> "int | None":
        """0.1 %LEL; None when sensor or heater are open or shorted. Until it is warm that is not judged, and the rules
        wait by themselves."""
        ohm = self._resistance()
        if ohm is None or not self._heated():
            return None if self._warm else 0
        ratio = ohm * 1_000 // self.r0_ohm
        if self._warm and ratio > COLD * CLEAN_AIR[self._curve]:
            return None
        return between(_CURVES[self._curve], ratio)

    def calibrate(self) -> "bytes | None":
        """In clean air, warmed for a day: take R0 from what is read; the record of it. None: no such sensor."""
        ohm = self._resistance()
        if ohm is None or not self._heated():
            return None
        r0_ohm = ohm * 1_000 // CLEAN_AIR[self._curve]
        if not LEAST_R0_OHM <= r0_ohm <= MOST_R0_OHM:
            return None
        self.r0_ohm = r0_ohm
        return struct.pack(RECORD, r0_ohm)

    def _resistance(self) -> "int | None":
        mv = read_mv(self._adc, SAMPLES)
        if mv is None:
            return None
        mv = mv * 100 // self._percent
        if not OPEN_MV <= mv <= SHORT_MV:
            return None
        return self._load_ohm * (SUPPLY_MV - mv) // mv

    def _heated(self) -> bool:
        if self._heater is None:
            return True
        mv = read_mv(self._heater, SAMPLES)
        return mv is not None and HEATER_LEAST_MV <= mv <= HEATER_MOST_MV
