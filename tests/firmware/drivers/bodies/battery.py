"""Batteries: what the gauge says, what a voltage can say, and what is no battery."""

from chips.buses import I2C
from chips.clock import Clock
from chips.max17048 import MAX17048 as Chip
from chips.pins import ADC, Pin
from lilong_firmware.drivers.battery import CURVES, LI_ION, LI_SOCL2, Battery
from lilong_firmware.drivers.max17048 import MAX17048


class _Gauge:
    def __init__(self, **chip):
        self.clock = Clock()
        self.pin = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.chip = Chip(self.clock, self.pin, **chip)
        self.bus = I2C(self.clock)
        self.bus.chips[0x36] = self.chip
        self.driver = MAX17048(self.bus, self.pin, 20)

    def battery(self, seconds=3):
        for _ in range(seconds):
            self.driver.poll(self.clock.us // 1_000)
            self.clock.pass_ms(1_000)
        return self.driver.read("battery")


def test_the_gauge_reads_charge_and_voltage():
    bench = _Gauge()
    assert bench.battery(1) is None  # not before its first conversions
    assert bench.battery() == 75
    assert abs(bench.driver.cell_mv() - 3_900) <= 1
    bench.chip.soc_256 = 101 * 256 + 200
    assert bench.battery() == 100
    bench.chip.soc_256 = 90
    assert bench.battery() == 0


def test_the_alert_comes_once_when_the_charge_falls_to_it():
    bench = _Gauge()
    bench.battery()
    assert bench.chip.config == 0x970C  # 32 - 20
    bench.chip.discharge(21 * 256)
    assert not bench.driver.irq_pending
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    bench.chip.discharge(19 * 256)
    assert bench.driver.irq_pending
    assert woken
    bench.battery()
    assert bench.pin() == 1
    assert not bench.driver.irq_pending


def test_a_gauge_that_was_reset_is_configured_again():
    bench = _Gauge()
    bench.battery()
    bench.chip.power(False)
    assert bench.battery() is None
    bench.chip.power(True)
    assert bench.battery() == 75
    bench.chip.power(True)  # between two polls
    bench.battery()
    assert bench.chip.config == 0x970C


def test_no_gauge_another_chip_no_cell_and_a_stuck_bus_read_none():
    bench = _Gauge(version=0xFFFF)
    assert bench.battery() is None
    bench = _Gauge()
    bench.battery()
    bench.chip.cell_mv = 0
    assert bench.battery() is None
    bench.chip.cell_mv = 5_100
    assert bench.battery() is None
    bench.chip.cell_mv = 3_700
    assert bench.battery() == 75
    bench.bus.stuck = True
    assert bench.battery() is None
    bench.bus.stuck = False
    for after in range(20):
        bench.bus.nack_after = after
        bench.battery(1)
    bench.bus.nack_after = None
    assert bench.battery() == 75


def _at(mv, chemistry=LI_ION, upper=100, lower=100, noise=0, seed=1):
    driver = Battery(ADC(lambda: mv * 1_000 * lower // (upper + lower), noise, seed), upper, lower, chemistry)
    driver.start(0)
    return driver.read("battery")


def test_the_curve_only_rises():
    for chemistry in range(len(CURVES)):
        last = 0
        for mv in range(1_600, 3_500 if chemistry == 2 else 3_800, 10):
            percent = _at(mv, chemistry)
            assert percent >= last
            last = percent


def test_lithium_ion_at_known_voltages():
    assert _at(4_200) == 100
    assert abs(_at(3_750) - 50) <= 2
    assert _at(3_300) <= 5
    assert _at(2_600) == 0


def test_lithium_thionyl_says_no_more_than_it_can():
    assert _at(3_660, LI_SOCL2) == 100
    for mv in (3_550, 3_575, 3_595):
        assert abs(_at(mv, LI_SOCL2) - 50) <= 2
    assert _at(3_380, LI_SOCL2) <= 10


def test_any_divider_gives_the_same():
    for upper, lower in ((0, 100), (100, 100), (470, 100), (3_300, 1_000)):
        if 4_000 * lower // (upper + lower) <= 3_200:
            assert abs(_at(4_000, upper=upper, lower=lower) - 85) <= 2


def test_noise_of_the_adc_moves_it_little():
    for seed in range(20):
        assert abs(_at(3_750, noise=8, seed=seed) - 50) <= 4


def test_a_pulse_of_the_radio_is_smoothed():
    level = [3_900]
    driver = Battery(ADC(lambda: level[0] * 500))
    driver.start(0)
    before = driver.read("battery")
    level[0] = 3_600
    driver.poll(10_000)
    assert before - driver.read("battery") < 10
    for at in range(60):
        driver.poll(20_000 + at)
    assert abs(driver.read("battery") - 22) <= 3


def test_no_battery_and_a_wrong_one_read_none():
    assert _at(0) is None
    assert _at(900) is None
    assert _at(4_800, upper=300) is None
    assert _at(4_200, LI_SOCL2) is None
    dead = ADC(lambda: 1)
    dead.read_uv = _broken
    driver = Battery(dead)
    driver.start(0)
    assert driver.read("battery") is None


def _broken():
    raise OSError(5, "the converter")


def test_arguments_that_cannot_be():
    adc = ADC(lambda: 0)
    for make in (
        lambda: Battery(adc, chemistry=9),
        lambda: Battery(adc, lower_kohm=0),
        lambda: MAX17048(None, None, 50),
    ):
        try:
            make()
        except ValueError:
            continue
        raise AssertionError("taken")
