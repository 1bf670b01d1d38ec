"""SOS, cancel, tamper and float: no press is lost, no bounce is a press, and a stuck button says so."""

from chips.clock import Clock
from chips.noise import Noise
from chips.pins import Pin
from lilong_firmware.drivers.charging import Charging
from lilong_firmware.drivers.float_switch import FloatSwitch
from lilong_firmware.drivers.push_button_cancel import CancelButton
from lilong_firmware.drivers.push_button_sos import SosButton
from lilong_firmware.drivers.tamper_switch import TamperSwitch


class _LatePin(Pin):
    """Its handlers wait while the interpreter stands still."""

    waiting = None

    def _changed(self):
        if self.waiting is None:
            Pin._changed(self)
        elif self.level != self._last:
            self._last = self.level
            self.waiting.append(self._handler)

    def stand_still(self):
        self.waiting = []

    def go_on(self):
        for handler in self.waiting:
            handler(self)
        self.waiting = None


class _Bench:
    def __init__(self, make=SosButton, pressed=0):
        self.clock = Clock(us=1_000)
        self.pin = _LatePin(self.clock, Pin.IN, Pin.PULL_UP if pressed == 0 else Pin.PULL_DOWN)
        self.down = pressed
        self.driver = make(self.pin, pressed, ticks_ms=self.clock.ticks_ms)
        self.driver.start(self.clock.us // 1_000)

    def press(self, ms, noise=None, bounce_ms=0):
        """From now on for so long, bouncing at both ends."""
        self._bounce(0, bounce_ms, noise)
        self.clock.after_us(bounce_ms * 1_000, lambda: self.pin.drive(self.down))
        self._bounce(ms * 1_000 - bounce_ms * 1_000, bounce_ms, noise)
        self.clock.after_us(ms * 1_000, lambda: self.pin.drive(None))

    def _bounce(self, after, ms, noise):
        for at in range(0, ms * 1_000, 700):
            level = self.down if noise.below(2) else None
            self.clock.after_us(after + at, lambda level=level: self.pin.drive(level))

    def run(self, ms, step=10):
        """How many presses were told."""
        told = 0
        until = self.clock.us + ms * 1_000
        while self.clock.us < until:
            self.driver.poll(self.clock.us // 1_000)
            while self.driver.take() is not None:
                told += 1
            self.clock.pass_ms(step)
        return told


def test_every_press_of_50_ms_is_told_once_however_it_bounces():
    for make in (SosButton, CancelButton):
        for seed in range(60):
            bench = _Bench(make)
            bench.run(100)
            bench.clock.pass_us(seed * 173)
            bench.press(50 + seed * 5, Noise(seed), seed % 14)
            assert bench.run(1_000) == 1, (make, seed)


def test_every_press_is_told_by_a_loop_that_comes_late():
    for late in (10, 47, 120, 400, 3_000):
        for make in (SosButton, CancelButton):
            bench = _Bench(make)
            bench.run(100)
            bench.press(50)
            assert bench.run(late * 3, step=late) == 1, (late, make)


def test_an_interpreter_that_stands_still_loses_no_sos_and_invents_no_cancel():
    for make, told in ((SosButton, 1), (CancelButton, 0)):
        bench = _Bench(make)
        bench.run(100)
        bench.pin.stand_still()
        bench.press(60)
        bench.clock.pass_ms(3_000)
        bench.pin.go_on()
        assert bench.run(500) == told


def test_a_spark_is_no_press():
    for make in (SosButton, CancelButton):
        bench = _Bench(make)
        bench.run(100)
        for ms in (1, 3, 8, 15):
            bench.press(ms)
            assert bench.run(400) == 0, ms


def test_two_presses_are_two():
    bench = _Bench()
    bench.run(100)
    bench.press(100)
    assert bench.run(600) == 1
    bench.press(100)
    assert bench.run(600) == 1


def test_a_long_press_is_one_and_reads_pressed():
    bench = _Bench()
    bench.run(100)
    bench.press(5_000)
    assert bench.run(2_000) == 1
    assert bench.driver.read("sos") == 1
    assert bench.run(4_000) == 0
    assert bench.driver.read("sos") == 0


def test_who_only_reads_sees_every_press_too_and_no_spark():
    for late in (10, 90, 250):
        bench = _Bench()
        bench.run(100)
        bench.press(50)
        seen = []
        for _ in range(10):
            bench.clock.pass_ms(late)
            bench.driver.poll(bench.clock.us // 1_000)
            seen.append(bench.driver.read("sos"))
        assert 1 in seen, late
        assert seen[-1] == 0 or late == 10
        bench.run(500)
        bench.press(10)
        for _ in range(30):
            bench.clock.pass_ms(2)
            bench.driver.poll(bench.clock.us // 1_000)
            assert bench.driver.read("sos") == 0


def test_a_charger_that_blinks_does_not_charge():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    driver = Charging(pin)
    now = 0
    for level, ms, reads in ((0, 1_900, None), (0, 300, 1), (1, 1_000, 1), (0, 1_000, 1), (1, 2_200, 0)):
        pin.drive(level)
        for _ in range(0, ms, 100):
            driver.poll(now)
            now += 100
        assert driver.read("charging") == reads, now
    for at in range(60):
        pin.drive(at // 5 % 2)
        driver.poll(now + at * 100)
    assert driver.read("charging") == 0


def test_a_stuck_button_says_so_after_its_call():
    bench = _Bench()
    bench.run(100)
    bench.pin.stick(0)
    assert bench.run(29_000) == 1
    assert bench.driver.read("sos") == 1
    assert bench.run(2_000) == 0
    assert bench.driver.read("sos") is None
    bench.pin.stick(None)
    bench.run(100)
    assert bench.driver.read("sos") == 0
    bench.press(60)
    assert bench.run(500) == 1


def test_pressed_at_the_start_sos_calls_and_cancel_waits_for_a_release():
    for make, told in ((SosButton, 1), (CancelButton, 0)):
        bench = _Bench(make)
        bench.pin.drive(0)
        bench.driver = make(bench.pin, 0, ticks_ms=bench.clock.ticks_ms)
        assert bench.run(1_000) == told
        bench.pin.drive(None)
        assert bench.run(500) == 0
        bench.press(60)
        assert bench.run(500) == 1


def test_a_button_that_is_high_when_pressed():
    bench = _Bench(pressed=1)
    bench.run(100)
    bench.press(50)
    assert bench.run(500) == 1


def test_a_press_wakes():
    bench = _Bench()
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    bench.press(50)
    bench.clock.pass_ms(100)
    assert woken
    assert bench.driver.irq_pending


def test_a_cover_taken_off_or_a_wire_cut_is_told_once():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.drive(0)
    driver = TamperSwitch(pin)
    now = 0

    def wait(ms):
        nonlocal now
        for _ in range(0, ms, 20):
            driver.poll(now)
            now += 20

    assert driver.read("tamper") is None
    wait(100)
    assert driver.read("tamper") == 0
    assert driver.take() is None
    pin.drive(None)  # a cut wire is pulled up
    wait(20)
    assert driver.take() is None
    wait(100)
    assert driver.take() == ("tamper", 1)
    assert driver.take() is None
    pin.drive(0)
    wait(100)
    assert driver.take() == ("tamper", 0)


def test_a_float_reads_its_height_when_it_floats_and_waves_do_not_count():
    clock = Clock()
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.drive(0)
    driver = FloatSwitch(pin, 400)
    for now in range(0, 3_000, 200):
        driver.poll(now)
    assert driver.read("water") == 20_000
    for now in range(3_000, 9_000, 200):
        pin.drive((now // 200) % 2)
        driver.poll(now)
    assert driver.read("water") == 20_000
    pin.drive(1)
    for now in range(9_000, 12_000, 200):
        driver.poll(now)
    assert driver.read("water") == 400
    try:
        FloatSwitch(pin, 5_000, 4_000)
    except ValueError:
        return
    raise AssertionError("taken")
