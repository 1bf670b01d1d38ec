"""Pins, ADC and PWM as `machine` has them, with the other end in the hands of a chip or a test."""

from chips.noise import Noise


class Pin:
    """A digital line. The driver calls it as a `machine.Pin`; the other side uses `drive` and `level`.

    `drive(0 or 1)` puts a level on it from outside, `drive(None)` lets go: then the pull decides. `stick(level)` is a
    line shorted to ground or supply, whoever drives. `trace`: (us, level) of each level that the driver's side set.
    """

    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 2, 1

    def __init__(self, clock, mode=0, pull=None, value=0):
        self.clock = clock
        self.trace = []
        self._mode = mode
        self._pull = pull
        self._own = value
        self._outside = None
        self._stuck = None
        self._handler = None
        self._trigger = 0
        self._listeners = []
        self._last = self.level

    def init(self, mode=-1, pull=-1, value=None):
        if mode != -1:
            self._mode = mode
        if pull != -1:
            self._pull = pull
        if value is not None:
            self._own = value
        self._changed()

    @property
    def level(self):
        """What the line really is at."""
        if self._stuck is not None:
            return self._stuck
        if self._mode == Pin.OUT:
            return self._own
        if self._mode == Pin.OPEN_DRAIN and self._own == 0:
            return 0
        if self._outside is not None:
            return self._outside
        return 1 if self._pull == Pin.PULL_UP or self._mode == Pin.OPEN_DRAIN else 0

    def __call__(self, value=None):
        if value is not None:
            self._own = 1 if value else 0
            self.trace.append((self.clock.us, self._own))
            self._changed()
        return self.level if value is None else None

    def value(self, value=None):
        return self(value)

    def on(self):
        self(1)

    def off(self):
        self(0)

    def irq(self, handler=None, trigger=3, hard=False):
        self._handler = handler
        self._trigger = trigger

    # ---- the other side

    def drive(self, level):
        self._outside = level
        self._changed()

    def stick(self, level):
        """None mends it."""
        self._stuck = level
        self._changed()

    def watch(self, listener):
        """`listener(level)` at each change of the line."""
        self._listeners.append(listener)

    def _changed(self):
        level = self.level
        if level == self._last:
            return
        self._last = level
        for listener in self._listeners:
            listener(level)
        if self._handler is not None and self._trigger & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            self._handler(self)


class ADC:
    """An input in µV: `source()` says what is on it. 12 bits of 3.3 V, with noise of so many steps (seeded)."""

    def __init__(self, source, noise_lsb=0, seed=1, full_scale_uv=3_300_000, bits=12):
        self.source = source
        self.full_scale_uv = full_scale_uv
        self.reads = 0
        self._steps = (1 << bits) - 1
        self._bits = bits
        self._noise_lsb = noise_lsb
        self._noise = Noise(seed)

    def _raw(self):
        self.reads += 1
        raw = (self.source() * self._steps + self.full_scale_uv // 2) // self.full_scale_uv
        if self._noise_lsb:
            raw += self._noise.spread(self._noise_lsb)
        return min(max(raw, 0), self._steps)

    def read_uv(self):
        return self._raw() * self.full_scale_uv // self._steps

    def read_u16(self):
        raw = self._raw()
        return (raw << (16 - self._bits)) | (raw >> (2 * self._bits - 16))


class PWM:
    """`trace`: (us, frequency in Hz, duty of 65,535) at each change."""

    def __init__(self, clock, freq=1_000, duty_u16=0):
        self.clock = clock
        self.trace = []
        self._freq = freq
        self._duty = duty_u16

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        if hz <= 0:
            raise ValueError("frequency")
        self._freq = hz
        return self.trace.append((self.clock.us, self._freq, self._duty))

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        if not 0 <= duty <= 65535:
            raise ValueError("duty")
        self._duty = duty
        return self.trace.append((self.clock.us, self._freq, self._duty))

    def deinit(self):
        self._duty = 0
        self.trace.append((self.clock.us, self._freq, 0))
