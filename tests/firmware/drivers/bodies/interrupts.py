"""Interrupt handlers: they run with the heap locked, as a hard interrupt does, and set a flag; so does each poll of the
two that are asked most, once they run."""

from chips.buses import I2C
from chips.clock import Clock
from chips.pins import Pin
from lilong_firmware.drivers.lis3dh_cover import Cover
from lilong_firmware.drivers.lis3dh_wrist import Wrist
from lilong_firmware.drivers.max17048 import MAX17048
from lilong_firmware.drivers.max30102 import MAX30102
from lilong_firmware.drivers.push_button_cancel import CancelButton
from lilong_firmware.drivers.push_button_sos import SosButton
from lilong_firmware.drivers.ultrasonic import Ultrasonic

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython has no such lock: there the handlers only run

    def heap_lock():
        pass

    heap_unlock = heap_lock

woken = 0


def _wake():
    global woken
    woken += 1


def _fired(handler, pin):
    handler(pin)
    heap_lock()
    try:
        handler(pin)
        handler(pin)
    finally:
        heap_unlock()


def test_no_handler_allocates_and_each_flags_and_wakes():
    clock = Clock()
    for make in (
        lambda pin: Wrist(i2c=I2C(clock), int1=pin),
        lambda pin: Cover(i2c=I2C(clock), int1=pin),
        lambda pin: MAX30102(I2C(clock), pin),
        lambda pin: MAX17048(I2C(clock), pin),
        lambda pin: SosButton(pin, 0, clock.ticks_ms),
        lambda pin: CancelButton(pin, 0, clock.ticks_ms),
    ):
        pin = Pin(clock, Pin.IN, Pin.PULL_UP)
        driver = make(pin)
        assert not driver.irq_pending
        driver.wake = _wake
        before = woken
        _fired(pin._handler, pin)
        assert driver.irq_pending
        assert woken == before + 3


def test_the_echos_handler_allocates_nothing_on_either_edge():
    clock = Clock()
    trigger, echo = Pin(clock, Pin.OUT), Pin(clock, Pin.IN)
    driver = Ultrasonic(trigger, echo, ticks_us=clock.ticks_us, sleep_us=clock.sleep_us)
    handler = echo._handler
    echo.irq(None)
    for level in (1, 0):
        driver._state = 1
        echo.drive(1)
        handler(echo)
        echo.drive(level)
        _fired(handler, echo)


class _Answers:
    """A bus that answers the same again and again, and allocates nothing."""

    def __init__(self, contents):
        self.contents = contents
        self.none = bytes(6)

    def readfrom_mem_into(self, address, register, buffer):
        contents = self.contents.get(register, self.none)
        for at in range(len(buffer)):
            buffer[at] = contents[at]

    def writeto_mem(self, address, register, data):
        pass


def test_a_poll_that_runs_allocates_nothing():
    sample = b"\x40\x01\x00\x02\x40\x1f"
    light = b"\x01\xe8\x48\x01\xe8\x48"
    for driver, channel in (
        (Wrist(i2c=_Answers({0x8F: b"\x33", 0xAF: b"\x02", 0xA8: sample})), "accel"),
        (Cover(i2c=_Answers({0x8F: b"\x33", 0xAF: b"\x02", 0xA8: sample})), "shock"),
        (MAX30102(_Answers({0xFF: b"\x15", 0x04: b"\x05\x00\x00", 0x07: light})), "worn"),
    ):
        for now in range(0, 5_000, 100):
            driver.poll(now)
        assert driver.read(channel) is not None
        heap_lock()
        try:
            for now in range(5_000, 7_000, 100):
                driver.poll(now)
                driver.read(channel)
        finally:
            heap_unlock()
