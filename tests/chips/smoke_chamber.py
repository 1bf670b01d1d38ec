"""A photoelectric chamber with its amplifier: light of the walls, of smoke, of the room, and the time that it takes.

The pulse is that of Microchip's RE46C140 (DS22179B: 100 us); amplifier and chamber are ours.
"""

RISE_US = 60  # the amplifier follows the light after that


class SmokeChamber:
    """`mdb`: smoke in mdB/m. `ambient_uv`: room light. `fault`: "led open", "led on" or "photodiode".

    `conversion_us`: the ADC's. `late_us`: how long the processor is away in the next conversion.
    """

    def __init__(self, clock, led, zero_uv=200_000, gain_uv=2_000):
        self.clock = clock
        self.mdb = 0
        self.zero_uv = zero_uv
        self.gain_uv = gain_uv
        self.ambient_uv = 20_000
        self.fault = None
        self.conversion_us = 40
        self.late_us = 0
        self.flash_uv = 0  # ambient light of one conversion
        self._led = led
        self._changed_us = -RISE_US
        led.watch(self._switched)

    def _switched(self, _level):
        self._changed_us = self.clock.us

    def uv(self):
        self.clock.pass_us(self.conversion_us + self.late_us)
        self.late_us = 0
        if self.fault == "photodiode":
            return 0
        on = self._led.level if self.clock.us - self._changed_us >= RISE_US else 1 - self._led.level
        if self.fault is not None:
            on = 1 if self.fault == "led on" else 0
        light = self.ambient_uv + self.flash_uv + (self.zero_uv + self.gain_uv * self.mdb if on else 0)
        self.flash_uv = 0
        return min(light, 3_300_000)

    def longest_us(self):
        """The longest pulse so far."""
        longest = began = 0
        for us, level in self._led.trace:
            if level:
                began = us
            elif began:
                longest = max(longest, us - began)
                began = 0
        return longest
