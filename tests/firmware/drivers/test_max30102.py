"""The accuracy that the driver states, over pulses drawn at random; and no light that could make it raise."""

from chips.buses import I2C
from chips.clock import Clock
from chips.max30102 import MAX30102 as Chip
from chips.max30102 import Wrist
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.max30102 import MAX30102
from lilong_firmware.drivers.ppg import Ppg


@given(
    bpm=st.integers(40, 200), spo2=st.integers(70, 100), perfusion=st.integers(60, 400), noise=st.integers(0, 60),
    jitter=st.integers(0, 20), breath=st.integers(0, 6), seed=st.integers(0, 1 << 20),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_rate_is_within_3_and_the_oxygen_within_3_or_there_is_no_reading(
    bpm, spo2, perfusion, noise, jitter, breath, seed
):
    clock = Clock()
    bus = I2C(clock)
    bus.chips[0x57] = Chip(clock, Wrist(bpm, spo2, perfusion, noise, jitter, seed, breath))
    driver = MAX30102(bus)
    while clock.us < 25_000_000:
        driver.poll(clock.us // 1_000)
        clock.pass_us(100_000 - clock.us % 100_000)
    rate, oxygen = driver.read("heart_rate"), driver.read("spo2")
    assert rate is not None
    assert rate == 0 or abs(rate - bpm) <= 3
    assert oxygen == 0 or abs(oxygen - spo2) <= 3
    if perfusion >= 150 and noise <= 40:
        assert rate
        assert oxygen


@given(st.lists(st.tuples(st.integers(0, 0x3FFFF), st.integers(0, 0x3FFFF)), max_size=300))
@settings(deadline=None)
def test_no_light_makes_it_raise_or_answer_beyond_sense(light):
    ppg = Ppg()
    for ir, red in light:
        ppg.feed(ir, red)
        rate, oxygen = ppg.heart_rate(), ppg.oxygen()
        assert rate is None or 30 <= rate <= 240
        assert oxygen is None or 0 <= oxygen <= 100
