"""LIS3DH: a fall is not lost by a late loop, a cover's tilt is right, and what comes of each fault."""

from chips.buses import I2C, SPI
from chips.clock import Clock
from chips.lis3dh import LIS3DH
from chips.pins import Pin
from lilong_firmware.drivers.integers import arctan2, cosine, isqrt
from lilong_firmware.drivers.lis3dh_cover import Cover
from lilong_firmware.drivers.lis3dh_self_test import SelfTest
from lilong_firmware.drivers.lis3dh_wrist import Wrist
from lilong_firmware.fall import Fall

REST = (0, 0, 1_000)


class _Bench:
    """A driver on a chip model; `attitude` is what the chip feels."""

    def __init__(self, make, spi=False, **chip):
        self.clock = Clock()
        self.attitude = lambda us: REST
        self.int1 = Pin(self.clock, Pin.IN)
        self.chip = LIS3DH(self.clock, self._feels, self.int1, **chip)
        if spi:
            self.bus = SPI(self.clock)
            cs = Pin(self.clock, Pin.OUT, value=1)
            self.bus.attach(self.chip, cs)
            self.driver = make(spi=self.bus, cs=cs, int1=self.int1)
        else:
            self.bus = I2C(self.clock)
            self.bus.chips[0x18] = self.chip
            self.driver = make(i2c=self.bus, int1=self.int1)

    def _feels(self, us):
        return self.attitude(us)

    def now(self):
        return self.clock.us // 1_000

    def run(self, ms, step=20, channel=None):
        """What `channel` read every `step` ms."""
        seen = []
        until = self.clock.us + ms * 1_000
        at = self.clock.us
        while self.clock.us < until:
            self.driver.poll(self.now())
            if channel is not None:
                seen.append(self.driver.read(channel))
            at += step * 1_000
            if at > self.clock.us:
                self.clock.pass_us(at - self.clock.us)
        return seen


