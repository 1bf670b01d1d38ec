"""ROHM BH1750FVI: instructions, measurement time, the result register (Technical Note 2009.04 Rev.B)."""

POWER_DOWN, IDLE, CONTINUOUS, ONE_TIME = 0, 1, 2, 3


class Bh1750:
    """`mlx`: light in 1/1000 lx. `us`: how long an H-resolution measurement takes at the default MTreg."""

    def __init__(self, clock, us=160_000):
        self.clock = clock
        self.mlx = 0
        self.alive = True
        self.instructions = []
        self._us = us
        self.reset()

    def reset(self):
        """Power comes (back)."""
        self.state = POWER_DOWN
        self.mtreg = 69
        self._result = 0
        self._started = 0
        self._low = None
        self._run = 0
        self._double = 1

    def start(self, read):
        self._low = None
        return self.alive

    def write(self, byte):
        self.instructions.append(byte)
        if byte == 0x00:
            self.state = POWER_DOWN
        elif byte == 0x01:
            self.state = IDLE
        elif byte == 0x07:
            if self.state != POWER_DOWN:  # "not acceptable in power down mode"
                self._result = 0
        elif byte & 0xF8 == 0x40:
            self.mtreg = self.mtreg & 0x1F | (byte & 7) << 5
        elif byte & 0xE0 == 0x60:
            self.mtreg = self.mtreg & 0xE0 | byte & 0x1F
        elif byte in (0x10, 0x11, 0x13, 0x20, 0x21, 0x23):
            self.state = ONE_TIME if byte & 0x20 else CONTINUOUS
            self._double = 2 if byte & 3 == 1 else 1  # H-resolution mode 2: 0.5 lx
            self._measure()
        return True

    def _measure(self):
        self._run += 1
        run = self._run
        self.clock.after_us(self._us * self.mtreg // 69, lambda: self._done(run))

    def _done(self, run):
        if run != self._run or self.state not in (CONTINUOUS, ONE_TIME):
            return
        self._result = min(self.mlx * 12 * self.mtreg * self._double // (69 * 10_000), 65_535)
        if self.state == ONE_TIME:
            self.state = POWER_DOWN
        else:
            self._measure()

    def read(self):
        if self._low is None:
            self._low = self._result & 0xFF
            return self._result >> 8
        return self._low

    def stop(self):
        self._low = None
