"""`machine` of a board that is flashed: pins and buses of the models (`models/machine.py`), and what a chip has else.

/.models/scene.json says what is around it: "adc": by GPIO [uV, uV while lit, GPIO of the light], "loops": by GPIO the
GPIO whose level it sees, as a fixture's wire, "levels": by GPIO what holds it, "modem": see `modem_line`.
"""

import json
import os
import time

import board_models
from board_models import I2C, SPI  # noqa: F401
from chips import pins

try:
    with open("/.models/scene.json") as _file:
        SCENE = json.load(_file)
except OSError:
    SCENE = {}
LOOPS = SCENE.get("loops", {})
LEVELS = SCENE.get("levels", {})
DRIVEN = {}  # PWM by GPIO
MODEM = SCENE.get("modem", {})
LINES = {}  # the modem's UART, by the GPIO of its power key

PWRON_RESET, DEEPSLEEP_RESET = 1, 4


class Pin(board_models.Pin):
    def __init__(self, id, mode=-1, pull=None, value=None):
        self.gpio = id
        if mode == -1 and id in board_models.PINS:  # another look at one that is in use
            self._same = board_models.PINS[id]
            return
        self._same = None
        board_models.Pin.__init__(self, id, mode, pull, value)
        if str(id) in LEVELS:
            self.drive(LEVELS[str(id)])

    def __call__(self, value=None):
        if value is None and str(self.gpio) in LOOPS:
            gpio = LOOPS[str(self.gpio)]
            if gpio in DRIVEN:
                return DRIVEN[gpio].now()
            return board_models.PINS[gpio].level
        if value is not None and self.gpio in LINES:
            LINES[self.gpio].press(value)
        if self._same is None and len(self.trace) > 100:
            self.trace.clear()
        return pins.Pin.__call__(self if self._same is None else self._same, value)


def UART(unit, baudrate=115_200, rxbuf=256, **lines):
    if unit != MODEM.get("unit"):
        return board_models.UART(unit, baudrate, rxbuf=rxbuf, **lines)
    import modem_line  # noqa: PLC0415  only a board with a modem has one

    LINES[MODEM["key"]] = modem_line.UART(baudrate, rxbuf)
    return LINES[MODEM["key"]]


class PWM(board_models.PWM):
    def __init__(self, pin, freq=1_000, duty_u16=0):
        board_models.PWM.__init__(self, pin, freq, duty_u16)
        DRIVEN[pin.gpio] = self
        self._turn = 0

    def now(self):
        """One of its levels after the other, as often as its duty says."""
        self._turn = (self._turn + 1) % 10
        return 1 if self._turn * 6554 < self.duty_u16() else 0


class ADC(board_models.ADC):
    def __init__(self, pin, atten=0):
        dark, lit, light = SCENE.get("adc", {}).get(str(pin.gpio), [1_000_000, 1_000_000, -1])

        def source():
            return lit if light in board_models.PINS and board_models.PINS[light].level else dark

        pins.ADC.__init__(self, source, bits=16)


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
    def __init__(self, id=-1, period=0, mode=1, callback=None, hard=False):
        pass

    def init(self, period=0, mode=1, callback=None):
        pass

    def deinit(self):
        pass


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"\xa4\xcf\x12\x0b\x3c\x5d"


def freq():
    return 160_000_000


def reset():
    """The power goes and comes: the process that holds the pty starts another."""
    os.system("kill -9 $PPID")
    while True:
        pass
