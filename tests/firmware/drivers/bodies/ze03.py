"""Hydrogen sulphide by UART and by voltage."""

from chips.buses import UART
from chips.clock import Clock
from chips.noise import Noise
from chips.pins import ADC
from chips.ze03 import ZE03 as Chip
from lilong_firmware.drivers.ze03 import ZE03
from lilong_firmware.drivers.ze03_adc import ZE03Analogue


class _Bench:
    def __init__(self, ask=0, **chip):
        self.clock = Clock()
        self.uart = UART(self.clock, 9_600)
        self.chip = Chip(self.clock, self.uart, **chip)
        self.driver = ZE03(self.uart, ask)
        self.driver.start(0)

    def h2s(self, seconds=3):
        for _ in range(seconds * 4):
            self.driver.poll(self.clock.us // 1_000)
            self.clock.pass_ms(250)
        return self.driver.read("h2s")


def test_it_reads_what_is_uploaded_and_what_is_asked_for():
    for bench in (_Bench(), _Bench(ask=1), _Bench(typed=True), _Bench(typed=True, decimals=1)):
        assert bench.h2s() == 0
        bench.chip.dppm = 70
        assert bench.h2s() == 70
        bench.chip.dppm = 1_000
        assert bench.h2s() == 1_000


def test_the_mode_is_what_was_chosen_also_after_a_loss_of_power():
    bench = _Bench(ask=1)
    bench.h2s()
    assert bench.chip.asked
    bench = _Bench(ask=0)
    bench.chip.asked = True
    bench.h2s(12)
    assert not bench.chip.asked
    assert bench.driver.read("h2s") == 0


def test_silence_and_nonsense_are_none():
    bench = _Bench()
    bench.h2s()
    bench.chip.alive = False
    assert bench.h2s(8) is None
    bench.chip.alive = True
    bench.chip.raw = 0xFFFF
    assert bench.h2s(8) is None
    bench.chip.raw = None
    assert bench.h2s() == 0


def test_spoilt_and_cut_frames_change_nothing():
    bench = _Bench()
    bench.chip.dppm = 120
    bench.h2s()
    for fault in range(16):
        bench.chip.spoil = 1 << fault % 8
        assert bench.h2s(2) == 120
        bench.chip.cut = 1 + fault % 8
        bench.h2s(4)
        assert bench.driver.read("h2s") == 120
    assert bench.driver.bad


def test_a_frame_after_any_garbage_is_found():
    noise = Noise(3)
    for _ in range(50):
        clock = Clock()
        uart = UART(clock, 9_600)
        driver = ZE03(uart)
        garbage = bytes(noise.below(256) for _ in range(noise.below(20)))
        uart.arrive(garbage + b"\xff\x86\x00\x07\x00\x00\x00\x00\x73" * 4)
        clock.pass_ms(80)
        driver.poll(80)
        assert driver.read("h2s") == 70, garbage


def test_the_voltage_reads_the_same_and_a_cut_wire_none():
    for dppm in (0, 70, 500, 1_000):
        driver = ZE03Analogue(ADC(lambda: 400_000 + dppm * 1_600, 4))  # noqa: B023 - read at once
        assert abs(driver.read("h2s") - dppm) <= 4
    assert ZE03Analogue(ADC(lambda: 0)).read("h2s") is None
    assert ZE03Analogue(ADC(lambda: 3_300_000)).read("h2s") is None
    assert ZE03Analogue(ADC(lambda: 390_000)).read("h2s") == 0
    try:
        ZE03Analogue(None, 600, 1_500)
    except ValueError:
        return
    raise AssertionError("taken")
