"""Vishay NTCLE100E3103: the curve of its document 29049 in a divider."""

import math

# R = 10 kOhm exp(A + B/T + C/T2 + D/T3), the document's coefficients for B25/85 = 3977 K.
A, B, C, D = -14.6337, 4791.842, -115334.0, -3.730535e6


class Ntc:
    """`cdeg`: its temperature in 0.01 Cel. `broken`: "open" or "short"."""

    def __init__(self, supply_mv=3_300, fixed_ohm=10_000, cdeg=2_500):
        self.cdeg = cdeg
        self.broken = None
        self._supply_mv = supply_mv
        self._fixed_ohm = fixed_ohm

    def ohm(self):
        kelvin = self.cdeg / 100 + 273.15
        return 10_000 * math.exp(A + B / kelvin + C / kelvin**2 + D / kelvin**3)

    def uv(self):
        if self.broken is not None:
            return self._supply_mv * 1_000 if self.broken == "open" else 0
        ohm = self.ohm()
        return int(self._supply_mv * 1_000 * ohm / (ohm + self._fixed_ohm))
