"""Bender RCMB102, a residual current monitoring module: its voltage output X1 (manual TGH1475en, 2.4, 2.7)."""


class Rcmb102:
    """`dma`: the residual current in 0.1 mA, r.m.s. `failed`: X1 is at 0 V, as with no supply or a broken wire."""

    def __init__(self, clock, divider_percent=50):
        self.clock = clock
        self.dma = 0
        self.failed = False
        self._percent = divider_percent
        self._held_until = 0

    def uv(self):
        """At the ADC, behind the divider."""
        return self._x1_uv() * self._percent // 100

    def _x1_uv(self):
        if self.failed:
            return 0
        if self.dma >= 300:
            self._held_until = None
        elif self._held_until is None:
            if self.dma >= 100:
                return 4_850_000  # until it has been below 10 mA for 1.2 s
            self._held_until = self.clock.us + 1_200_000
        if self._held_until is None or self.clock.us < self._held_until:
            return 4_850_000
        return 150_000 + self.dma * 4_700_000 // 300
