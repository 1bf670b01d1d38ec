"""Belling BL0937: pulses of 38 us on CF and CF1, their frequencies by its data sheet's equations (V1.02)."""

PULSE_US = 38


# Frequency by the product of the pins' voltages, by that of the voltage pin and by that of the current pin, and Vref.
BL0937 = (1721506, 15397, 94638, 1.218)
# HLW8012: 48 fosc / 128, 2 fosc / 512, 24 fosc / 512, its oscillator at 3.579 MHz.
HLW8012 = (48 * 3_579_000 / 128, 2 * 3_579_000 / 512, 24 * 3_579_000 / 512, 2.43)


class Bl0937:
    """`volts`, `amperes`, `factor`: what the line carries. `shunt` in ohm, `divider`: line voltage by chip voltage."""

    def __init__(self, clock, cf, cf1, sel, shunt=0.001, divider=1_881, chip=BL0937):
        self.clock = clock
        self.volts = 220.0
        self.amperes = 0.0
        self.factor = 1.0
        self._sel = sel
        self._chip = chip
        self._shunt = shunt
        self._divider = divider
        self._lines = {"cf": cf, "cf1": cf1}
        self._phase = {"cf": 0.0, "cf1": 0.0}
        for name in ("cf", "cf1"):
            self._lines[name].drive(0)
            self._step(name)

    def hz(self, name):
        volts, amperes = self.volts / self._divider, self.amperes * self._shunt
        power, voltage, current, vref = self._chip
        if name == "cf":
            hz = power * volts * amperes * self.factor / vref**2
            return hz if hz >= 0.3 else 0  # anti-creep: no pulses without a load
        return voltage * volts / vref if self._sel.level else current * amperes / vref

    def _step(self, name):
        """Integrate its frequency, at most 20 ms at a time, so that a change counts at once."""
        hz = self.hz(name)
        left = (1 - self._phase[name]) / hz * 1e6 if hz else 1e9
        if left > 20_000:
            self._phase[name] += hz * 0.02
            self.clock.after_us(20_000, lambda: self._step(name))
            return
        wait = max(int(left), PULSE_US + 1)
        self._phase[name] = (wait - left) * hz / 1e6
        self.clock.after_us(wait, lambda: self._pulse(name))

    def _pulse(self, name):
        line = self._lines[name]
        line.drive(1)
        self.clock.after_us(PULSE_US, lambda: line.drive(0))
        self._step(name)
