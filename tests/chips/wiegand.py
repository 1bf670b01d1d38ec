"""A reader on Wiegand wires: it pulls D0 low for a 0 and D1 for a 1 (SIA: 20 to 100 us each, 0.2 to 20 ms apart).

`faults`: by the number of a bit, "lost" (no pulse), "twice" (another edge of the same line), "both" (a short pulls both
lines low), "other" (it comes on the other line).
"""


class WiegandReader:
    def __init__(self, clock, d0, d1, pulse_us=50, interval_us=1_000):
        self.clock = clock
        self.lines = (d0, d1)
        self.pulse_us = pulse_us
        self.interval_us = interval_us
        self.faults = {}

    def send(self, text):
        """The bits of `text`, as time passes; the time of the last pulse's end is now when it returns."""
        for at, bit in enumerate(text):
            fault = self.faults.get(at)
            line = int(bit) ^ (fault == "other")
            if fault == "both":
                self._pulse(0, 1)
            elif fault != "lost":
                self._pulse(line)
            if fault == "twice":
                self.clock.pass_us(5)
                self._pulse(line)
            self.clock.pass_us(self.interval_us - self.pulse_us)

    def card(self, data, bits):
        """The frame of a card with `bits` - 2 bits of data."""
        text = binary(data, bits - 2)
        half = len(text) // 2
        self.send(str(text[:half].count("1") % 2) + text + str(1 - text[half:].count("1") % 2))

    def key(self, key, bits=4):
        self.send(binary(key, 4) if bits == 4 else binary(15 - key, 4) + binary(key, 4))

    def _pulse(self, *lines):
        for line in lines:
            self.lines[line].drive(0)
        self.clock.pass_us(self.pulse_us)
        for line in lines:
            self.lines[line].drive(1)


def binary(value, width):
    """`width` digits, the first the most significant."""
    return "".join(["1" if value >> at & 1 else "0" for at in range(width - 1, -1, -1)])
