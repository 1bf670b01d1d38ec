"""`machine` of a board that is flashed: pins and buses of the models (`models/machine.py`), and what a chip has else.

Time is real here. The models' clock follows it whenever a pin or a bus is used.
"""

import os
import time

from board_models import ADC, CLOCK, I2C, PINS, PWM, SPI, UART, Pin  # noqa: F401

PWRON_RESET, DEEPSLEEP_RESET = 1, 4


class WDT:
    """Fed or not: nothing here is reset by it. `fed`: how often."""

    fed = 0

    def __init__(self, id=0, timeout=5000):
        pass

    def feed(self):
        WDT.fed += 1


class RTC:
    _offset = 0

    def datetime(self, at=None):
        if at is not None:
            RTC._offset = time.mktime((at[0], at[1], at[2], at[4], at[5], at[6], 0, 0)) - time.time()
            return None
        now = time.gmtime(time.time() + RTC._offset)
        return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)


class Timer:
    def __init__(self, id=-1):
        pass

    def init(self, period=0, mode=1, callback=None):
        pass

    def deinit(self):
        pass


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"\x01\x02\x03\x04\x05\x06"


def freq():
    return 160_000_000


def reset():
    """The power goes and comes: the process that holds the pty starts another."""
    os.system("kill -9 $PPID")
    while True:
        pass
