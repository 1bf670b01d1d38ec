"""A modem of tests/chips at a serial line, in the time of this machine; what is around it, the scene says at any time.

/.models/scene.json, "modem": the fields of `chips.modem.Modem` ("sim", "pin", "boots_ms", "registers_ms", "dials",
"denies"), "unit" of its UART, "key": GPIO of its power key, "carrier": whether PPP has its peer. What the modem was
told, and when it went on and off, is in /.models/heard.
"""

import json
import time

from chips import buses, modem
from chips.clock import Clock

SCENE = "/.models/scene.json"
HEARD = "/.models/heard"
FIELDS = ("sim", "pin", "boots_ms", "registers_ms", "dials", "denies")


class Live(Clock):
    """`follow`: what has fallen due by now happens."""

    def __init__(self):
        Clock.__init__(self)
        self._seen = time.ticks_us()

    def follow(self):
        now = time.ticks_us()
        passed = time.ticks_diff(now, self._seen)
        self._seen = now
        self.pass_us(passed)


def around():
    with open(SCENE) as file:
        return json.load(file).get("modem", {})


class Modem(modem.Modem):
    def __init__(self, clock, uart):
        modem.Modem.__init__(self, clock, uart)
        self._around = {}
        self.look()

    def look(self):
        """What is another one than at the last look."""
        there = around()
        for name in FIELDS:
            if name in there and self._around.get(name, "") != there[name]:
                setattr(self, name, there[name])
        self._around = there

    def answers(self, line):
        self.look()
        with open(HEARD, "a") as file:
            file.write(line + "\n")
        return modem.Modem.answers(self, line)


class UART(buses.UART):
    IRQ_RXIDLE = 0x1000

    def __init__(self, baudrate, rxbuf):
        self._live = Live()
        buses.UART.__init__(self, self._live, baudrate, rxbuf)
        self.handler = None
        Modem(self._live, self)

    def irq(self, handler=None, trigger=0):
        self.handler = handler

    def any(self):
        self._live.follow()
        return buses.UART.any(self)

    def press(self, level):
        self._live.follow()
        was = self.chip.on
        self.chip.key(level)
        if self.chip.on != was:
            with open(HEARD, "a") as file:
                file.write("on\n" if self.chip.on else "off\n")
