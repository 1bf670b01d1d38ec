"""Ultrasonic rangers: the A02YYUW's frames, and the pulses of a JSN-SR04T."""

from chips.noise import Noise


class A02:
    """Says `mm()` every `period_ms` on a UART; None is its "no echo", a zero."""

    def __init__(self, clock, uart, mm, period_ms=100, noise_mm=0, seed=1):
        self.clock = clock
        self.uart = uart
        self.mm = mm
        self.alive = True
        self.spoil = 0  # a mask on the next frame's sum
        self.cut = 0  # so many bytes less of the next frame
        self._noise = Noise(seed)
        self._noise_mm = noise_mm
        self._period_us = period_ms * 1_000
        uart.chip = self
        clock.after_us(self._period_us, self._say)

    def receive(self, byte):
        pass

    def _say(self):
        self.clock.after_us(self._period_us, self._say)
        if not self.alive:
            return
        mm = self.mm()
        mm = 0 if mm is None else max(mm + self._noise.spread(self._noise_mm), 0)
        frame = bytes([0xFF, mm >> 8, mm & 0xFF, (0xFF + (mm >> 8) + mm) & 0xFF ^ self.spoil])
        self.uart.arrive(frame[: 4 - self.cut])
        self.spoil = self.cut = 0


class Jsn:
    """`mm()` is the distance, None for no echo; `cdeg` the air's temperature, which its answer follows."""

    def __init__(self, clock, trigger, echo, mm, noise_us=0, seed=1, silence_us=60_000):
        self.clock = clock
        self.echo = echo
        self.mm = mm
        self.cdeg = 1_500
        self.alive = True
        self.deaf = 0  # so many triggers without an answer
        self.blind_mm = 200
        self.triggers = 0
        self._noise = Noise(seed)
        self._noise_us = noise_us
        self._silence_us = silence_us
        self._rose = None
        echo.drive(0)
        trigger.watch(self._triggered)

    def _triggered(self, level):
        if level:
            self._rose = self.clock.us
            return
        if self._rose is None or self.clock.us - self._rose < 10 or not self.alive or self.echo.level:
            return
        self.triggers += 1
        if self.deaf:
            self.deaf -= 1
            return
        mm = self.mm()
        width = self._silence_us
        if mm is not None:
            width = max(mm, self.blind_mm) * 2_000_000 // (331_300 + 606 * self.cdeg // 100)
            width += self._noise.spread(self._noise_us)
        self.clock.after_us(250, lambda: self.echo.drive(1))  # eight periods of 40 kHz, and its controller
        self.clock.after_us(250 + width, lambda: self.echo.drive(0))
