"""MAX30102: rate and oxygen of a known pulse, nothing where there is nothing to know, and what comes of each fault."""

from chips.buses import I2C
from chips.clock import Clock
from chips.max30102 import MAX30102 as Chip
from chips.max30102 import Wrist, ratio_of
from chips.pins import Pin
from lilong_firmware.drivers.max30102 import MAX30102
from lilong_firmware.drivers.ppg import CURVE, Ppg


class _Bench:
    def __init__(self, part=0x15, **wrist):
        self.clock = Clock()
        self.wrist = Wrist(**wrist)
        self.pin = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.chip = Chip(self.clock, self.wrist, self.pin, part)
        self.bus = I2C(self.clock)
        self.bus.chips[0x57] = self.chip
        self.driver = MAX30102(self.bus, self.pin)

    def run(self, ms, step=100, channel=None):
        seen = []
        until = self.clock.us + ms * 1_000
        at = self.clock.us
        while self.clock.us < until:
            self.driver.poll(self.clock.us // 1_000)
            if channel is not None:
                seen.append(self.driver.read(channel))
            at += step * 1_000
            if at > self.clock.us:
                self.clock.pass_us(at - self.clock.us)
        return seen


def test_rates_and_oxygen_from_slow_to_fast():
    for bpm, spo2 in ((40, 99), (72, 97), (120, 88), (200, 71)):
        bench = _Bench(bpm=bpm, spo2=spo2, seed=bpm)
        bench.run(20_000)
        assert abs(bench.driver.read("heart_rate") - bpm) <= 3, (bpm, bench.driver.read("heart_rate"))
        assert abs(bench.driver.read("spo2") - spo2) <= 3, (spo2, bench.driver.read("spo2"))
        assert bench.driver.read("worn") == 1


def test_the_table_follows_the_curve_of_the_application_note():
    for spo2 in range(55, 101):
        ratio = ratio_of(spo2)
        for at in range(len(CURVE) - 1):
            (low, most), (high, least) = CURVE[at], CURVE[at + 1]
            if low <= ratio <= high:
                assert abs(most - (most - least) * (ratio - low) // (high - low) - 10 * spo2) <= 5
                break
        else:
            assert ratio < CURVE[0][0] + 5


def test_it_follows_a_change_within_ten_seconds():
    bench = _Bench(bpm=60)
    bench.run(15_000)
    bench.wrist.bpm = 150
    bench.wrist.spo2 = 84
    bench.run(10_000)
    assert abs(bench.driver.read("heart_rate") - 150) <= 4
    assert abs(bench.driver.read("spo2") - 84) <= 3


def test_taken_off_it_says_so_once_and_reads_nothing():
    bench = _Bench()
    bench.run(15_000)
    assert bench.driver.take() is None
    bench.wrist.worn = False
    bench.run(3_000)
    assert bench.driver.take() == ("worn", 0)
    assert bench.driver.take() is None
    assert bench.driver.read("heart_rate") == 0
    assert bench.driver.read("spo2") == 0
    assert bytes(bench.chip.regs[0x0C:0x0E]) == b"\x00\x06"  # little light while it seeks
    bench.wrist.worn = True
    bench.run(15_000)
    assert bench.driver.take() == ("worn", 1)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_wild_movement_gives_no_reading_and_it_comes_back():
    bench = _Bench()
    bench.run(15_000)
    bench.wrist.movement = 150
    bench.run(3_000)
    wild = bench.run(20_000, channel="heart_rate")
    assert wild.count(0) == len(wild)
    bench.wrist.movement = 0
    bench.run(15_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_a_pulse_too_weak_to_trust_gives_no_reading():
    bench = _Bench(perfusion=10)
    bench.run(20_000)
    assert bench.driver.read("heart_rate") == 0
    assert bench.driver.read("spo2") == 0
    assert bench.driver.read("worn") == 1


def test_no_pulse_at_all_gives_no_reading():
    bench = _Bench(perfusion=0, noise=40)
    seen = bench.run(30_000, channel="heart_rate")
    assert set(seen) == {None, 0}


def test_a_darker_skin_gets_more_light():
    bench = _Bench()
    bench.wrist.skin = (900, 1_100)
    bench.run(25_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3
    assert bench.chip.regs[0x0D] > 60


def test_a_late_loop_loses_samples_and_no_truth():
    bench = _Bench()
    bench.run(15_000)
    for _ in range(5):
        bench.clock.pass_ms(1_500)
        bench.run(2_000)
        assert bench.driver.read("heart_rate") == 0 or abs(bench.driver.read("heart_rate") - 72) <= 4
    assert bench.driver.lost == 5
    bench.run(15_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_the_interrupt_comes_before_the_fifo_is_full():
    bench = _Bench()
    bench.run(1_000)
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    bench.clock.pass_ms(450)
    assert bench.driver.irq_pending
    assert woken
    bench.run(100)
    assert bench.driver.lost == 0


def test_a_reset_is_noticed_and_mended():
    bench = _Bench()
    bench.run(15_000)
    bench.chip.power(False)
    bench.chip.power(True)
    bench.run(200)
    assert bench.driver.read("heart_rate") is None
    bench.run(16_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_no_chip_another_chip_and_a_dead_one_read_none():
    for bench in (_Bench(part=0x11), _Bench(), _Bench()):
        if bench.chip.part == 0x15:
            bench.chip.dead = True
        assert bench.run(5_000, channel="spo2").count(None) == 50
        bench.chip.power(False)
        assert bench.run(5_000, channel="worn").count(None) == 50


def test_a_stuck_bus_nacks_and_flips_never_raise():
    bench = _Bench()
    bench.run(15_000)
    bench.bus.stuck = True
    bench.run(2_000)
    assert bench.driver.read("heart_rate") is None
    bench.bus.stuck = False
    for fault in range(60):
        bench.bus.nack_after = fault
        bench.run(300)
        bench.bus.flip = (fault, 1 << fault % 8)
        bench.run(300)
    bench.run(20_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_the_temperature_of_the_die():
    bench = _Bench()
    bench.run(70_000)
    assert bench.driver.die_cdeg == 3_150
    bench.chip.celsius_16 = -24
    bench.run(60_000)
    assert bench.driver.die_cdeg == -150


def test_asleep_it_draws_nothing_and_wakes():
    bench = _Bench()
    bench.run(5_000)
    assert bench.driver.sleep()
    assert bench.chip.regs[0x09] == 0x80
    assert bench.run(2_000, channel="worn").count(None) == 20
    bench.driver.rouse(bench.clock.us // 1_000)
    bench.run(15_000)
    assert abs(bench.driver.read("heart_rate") - 72) <= 3


def test_no_light_at_all_is_no_answer():
    ppg = Ppg()
    for _ in range(500):
        ppg.feed(0, 0)
    assert ppg.heart_rate() is None
    assert ppg.oxygen() is None
