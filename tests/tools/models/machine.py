"""`machine` as a board has it, on the models of pins and buses of tests/chips: for real MicroPython, before its own."""

from chips import buses, pins
from chips.clock import Clock

CLOCK = Clock()
PINS = {}  # by GPIO, each taken once


class Pin(pins.Pin):
    def __init__(self, id, mode=-1, pull=None, value=None):
        if id in PINS:
            raise ValueError("GPIO %d is taken twice" % id)
        PINS[id] = self
        pins.Pin.__init__(self, CLOCK, max(mode, 0), pull, value or 0)


class ADC(pins.ADC):
    ATTN_11DB = 3

    def __init__(self, pin, atten=0):
        pins.ADC.__init__(self, lambda: 1_000_000)


class BareADC:
    """That of rp2."""

    def __init__(self, pin):
        self._adc = pins.ADC(lambda: 1_000_000)

    def read_u16(self):
        return self._adc.read_u16()


class PWM(pins.PWM):
    def __init__(self, pin, freq=1_000, duty_u16=0):
        pins.PWM.__init__(self, CLOCK, freq, duty_u16)


class I2C(buses.I2C):
    def __init__(self, unit, freq, sda, scl):
        buses.I2C.__init__(self, CLOCK, freq)


class SPI(buses.SPI):
    def __init__(self, unit, baudrate, sck, mosi, miso, polarity=0, phase=0):
        buses.SPI.__init__(self, CLOCK, baudrate)


class UART(buses.UART):
    def __init__(self, unit, baudrate, tx, rx, bits=8, parity=None, stop=1, rxbuf=256):
        buses.UART.__init__(self, CLOCK, baudrate, rxbuf)
