"""LIS3DH (ST DocID17530): registers, FIFO, both interrupt generators with their high-pass, a click; I2C and SPI."""

from chips.buses import Registers
from chips.noise import Noise

ODR_US = (0, 1_000_000, 100_000, 40_000, 20_000, 10_000, 5_000, 2_500, 625, 744)
UNIT_MG = (4, 8, 16, 48)  # normal mode
THS_MG = (16, 32, 62, 186)
FULL_SCALE_MG = (2_000, 4_000, 8_000, 16_000)
SELF_TEST_MG = 400  # 17 to 360 digits of 4 mg


class LIS3DH(Registers):
    """`source(us)` is the acceleration (x, y, z) in mg. `int1`: the Pin it drives. `wrong_id`: another chip."""

    def __init__(self, clock, source, int1=None, noise_mg=2, seed=1, wrong_id=None):
        Registers.__init__(self)
        self.clock = clock
        self.source = source
        self.int1 = int1
        self.wrong_id = wrong_id
        self.taken = 0
        self.dead = False  # answers, but measures nothing
        self.stuck_axis = None  # one whose mass does not move
        self._noise = Noise(seed)
        self._noise_mg = noise_mg
        self._turn = 0
        self._spi_at = 0
        self._reset()

    # ---- power

    def power(self, on):
        self.alive = on
        self._reset()

    def _reset(self):
        self.regs = bytearray(0x40)
        self.regs[0x0F] = 0x33 if self.wrong_id is None else self.wrong_id
        self.regs[0x20] = 0x07
        self._fifo = []
        self._overrun = False
        self._source = [0, 0]
        self._held = [0, 0]
        self._click = 0
        self._above = [0, 0, 0]  # samples in a row above the click's threshold, by axis
        self._side = 0
        self._low = None  # the high-pass filter's slow part
        self._turn += 1
        self._drive()

    # ---- registers

    def auto(self, register):
        if not register & 0x80:
            return register
        register &= 0x7F
        if register == 0x2D and self.regs[0x24] & 0x40:
            return 0x80 | 0x28  # with the FIFO on, the output registers roll over
        return 0x80 | (register + 1) & 0x7F

    def load(self, register):
        register &= 0x7F
        if 0x28 <= register <= 0x2D:
            return self._output(register - 0x28)
        if register == 0x2F:
            return self._fifo_source()
        if register == 0x26:
            self._low = None
            return 0
        if register in (0x31, 0x35):
            generator = (register - 0x31) // 4
            value = self._source[generator]
            self._source[generator] = 0
            self._drive()
            return value
        if register == 0x39:
            value = self._click
            self._click = 0
            return value
        return self.regs[register] if register < 0x40 else 0

    def store(self, register, value):
        register &= 0x7F
        if register >= 0x40 or register in (0x0F, 0x27, 0x2F, 0x31, 0x35, 0x39):
            return
        self.regs[register] = value
        if register == 0x20:
            self._turn += 1
            if value >> 4:
                self._next(self._turn)
        if register == 0x2E and not value & 0xC0:
            self._fifo = []
            self._overrun = False
        self._drive()

    def _streaming(self):
        return self.regs[0x24] & 0x40 and self.regs[0x2E] & 0xC0

    def _fifo_source(self):
        count = len(self._fifo)
        value = min(count, 31)
        if not count:
            value |= 0x20
        if self._overrun:
            value |= 0x40
        if count > self.regs[0x2E] & 0x1F:
            value |= 0x80
        return value

    def _output(self, at):
        if not self._fifo:
            return 0
        raw = self._fifo[0][at >> 1] << 6 & 0xFFFF
        if at == 5 and self._streaming():
            self._fifo.pop(0)
            self._overrun = False
            self._drive()
        return raw >> 8 if at & 1 else raw & 0xFF

    # ---- measuring

    def _next(self, turn):
        period = ODR_US[min(self.regs[0x20] >> 4, 9)]
        self.clock.after_us(period, lambda: self._sample(turn))

    def _sample(self, turn):
        if turn != self._turn or not self.alive:
            return
        self._next(turn)
        if self.dead:
            return
        scale = self.regs[0x23] >> 4 & 3
        real = self.source(self.clock.us)
        if self.regs[0x23] >> 1 & 3:
            real = tuple(real[i] + (SELF_TEST_MG if i != self.stuck_axis else 0) for i in range(3))
        real = tuple(mg + self._noise.spread(self._noise_mg) for mg in real)
        digits = tuple(min(max((mg + UNIT_MG[scale] // 2) // UNIT_MG[scale], -512), 511) for mg in real)
        self.taken += 1
        if self._low is None:
            self._low = [mg << 6 for mg in real]
        passed = [(mg << 6) - low >> 6 for mg, low in zip(real, self._low)]  # noqa: B905 - MicroPython's has no strict
        for axis in range(3):
            self._low[axis] += ((real[axis] << 6) - self._low[axis]) >> 3
        if self._streaming():
            if len(self._fifo) == 32:
                self._fifo.pop(0)
                self._overrun = True
            self._fifo.append(digits)
        else:
            self._fifo = [digits]
        for generator in range(2):
            self._generate(generator, passed if self.regs[0x21] >> generator & 1 else real, THS_MG[scale])
        self._clicks(real, (self.regs[0x3A] & 0x7F) * FULL_SCALE_MG[scale] // 128)
        self._drive()

    def _clicks(self, axes, threshold):
        """8.29 to 8.32: a click has gone above the threshold and back below it within TIME_LIMIT."""
        for axis in range(3):
            if abs(axes[axis]) > threshold:
                self._above[axis] += 1
                continue
            if 0 < self._above[axis] <= self.regs[0x3B] & 0x7F and self.regs[0x38] & 1 << 2 * axis:
                if not self.regs[0x3A] & 0x80:
                    self._click = 0  # not latched
                self._click |= 0x50 | 1 << axis
            self._above[axis] = 0

    def _generate(self, generator, axes, unit):
        base = 0x30 + 4 * generator
        cfg = self.regs[base]
        threshold = (self.regs[base + 2] & 0x7F) * unit
        now = 0
        for axis in range(3):
            if abs(axes[axis]) > threshold:
                if not cfg & 0x40 or axes[axis] > 0:
                    now |= 2 << 2 * axis
                else:
                    now |= 1 << 2 * axis
            elif not cfg & 0x40:
                now |= 1 << 2 * axis
        enabled = cfg & 0x3F
        if cfg & 0x40:  # 6D movement: another known side than before
            fired = now and now != self._side and self._side
            self._side = now or self._side
        elif cfg & 0x80:
            fired = enabled and now & enabled == enabled
        else:
            fired = now & enabled
        if not fired:
            self._held[generator] = 0
        elif self._held[generator] < self.regs[base + 3] & 0x7F:
            self._held[generator] += 1
            fired = False
        if fired:
            self._source[generator] = 0x40 | now & 0x3F
        elif not self.regs[0x24] & (0x08, 0x02)[generator]:
            self._source[generator] = 0  # not latched

    def _drive(self):
        if self.int1 is None:
            return
        ctrl3 = self.regs[0x22]
        level = (
            (ctrl3 & 0x40 and self._source[0] & 0x40)
            or (ctrl3 & 0x20 and self._source[1] & 0x40)
            or (ctrl3 & 0x04 and self._fifo_source() & 0x80)
        )
        self.int1.drive(1 if level and self.alive else 0)

    # ---- SPI

    def select(self, on):
        self._spi_at = 0

    def transfer(self, byte):
        if not self.alive:
            return 0xFF
        if self._spi_at == 0:
            self._spi_at = 1
            self._reading = byte & 0x80
            self.pointer = (byte & 0x3F) | (0x80 if byte & 0x40 else 0)
            return 0xFF
        if self._reading:
            return self.read()
        self.store(self.pointer, byte)
        self.pointer = self.auto(self.pointer)
        return 0xFF
