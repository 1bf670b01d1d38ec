"""Water below the rim by ultrasound: both kinds of ranger, their blind zones, silences and faults."""

from chips.buses import UART
from chips.clock import Clock
from chips.noise import Noise
from chips.pins import Pin
from chips.ultrasonic import A02, Jsn
from lilong_firmware.drivers.a02yyuw import A02YYUW
from lilong_firmware.drivers.ultrasonic import Ultrasonic


def _run(clock, driver, ms):
    until = clock.us + ms * 1_000
    while clock.us < until:
        driver.poll(clock.us // 1_000)
        clock.pass_ms(driver.POLL_MS)


class _A02:
    def __init__(self, offset=0, **more):
        self.clock = Clock()
        self.uart = UART(self.clock, 9_600)
        self.mm = 1_697
        self.chip = A02(self.clock, self.uart, lambda: self.mm, **more)
        self.driver = A02YYUW(self.uart, offset)

    def water(self, ms=1_000):
        _run(self.clock, self.driver, ms)
        return self.driver.read("water")


class _Jsn:
    def __init__(self, offset=0, **more):
        self.clock = Clock(us=(1 << 30) - 1_500_000)  # the ticks wrap on the way
        trigger, self.echo = Pin(self.clock, Pin.OUT), Pin(self.clock, Pin.IN)
        self.mm = 1_200
        self.chip = Jsn(self.clock, trigger, self.echo, lambda: self.mm, **more)
        self.driver = Ultrasonic(
            trigger, self.echo, offset, ticks_us=self.clock.ticks_us, sleep_us=self.clock.sleep_us
        )

    def water(self, ms=2_000):
        _run(self.clock, self.driver, ms)
        return self.driver.read("water")


def test_the_frame_of_the_makers_example_reads_1953_mm():
    clock = Clock()
    uart = UART(clock, 9_600)
    driver = A02YYUW(uart)
    uart.arrive(b"\xff\x07\xa1\xa7" * 3)
    clock.pass_ms(20)
    driver.poll(20)
    assert driver.read("water") == 1_953


def test_the_mounting_is_added():
    assert _A02(offset=150).water() == 1_847
    assert abs(_Jsn(offset=150).water() - 1_350) <= 3
    assert _A02(offset=-1_000).water() == 697


def test_one_wild_value_of_five_is_outvoted():
    bench = _A02()
    assert bench.water() == 1_697
    bench.mm = 300
    bench.water(100)
    bench.mm = 1_700
    assert bench.water(100) == 1_697


def test_the_median_takes_the_noise_away():
    for seed in range(5):
        bench = _A02(noise_mm=15, seed=seed)
        assert abs(bench.water() - 1_697) <= 12
        bench = _Jsn(noise_us=60, seed=seed)
        assert abs(bench.water() - 1_200) <= 9


def test_no_echo_is_none_and_comes_back():
    for bench in (_A02(), _Jsn(), _Jsn(silence_us=38_000)):
        assert bench.water() is not None
        mm, bench.mm = bench.mm, None
        assert bench.water() is None
        bench.mm = mm
        assert abs(bench.water() - mm) <= 3


def test_beyond_the_range_is_none():
    for bench in (_A02(), _Jsn()):
        bench.mm = 5_200
        assert bench.water() is None


def test_nearer_than_the_blind_zone_reads_its_edge_so_that_a_full_shaft_is_an_alarm():
    bench = _A02()
    bench.mm = 12
    assert bench.water() == 30
    bench = _Jsn()
    bench.mm = 40
    assert bench.water() == 200
    bench.chip.blind_mm = 0  # rings, and answers sooner still
    assert bench.water() == 200


def test_silence_is_none():
    for bench in (_A02(), _Jsn()):
        bench.water()
        bench.chip.alive = False
        assert bench.water(3_000) is None


def test_a_stuck_echo_is_none_and_mends():
    for level in (0, 1):
        bench = _Jsn()
        bench.water()
        bench.echo.stick(level)
        assert bench.water() is None
        bench.echo.stick(None)
        assert abs(bench.water() - 1_200) <= 3


def test_two_deaf_answers_of_five_do_not_matter():
    bench = _Jsn()
    bench.water()
    bench.chip.deaf = 2
    assert abs(bench.water(600) - 1_200) <= 3


def test_warm_air_is_allowed_for():
    bench = _Jsn()
    bench.mm = 4_000
    bench.chip.cdeg = 3_500
    assert bench.water() < 3_880
    bench.driver.cdeg = 3_500
    assert abs(bench.water() - 4_000) <= 5
    bench.chip.cdeg = bench.driver.cdeg = -1_000
    assert abs(bench.water() - 4_000) <= 5


def test_spoilt_and_cut_frames_are_counted_and_passed_over():
    bench = _A02()
    bench.water()
    for fault in range(20):
        bench.chip.spoil = 1 << fault % 8
        bench.water(200)
        bench.chip.cut = 1 + fault % 3
        bench.water(200)
    assert bench.driver.bad
    assert bench.driver.read("water") == 1_697


def test_a_frame_after_any_garbage_is_found():
    noise = Noise(7)
    for _ in range(100):
        clock = Clock()
        uart = UART(clock, 9_600)
        driver = A02YYUW(uart)
        garbage = bytes(noise.below(256) for _ in range(noise.below(12)))
        uart.arrive(garbage + b"\xff\x06\xa1\xa6" * 6)
        clock.pass_ms(60)
        driver.poll(60)
        assert driver.read("water") == 1_697, garbage


def test_the_loop_is_never_held_for_more_than_a_millisecond():
    bench = _Jsn()
    bench.mm = None
    for _ in range(20):
        before = bench.clock.us
        bench.driver.poll(before // 1_000)
        assert bench.clock.us - before < 1_000
        bench.clock.pass_ms(200)
    assert bench.chip.triggers == 20
