"""Every fall is told, whenever it begins and however the loop comes; arctangents and roots are those of mathematics."""

import math

from chips.buses import I2C
from chips.clock import Clock
from chips.lis3dh import LIS3DH
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.integers import arctan2, cosine, isqrt
from lilong_firmware.drivers.lis3dh_wrist import Wrist
from lilong_firmware.fall import Fall


def _felt(acceleration, gaps_ms, seed):
    """What the fall detector says of each sample; the loop comes after each of `gaps_ms`."""
    clock = Clock()
    bus = I2C(clock)
    bus.chips[0x18] = LIS3DH(clock, acceleration, noise_mg=15, seed=seed)
    driver = Wrist(i2c=bus)
    fall = Fall()
    said = []
    for gap in gaps_ms:
        clock.pass_ms(gap)
        now = clock.us // 1_000
        driver.poll(now)
        mg = driver.read("accel")
        if mg is not None:
            said.append(fall.feel(now, mg, True))
    return said


@given(
    start=st.integers(500_000, 800_000), dip_ms=st.integers(60, 400), peak_ms=st.integers(15, 80),
    peak_mg=st.integers(3_000, 12_000), gaps=st.lists(st.integers(1, 300), min_size=3, max_size=12),
    seed=st.integers(0, 1 << 20),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_fall_is_told(start, dip_ms, peak_ms, peak_mg, gaps, seed):
    def acceleration(us):
        at = (us - start) // 1_000
        if 0 <= at < dip_ms:
            return 80, 60, 100
        return (0, peak_mg * 3 // 5, peak_mg * 4 // 5) if 0 <= at - dip_ms < peak_ms else (0, 0, 1_000)

    stall = [20] * 26 + gaps + [20] * 80
    assert Fall.CANDIDATE in _felt(acceleration, stall, seed)


@given(st.integers(1, 40), st.integers(200, 900), st.integers(1, 300), st.integers(0, 1 << 20))
@settings(deadline=None)
def test_no_walking_is_a_fall(half_period, swing_mg, gap, seed):
    def acceleration(us):
        return 0, 0, 1_000 + (swing_mg if us // (half_period * 20_000) % 2 else -swing_mg // 2)

    assert Fall.CANDIDATE not in _felt(acceleration, [gap] * 30, seed)


@given(st.integers(0, 1 << 20), st.integers(-(1 << 20), 1 << 20))
@settings(deadline=None)
def test_arctangents_are_within_a_fiftieth_of_a_degree(y, x):
    if abs(x) + y > 200:
        assert abs(arctan2(y, x) - math.degrees(math.atan2(y, x)) * 1_000) <= 20


@given(st.integers(0, 1 << 40))
@settings(deadline=None)
def test_roots_are_exact(n):
    assert isqrt(n) == math.isqrt(n)


@given(st.integers(-90_000_000, 90_000_000))
@settings(deadline=None)
def test_cosines_are_within_a_thousandth(udeg):
    assert abs(cosine(udeg) - 10_000 * math.cos(math.radians(udeg / 1e6))) <= 11
