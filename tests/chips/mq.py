"""Hanwei MQ-4 and MQ-5: the sensor's resistance by gas, in its divider, and its heater (technical data, fig. 1 to 3).

MQ-4: Rs/R0 = (ppm / 1012.7) ** (-1 / 2.786) for methane. MQ-5: through the marks of its figure, methane and LPG.
"""

import math

_MQ5 = (
    (200, 0.952, 0.698), (500, 0.673, 0.473), (800, 0.554, 0.389), (1_000, 0.515, 0.355), (1_500, 0.445, 0.297),
    (2_000, 0.400, 0.268), (3_000, 0.340, 0.230), (5_000, 0.275, 0.189), (10_000, 0.204, 0.145),
)  # fmt: skip


class Mq:
    """`ppm` of `gas` ("methane" or "lpg") in the air. `broken`: "open", "short" or "heater"."""

    def __init__(self, number=4, gas="methane", r0_ohm=10_000, load_ohm=20_000, divider_percent=50):
        self.ppm = 0
        self.broken = None
        self._number = number
        self._gas = gas
        self._r0_ohm = r0_ohm
        self._load_ohm = load_ohm
        self._percent = divider_percent

    def ratio(self):
        clean = 4.4 if self._number == 4 else 6.5
        if self.ppm == 0:
            return clean
        if self._number == 4:
            return min(clean, (self.ppm / 1012.7) ** (-1 / 2.786))
        return min(clean, self._mq5())

    def _mq5(self):
        column = 2 if self._gas == "lpg" else 1
        at = 1
        while at < len(_MQ5) - 1 and self.ppm > _MQ5[at][0]:
            at += 1
        low, high = _MQ5[at - 1], _MQ5[at]
        slope = math.log(high[column] / low[column]) / math.log(high[0] / low[0])
        return low[column] * (self.ppm / low[0]) ** slope

    def uv(self):
        """At the ADC, behind the divider."""
        if self.broken == "open":
            return 0
        if self.broken == "short":
            return 5_000_000 * self._percent // 100
        ohm = self.ratio() * self._r0_ohm
        if self.broken == "heater":
            ohm *= 40  # cold tin dioxide
        return int(5_000_000 * self._load_ohm / (self._load_ohm + ohm)) * self._percent // 100

    def heater_uv(self):
        """Across 1 ohm below the heater of 33 ohm."""
        return 0 if self.broken == "heater" else 5_000_000 // 34
