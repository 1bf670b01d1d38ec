"""GNSS: a fix, no fix, silence, and distances."""

from chips.buses import UART
from chips.clock import Clock
from chips.gnss import Receiver, sentence
from lilong_firmware.drivers.gnss import Gnss, distance_m

HOME = (31_230_416, 121_473_701)


class _Bench:
    def __init__(self, radius=200, **chip):
        self.clock = Clock()
        self.uart = UART(self.clock, 9_600)
        self.chip = Receiver(self.clock, self.uart, **chip)
        self.driver = Gnss(self.uart, HOME[0], HOME[1], radius)

    def run(self, seconds=3):
        for _ in range(seconds * 4):
            self.driver.poll(self.clock.us // 1_000)
            self.clock.pass_ms(250)
        return tuple(self.driver.read(channel) for channel in ("outside", "latitude", "longitude"))


def _read(outside, place):
    return outside, place[0], place[1]


def test_the_standards_example():
    clock = Clock()
    uart = UART(clock, 9_600)
    driver = Gnss(uart)
    uart.arrive(b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n")
    clock.pass_ms(100)
    driver.poll(100)
    assert driver.read("latitude") == 48_117_300
    assert driver.read("longitude") == 11_516_667


def test_inside_and_outside_of_the_fence():
    bench = _Bench()
    bench.chip.fix = HOME
    assert bench.run() == _read(0, HOME)
    bench.chip.fix = (HOME[0] + 8_993, HOME[1])  # 1,000 m north
    outside = bench.run()[0]
    assert abs(outside - 800) <= 3


def test_any_talker_and_every_quarter_of_the_globe():
    for talker in ("GP", "GL", "BD", "GN"):
        bench = _Bench(talker=talker)
        for fix in ((-33_856_784, 151_215_297), (40_689_247, -74_044_502), (-22_951_916, -43_210_487)):
            bench.chip.fix = fix
            assert bench.run() == _read(99_800, fix)


def test_without_a_fix_the_last_one_stands_and_before_any_it_is_home():
    bench = _Bench()
    assert bench.run() == _read(0, HOME)
    assert not bench.driver.fixed
    bench.chip.fix = (HOME[0] + 20_000, HOME[1])
    seen = bench.run()
    assert bench.driver.fixed
    bench.chip.fix = None
    assert bench.run() == seen
    assert not bench.driver.fixed


def test_a_vague_fix_moves_nobody():
    bench = _Bench()
    bench.chip.fix = HOME
    bench.run()
    bench.chip.fix = (HOME[0] + 50_000, HOME[1])
    bench.chip.hdop = 99
    assert bench.run()[0] == 0
    bench.chip.hdop = 12
    assert bench.run()[0] > 5_000


def test_silence_is_none_and_comes_back():
    bench = _Bench()
    bench.chip.fix = HOME
    bench.run()
    bench.chip.alive = False
    assert bench.run(13) == (None, None, None)
    bench.chip.alive = True
    assert bench.run() == _read(0, HOME)


def test_a_flipped_bit_anywhere_moves_nobody():
    bench = _Bench()
    bench.chip.fix = HOME
    bench.run()
    length = len(bench.chip.sentences())
    for spoil in range(0, length, 3):
        bench.chip.spoil = spoil
        assert bench.run(1) == _read(0, HOME), spoil
    assert bench.driver.bad > length // 6


def test_sentences_that_are_whole_but_make_no_sense_move_nobody():
    bench = _Bench()
    bench.chip.fix = HOME
    bench.run()
    for body in ("GNRMC", "GNRMC,1,A", "GNRMC,1,A,9100.0,N,01131.0,E", "GNRMC,1,A,4861.0,N,01131.0,E", "GNGGA,,,",
                 "GNRMC,1,A,x,N,01131.0,E", "GNRMC,1,A,4807.0,Q,01131.0,E", "GNRMC,1,A,,N,,E", "GNGGA,1,2,3,4,5,6,7,-",
                 "GNRMC,1,A,4807.-3,N,01131.0,E", "GNRMC,1,A,4807.1,N,18100.0,E"):  # fmt: skip
        bench.uart.arrive(sentence(body))
        bench.clock.pass_ms(200)
        bench.driver.poll(bench.clock.us // 1_000)
        assert bench.driver.read("latitude") == HOME[0], body


def test_distances_near_and_far():
    assert distance_m(0, 0, 0, 0) == 0
    assert abs(distance_m(0, 0, 0, 100_000) - 11_119) <= 30
    assert abs(distance_m(60_000_000, 0, 60_000_000, 100_000) - 5_560) <= 30
    assert abs(distance_m(0, 179_990_000, 0, -179_990_000) - 2_224) <= 10  # across the date line
    assert distance_m(0, 0, 80_000_000, 0) == 100_000
    assert distance_m(0, 0, 0, 170_000_000) == 100_000
