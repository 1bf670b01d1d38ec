"""A device with real drivers on chip models, in virtual time, whose network keeps the loop waiting. On MicroPython.

Arguments: the folder of tests, a file of cards, how timers are handled ("no", "soft"), how long the loop stands still
(ms), the story, and the port of somebody who takes connections. Prints each output with the virtual ms since the
story's event, "event" and "alarm" of what is told, and "ended" when the loop goes on.
"""

import asyncio
import io
import socket
import sys
import time
from asyncio import core

sys.path.insert(0, sys.argv[1])

from chips.buses import I2C
from chips.clock import Clock
from chips.lis3dh import LIS3DH
from chips.pins import Pin
from chips.wiegand import WiegandReader
from lilong_firmware import board as board_module
from lilong_firmware import main
from lilong_firmware.drivers.contact import Contact
from lilong_firmware.drivers.exit_button import ExitButton
from lilong_firmware.drivers.lis3dh_wrist import Wrist
from lilong_firmware.drivers.lock import Lock
from lilong_firmware.drivers.push_button_sos import SosButton
from lilong_firmware.drivers.wiegand import Wiegand
from lilong_firmware.kinds import rules
from lilong_firmware.progress import Progress

CARDS, TIMERS, STALL_MS, STORY = sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
REST, FALLING, BLOW = (0, 0, 1_000), (40, 60, 50), (3_000, 0, 4_000)
BEFORE_MS, AFTER_MS = 5_000, 40_000

clock = Clock()
_from = core.ticks_add(time.ticks_ms(), 1 << 40)  # far ahead: what asyncio's own queue stamps by itself is always due


def ticks():
    return core.ticks_add(_from, clock.us // 1_000)


class Virtual(core.IOQueue):
    def wait_io_event(self, dt):
        if dt > 0:
            clock.pass_ms(dt)
        elif dt < 0:
            raise SystemExit("nothing is due any more")
        core.IOQueue.wait_io_event(self, 0)


core.ticks = ticks
core._io_queue = Virtual()


class Timer:
    """As the ports have them; a handler that is not hard may run between any two steps of the program."""

    def __init__(self, unit, period, callback, hard=False):
        if hard and sys.platform == "esp32":
            raise ValueError("hard Timers are not implemented")
        self._period = period * 1_000
        self._callback = callback
        self._again()

    def _again(self):
        clock.after_us(self._period, self._fire)

    def _fire(self):
        self._again()
        self._callback(self)


class Machine:
    pass


if TIMERS != "no":
    Machine.Timer = Timer
sys.modules["machine"] = Machine

for module in (board_module, main):
    module.ticks_ms = ticks


def told(what, method):
    def tell(device, now, code, values):
        print(what, code)
        method(device, now, code, values)

    return tell


main.Device.event = told("event", main.Device.event)
main.Device.alarm = told("alarm", main.Device.alarm)


class Output:
    def __init__(self, name):
        self.name = name
        self.value = None

    def drive(self, name, value):
        if value != self.value:
            self.value = value
            print("out", name, value, -1 if story.at is None else clock.us // 1_000 - story.at)


class Relay(Pin):
    """Told when the lock is free: a magnet's relay without power."""

    def __call__(self, value=None):
        if value is not None and story is not None and value != self._own:
            print("out lock", 1 - value, -1 if story.at is None else clock.us // 1_000 - story.at)
        return Pin.__call__(self, value)


class Story:
    """at: when it happened, in virtual ms; None before."""

    def __init__(self):
        self.at = None
        self.attitude = REST
        self.d0, self.d1, self.leaf, self.button, self.sos = [Pin(clock, Pin.IN, Pin.PULL_UP) for _ in range(5)]
        self.leaf.drive(0)  # shut
        self.reader = WiegandReader(clock, self.d0, self.d1)

    def wired(self):
        if STORY in ("fall", "sos"):
            bus = I2C(clock)
            int1 = Pin(clock, Pin.IN)
            bus.chips[0x18] = LIS3DH(clock, lambda us: self.attitude, int1)
            wrist, sos = Wrist(i2c=bus, int1=int1), SosButton(self.sos, ticks_ms=ticks)
            buzzer, vibrate = Output("buzzer"), Output("vibrate")
            return [wrist, sos], {"accel": wrist, "motion": wrist, "sos": sos}, {"buzzer": buzzer, "vibrate": vibrate}
        lock = Lock(Relay(clock, Pin.OUT))
        reader = Wiegand(self.d0, self.d1, ticks=clock.ticks_us)
        contact, button = Contact(self.leaf), ExitButton(self.button)
        sensors = {"contact": contact, "tamper": reader, "reader": reader}
        return [lock, reader, contact, button], sensors, {"lock": lock, "buzzer": Output("buzzer")}

    def happen(self):
        self.at = clock.us // 1_000
        if STORY == "card":
            self.reader.card(7, 26)
        elif STORY == "exit":
            self.button.drive(0)
            clock.after_us(400_000, lambda: self.button.drive(None))
        elif STORY == "forced":
            self.leaf.drive(1)
        elif STORY == "sos":
            self.sos.drive(0)
            clock.after_us(400_000, lambda: self.sos.drive(None))
        elif STORY == "fall":
            self.attitude = FALLING
            clock.after_us(300_000, lambda: self.feel(BLOW))
            clock.after_us(330_000, lambda: self.feel(REST))

    def feel(self, attitude):
        self.attitude = attitude


class Secure(io.IOBase):
    """A handshake that is never done: once it keeps the loop waiting."""

    def write(self, data):
        if story.at is None and clock.us >= BEFORE_MS * 1_000:
            until = clock.us + STALL_MS * 1_000
            story.happen()
            if until > clock.us:
                clock.pass_us(until - clock.us)
            print("ended", clock.us // 1_000 - story.at)

    def readinto(self, data):
        return None

    def ioctl(self, request, argument):
        return argument if request == 3 else 0


async def resolve(host, port):
    return socket.getaddrinfo(host, port)[0]


async def end():
    while story.at is None or clock.us < (story.at + AFTER_MS) * 1_000:
        await asyncio.sleep_ms(100)
    raise SystemExit


story = None
story = Story()
name = "wristband" if STORY in ("fall", "sos") else "door"
settings = {
    "kind": name, "tenant": "t", "device": "a4cf12fffe0b3c5d", "root": bytes(32), "beat_s": 600, "offline_s": 1_800,
    "data": {"cards": CARDS} if name == "door" else {}, "seed": b"seed", "store": None, "boot": None, "generation": 0,
    "epoch": 0, "wait": None, "keepalive_s": None, "host": "127.0.0.1", "port": int(sys.argv[6]), "username": None,
    "password": None, "tls": None,
}
board = board_module.Board(rules(name), story.wired(), Progress(lambda: None), resolve)
host = main.Host(board, settings)
host.link._secure = lambda sock, name: Secure()
board.device = host.device
asyncio.create_task(end())  # noqa: RUF006  the loop keeps it
main.serve(board, host)
