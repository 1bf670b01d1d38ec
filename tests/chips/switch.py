"""A switch that bounces on a pin, and a supervised loop of resistors on an ADC."""

from chips.noise import Noise


class Switch:
    """`turn(level)`: the pin goes there, after bouncing for `bounce_us` (by seed). The time passes meanwhile."""

    def __init__(self, clock, pin, bounce_us=8_000, seed=1):
        self.clock = clock
        self.pin = pin
        self.bounce_us = bounce_us
        self._noise = Noise(seed)

    def turn(self, level):
        until = self.clock.us + self.bounce_us
        at = level
        while self.clock.us < until:
            self.pin.drive(at)
            at = 1 - at
            self.clock.pass_us(50 + self._noise.below(700))
        self.pin.drive(level)


class Loop:
    """Pull-up, wire and contact with R in series and R across it; `uv()` is what the ADC gets.

    `wire_ohm` of both wires; `fault`: None, "short", "cut", or ohms that somebody has put in place of it all.
    """

    def __init__(self, ohm=4_700, supply_mv=3_300, wire_ohm=20):
        self.ohm = ohm
        self.supply_mv = supply_mv
        self.wire_ohm = wire_ohm
        self.open = False
        self.fault = None

    def uv(self):
        if self.fault == "cut":
            return self.supply_mv * 1000
        if self.fault == "short":
            ohm = self.wire_ohm
        elif self.fault is not None:
            ohm = self.fault
        else:
            ohm = self.ohm * (2 if self.open else 1) + self.wire_ohm
        return self.supply_mv * 1000 * ohm // (self.ohm + ohm)
