"""What a driver says at a glance, for the look of a board that has just woken: how soon, and nothing that is not so."""

from chips.buses import I2C, UART
from chips.clock import Clock
from chips.max30102 import MAX30102 as Pulse
from chips.max30102 import Wrist
from chips.pins import Pin
from chips.ultrasonic import Jsn
from chips.ze03 import ZE03 as Module
from lilong_firmware.drivers.charging import Charging
from lilong_firmware.drivers.max30102 import MAX30102
from lilong_firmware.drivers.tamper_switch import TamperSwitch
from lilong_firmware.drivers.ultrasonic import Ultrasonic
from lilong_firmware.drivers.ze03 import ZE03

STEP_MS = 10
PATIENCE_MS = 150


def _glance(clock, driver, channel):
    """(value, ms); the value is None when none has come within PATIENCE_MS."""
    began = clock.us // 1_000
    while True:
        now = clock.us // 1_000
        value = driver.glance(channel, now)
        if value is not None or now - began >= PATIENCE_MS:
            return value, now - began
        clock.pass_ms(STEP_MS)


def test_a_gas_module_that_is_asked_answers_within_50_ms():
    clock = Clock()
    uart = UART(clock)
    module = Module(clock, uart)
    module.asked = True  # since before the sleep
    module.dppm = 70
    value, ms = _glance(clock, ZE03(uart, 1), "h2s")
    assert value == 70
    assert ms <= 50


def test_one_that_uploads_has_nothing_for_a_glance_and_a_dead_one_neither():
    clock = Clock()
    uart = UART(clock)
    Module(clock, uart)
    assert _glance(clock, ZE03(uart, 0), "h2s")[0] is None
    clock = Clock()
    uart = UART(clock)
    Module(clock, uart).alive = False
    assert _glance(clock, ZE03(uart, 1), "h2s")[0] is None


def _ranger(mm, offset=0):
    clock = Clock()
    trigger, echo = Pin(clock, Pin.OUT), Pin(clock, Pin.IN)
    Jsn(clock, trigger, echo, lambda: mm)
    return clock, Ultrasonic(trigger, echo, offset, ticks_us=clock.ticks_us, sleep_us=clock.sleep_us)


def test_water_is_known_by_one_echo():
    for mm, offset in ((1_200, 0), (1_200, 100), (4_000, 0), (50, 0)):
        clock, driver = _ranger(mm, offset)
        value, ms = _glance(clock, driver, "water")
        assert abs(value - max(mm, 200) - offset) <= 20, (mm, value)
        assert ms <= 40


def test_no_echo_is_no_water():
    clock, driver = _ranger(None)
    assert _glance(clock, driver, "water")[0] is None


def test_skin_is_known_by_two_samples():
    for worn in (False, True):
        clock = Clock()
        bus = I2C(clock)
        wrist = Wrist()
        wrist.worn = worn
        bus.chips[0x57] = Pulse(clock, wrist)
        driver = MAX30102(bus)
        value, ms = _glance(clock, driver, "worn")
        assert value == worn
        assert ms <= 70
        assert driver.read("worn") == worn
        for _ in range(30):
            driver.poll(clock.us // 1_000)
            clock.pass_ms(100)
        assert driver.read("worn") == worn
        assert driver.glance("heart_rate", clock.us // 1_000) is None


def test_a_pulse_sensor_that_is_not_there_is_none():
    clock = Clock()
    assert _glance(clock, MAX30102(I2C(clock)), "worn")[0] is None


def test_a_level_is_known_at_once():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    for level in (0, 1):
        pin.drive(level)
        assert TamperSwitch(pin).glance("tamper", 0) == level
        assert Charging(pin).glance("charging", 0) == 1 - level
