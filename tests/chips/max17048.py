"""MAX17048 (Maxim 19-6171): its 16-bit registers over a cell whose voltage and charge are given."""

from chips.buses import Registers


class MAX17048(Registers):
    """`cell_mv` and `soc_256` (1/256 %) can be changed while it runs; `alert` is the Pin it pulls low."""

    def __init__(self, clock, alert=None, version=0x0012):
        Registers.__init__(self)
        self.clock = clock
        self.alert = alert
        self.version = version
        self.cell_mv = 3_900
        self.soc_256 = 75 * 256
        self._high = 0
        self._reset()

    def power(self, on):
        self.alive = on
        if on:
            self._reset()

    def _reset(self):
        self.config = 0x971C
        self.status = 0x0100  # RI
        self._drive()

    def discharge(self, soc_256):
        """To so much; the comparator sets the alert on the way down."""
        before, self.soc_256 = self.soc_256, soc_256
        limit = (32 - (self.config & 0x1F)) * 256
        if soc_256 < limit <= before:
            self.config |= 0x20
            self.status |= 0x1000  # HD
        self._drive()

    def _drive(self):
        if self.alert is not None:
            self.alert.drive(0 if self.config & 0x20 else None)

    def load(self, register):
        word = {0x02: self.cell_mv * 64 // 5, 0x04: self.soc_256, 0x08: self.version, 0x0C: self.config,
                0x1A: self.status}.get(register & ~1, 0)  # fmt: skip
        return word & 0xFF if register & 1 else word >> 8

    def store(self, register, value):
        if not register & 1:
            self._high = value
            return
        word = self._high << 8 | value
        if register == 0x0D:
            self.config = word
            self._drive()
        elif register == 0x1B:
            self.status = word
        elif register == 0xFF and word == 0x5400:
            self._reset()