def _fall(start_us, dip_ms=150, peak_ms=20, peak_mg=5_000):
    def source(us):
        at = (us - start_us) // 1_000
        if 0 <= at < dip_ms:
            return (40, 60, 50)
        if dip_ms <= at < dip_ms + peak_ms:
            return (peak_mg * 3 // 5, 0, peak_mg * 4 // 5)
        return REST

    return source


def _tells_a_fall(values):
    """What the wristband's own fall detector says of them, one every 20 ms, of a wearer who lies still after it."""
    fall = Fall()
    return any(mg is not None and fall.feel(20 * at, mg, True) == Fall.CANDIDATE for at, mg in enumerate(values))


def test_integers_are_right():
    for n in (0, 1, 2, 3, 4, 8, 9, 1_000_000, 999_999, 768_000_000):
        assert isqrt(n) ** 2 <= n < (isqrt(n) + 1) ** 2
    for y, x, mdeg in ((0, 1, 0), (1, 1, 45_000), (1, 0, 90_000), (1, -1, 135_000), (0, -5, 180_000), (0, 0, 0)):
        assert abs(arctan2(y, x) - mdeg) <= 10, (y, x, arctan2(y, x))
    assert abs(arctan2(577_350, 1_000_000) - 30_000) <= 10
    assert cosine(0) == 10_000
    assert abs(cosine(-60_000_000) - 5_000) <= 10
    assert cosine(90_000_000) == 0


def test_at_rest_it_reads_one_g():
    bench = _Bench(Wrist)
    seen = bench.run(1_000, channel="accel")
    assert seen[0] is None
    assert all(abs(mg - 1_000) <= 24 for mg in seen[3:])


def test_spi_reads_the_same():
    bench = _Bench(Wrist, spi=True)
    seen = bench.run(500, channel="accel")
    assert all(abs(mg - 1_000) <= 24 for mg in seen[3:])


def test_every_loop_up_to_the_fifo_sees_dip_and_impact():
    for late in (20, 60, 140, 300):
        bench = _Bench(Wrist)
        bench.run(1_000)
        bench.attitude = _fall(bench.clock.us + 37_000)
        seen = bench.run(900, step=late, channel="accel")
        seen += bench.run(400, channel="accel")
        assert _tells_a_fall(seen), (late, seen)
        assert bench.driver.lost == 0


def test_one_impact_of_ten_ms_between_two_reads_is_seen():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.attitude = _fall(bench.clock.us, dip_ms=30, peak_ms=10)
    assert _tells_a_fall(bench.run(500, channel="accel"))


def test_a_stall_of_three_seconds_is_told_by_the_chips_own_free_fall():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.attitude = _fall(bench.clock.us + 100_000, dip_ms=200)
    bench.clock.pass_ms(3_000)
    assert bench.driver.irq_pending
    assert min(bench.run(100, channel="accel")) < 500
    assert bench.driver.lost == 1


def test_a_fall_that_is_over_before_a_stall_of_three_seconds_ends_is_told_all_the_same():
    for start_ms in (100, 700, 1_500, 2_400):
        bench = _Bench(Wrist)
        bench.run(1_000)
        bench.attitude = _fall(bench.clock.us + start_ms * 1_000, dip_ms=300, peak_mg=3_000)
        bench.clock.pass_ms(3_000)
        seen = bench.run(200, channel="accel")
        assert _tells_a_fall(seen), (start_ms, seen)


def test_a_knock_in_a_stall_without_a_free_fall_is_no_fall():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.attitude = _fall(bench.clock.us + 500_000, dip_ms=0)
    bench.clock.pass_ms(3_000)
    assert not _tells_a_fall(bench.run(200, channel="accel"))


def test_a_knock_before_a_stall_is_no_impact_in_it():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.attitude = _fall(bench.clock.us, dip_ms=0)
    bench.run(500)
    start = bench.clock.us
    bench.attitude = lambda us: (40, 60, 50) if 500_000 <= us - start < 700_000 else REST
    bench.clock.pass_ms(3_000)
    assert not _tells_a_fall(bench.run(200, channel="accel"))


def test_looks_between_two_samples_of_the_rules_take_nothing_from_them():
    for phase in (3, 11, 19):
        bench = _Bench(Wrist)
        bench.run(1_000)
        bench.attitude = _fall(bench.clock.us + 37_000, dip_ms=60)
        seen = []
        for _ in range(25):
            bench.driver.poll(bench.now())
            for _ in range(3):
                bench.driver.read("accel")
            bench.clock.pass_ms(phase)
            seen.append(bench.driver.read("accel"))  # the rules', at their own time
            bench.clock.pass_ms(20 - phase)
        assert _tells_a_fall(seen), (phase, seen)


def test_no_stall_makes_a_fall_of_rest():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.clock.pass_ms(3_000)
    assert min(bench.run(200, channel="accel")) > 950


def test_motion_is_told_once_when_it_changes():
    bench = _Bench(Wrist)
    bench.run(2_500)
    assert bench.driver.take() == ("motion", 0)
    assert bench.driver.take() is None
    start = bench.clock.us
    bench.attitude = lambda us: (200 if (us - start) // 250_000 % 2 else 0, 0, 1_000)
    bench.run(500)
    assert bench.driver.take() == ("motion", 1)
    bench.run(3_000)
    assert bench.driver.take() is None
    bench.attitude = lambda us: REST
    bench.run(4_000)
    assert bench.driver.take() == ("motion", 0)


def _leaning(ddeg):
    """Gravity when the cover leans by so much, on x."""
    for at, x, z in ((0, 0, 1_000), (100, 174, 985), (300, 500, 866), (900, 1_000, 0), (1_350, 707, -707)):
        if at == ddeg:
            return lambda us: (x, 0, z)
    return None


def test_tilt_is_within_half_a_degree():
    for ddeg in (0, 100, 300, 900, 1_350):
        for seed in range(3):
            bench = _Bench(Cover, seed=seed, noise_mg=6)
            bench.attitude = _leaning(ddeg)
            bench.run(1_500)
            assert abs(bench.driver.read("tilt") - ddeg) <= 6, (ddeg, bench.driver.read("tilt"))


def test_tilt_is_against_how_it_was_installed():
    bench = _Bench(Cover)
    bench.attitude = _leaning(300)
    assert bench.driver.level() is None
    bench.run(1_500)
    stored = bench.driver.level()
    assert bench.driver.read("tilt") <= 6
    again = _Bench(lambda **wires: Cover(upright_x=stored[0], upright_y=stored[1], upright_z=stored[2], **wires))
    again.attitude = _leaning(900)
    again.run(1_500)
    assert abs(again.driver.read("tilt") - 600) <= 6


def test_a_blow_is_one_event_with_its_peak():
    bench = _Bench(Cover)
    bench.run(2_000)
    assert bench.driver.take() is None
    start = bench.clock.us
    bench.attitude = lambda us: (2_000, 0, 1_000) if 0 <= us - start < 30_000 else REST
    bench.run(600)
    name, mg = bench.driver.take()
    assert name == "shock"
    assert 1_700 <= mg <= 2_100
    assert bench.driver.take() is None


def test_a_blow_in_a_stall_is_an_event_all_the_same():
    bench = _Bench(Cover)
    bench.run(2_000)
    start = bench.clock.us
    bench.attitude = lambda us: (2_000, 0, 1_000) if 0 <= us - start < 30_000 else REST
    bench.clock.pass_ms(2_000)
    bench.run(400)
    assert bench.driver.take() == ("shock", 512)


def test_a_hammering_gives_no_tilt_that_could_be_trusted():
    bench = _Bench(Cover)
    bench.attitude = lambda us: (0, 0, 1_900)
    bench.run(1_500)
    assert bench.driver.read("tilt") is None


def test_asleep_it_wakes_by_movement_only():
    bench = _Bench(Cover)
    bench.run(1_000)
    assert bench.driver.sleep()
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    bench.run(5_000)
    assert not woken
    taken = bench.chip.taken
    bench.clock.pass_ms(1_000)
    assert bench.chip.taken - taken == 10  # 10 Hz
    assert bench.driver.read("tilt") is None
    bench.attitude = _leaning(300)
    bench.clock.pass_ms(300)
    assert woken
    bench.driver.rouse(bench.now())
    bench.run(1_500)
    assert abs(bench.driver.read("tilt") - 300) <= 6


def test_asleep_a_cover_that_is_turned_slowly_wakes_it_too():
    bench = _Bench(Cover, noise_mg=0)
    bench.run(1_000)
    assert bench.driver.sleep()
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    start = bench.clock.us

    def turning(us):
        degrees = min((us - start) // 1_000_000, 90)  # a degree a second
        return (1_000 * cosine((90 - degrees) * 1_000_000) // 10_000, 0, 1_000 * cosine(degrees * 1_000_000) // 10_000)

    bench.attitude = turning
    bench.clock.pass_ms(90_000)
    assert woken


def test_asleep_a_cover_tells_its_tilt_at_a_glance_and_sleeps_on():
    for tenths in (0, 100, 300, 900, 1_350):
        bench = _Bench(Cover)
        bench.run(1_000)
        assert bench.driver.sleep()
        bench.attitude = _leaning(tenths)
        bench.clock.pass_ms(1_000)
        woken = Cover(i2c=bench.bus)  # RAM has forgotten the driver that put it to sleep
        before = bench.clock.us
        tilt = woken.glance("tilt", 0)
        assert tenths <= tilt <= tenths + 30
        assert bench.clock.us - before < 3_000
        assert woken.read("tilt") is None
        assert woken.glance("shock", 0) is None


def test_a_glance_at_a_cover_that_does_not_sleep_or_answer_tells_nothing():
    bench = _Bench(Cover)
    assert bench.driver.glance("tilt", 0) is None
    bench.run(1_500)
    assert bench.driver.glance("tilt", 0) is None
    del bench.bus.chips[0x18]
    assert bench.driver.glance("tilt", 0) is None


def test_powered_down_it_does_not_measure():
    bench = _Bench(Cover)
    bench.run(1_000)
    assert bench.driver.power_down()
    taken = bench.chip.taken
    bench.clock.pass_ms(1_000)
    assert bench.chip.taken == taken


def test_a_reset_of_the_chip_is_noticed_and_mended():
    for make in (Wrist, Cover):
        bench = _Bench(make)
        bench.run(1_500)
        bench.chip.power(False)
        bench.run(100)
        assert bench.driver.read("accel" if make is Wrist else "tilt") is None
        bench.chip.power(True)
        bench.run(3_000)
        assert bench.driver.read("accel" if make is Wrist else "tilt") is not None


def test_a_short_power_loss_between_two_polls_is_noticed():
    bench = _Bench(Wrist)
    bench.run(1_000)
    bench.chip.power(False)
    bench.chip.power(True)
    seen = bench.run(2_000, channel="accel")
    assert None in seen
    assert seen[-1] is not None


def test_no_chip_another_chip_and_a_dead_one_read_none():
    for chip in ({"wrong_id": 0x32}, {}):
        bench = _Bench(Wrist, **chip)
        bench.chip.dead = not chip
        assert bench.run(1_000, channel="accel").count(None) == 50
    bench = _Bench(Wrist)
    bench.chip.power(False)
    assert bench.run(1_000, channel="accel").count(None) == 50
    floating = _Bench(Wrist, spi=True)
    floating.chip.power(False)
    assert floating.run(1_000, channel="accel").count(None) == 50


def test_a_stuck_bus_and_a_nack_never_raise_and_pass():
    bench = _Bench(Cover)
    bench.run(1_500)
    bench.bus.stuck = True
    bench.run(1_000)
    assert bench.driver.read("tilt") is None
    bench.bus.stuck = False
    bench.run(2_500)
    assert bench.driver.read("tilt") is not None
    for after in range(30):
        bench.bus.nack_after = after
        bench.run(100)
    bench.run(2_500)
    assert abs(bench.driver.read("tilt")) <= 6


def test_the_interrupt_is_a_flag_and_a_wake_up():
    bench = _Bench(Wrist)
    bench.run(500)
    woken = []
    bench.driver.wake = lambda: woken.append(1)
    bench.clock.pass_ms(200)
    assert bench.driver.irq_pending
    assert woken
    bench.run(40)
    assert not bench.driver.irq_pending


def test_arguments_that_cannot_be():
    clock = Clock()
    for wires in ({}, {"spi": SPI(clock)}, {"i2c": I2C(clock), "spi": SPI(clock)}, {"i2c": I2C(clock), "address": 1}):
        try:
            Wrist(**wires)
        except ValueError:
            continue
        raise AssertionError(wires)
    try:
        Cover(i2c=I2C(clock), upright_z=0)
    except ValueError:
        return
    raise AssertionError("an upright of nothing")


def _self_test(bench):
    test = SelfTest(bench.driver, bench.now())
    for _ in range(100):
        said = test.poll(bench.now())
        if said is not None:
            return said
        bench.clock.pass_ms(20)
    return None


def test_the_self_test_passes_a_good_chip_and_measures_on():
    bench = _Bench(Cover)
    bench.run(1_500)
    assert _self_test(bench) is True
    bench.run(2_500)
    assert bench.driver.read("tilt") <= 6


def test_the_self_test_fails_a_stuck_mass_and_no_chip():
    bench = _Bench(Wrist)
    bench.chip.stuck_axis = 1
    assert _self_test(bench) is False
    bench = _Bench(Wrist)
    bench.chip.power(False)
    assert _self_test(bench) is False
