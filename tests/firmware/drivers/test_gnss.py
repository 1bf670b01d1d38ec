"""Whatever comes over the receiver's wire: nothing raises, a good fix after it is found; distances as the globe's."""

import math

from chips.buses import UART
from chips.clock import Clock
from chips.gnss import angle, sentence
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.gnss import Gnss, distance_m

LATITUDES = st.integers(-90_000_000, 90_000_000)
LONGITUDES = st.integers(-180_000_000, 180_000_000)
NOISE = st.one_of(
    st.binary(max_size=120),
    st.text("$GNRMCGA,.*0123456789NSEW\r\n", max_size=120).map(str.encode),
    st.text("0123456789,.ANSEW", max_size=60).map(lambda text: sentence("GNRMC," + text)),
)


@given(NOISE, LATITUDES, LONGITUDES)
@settings(deadline=None)
def test_a_good_fix_after_any_bytes_is_found(garbage, latitude, longitude):
    clock = Clock()
    uart = UART(clock, 9_600)
    driver = Gnss(uart)
    uart.arrive(garbage)
    clock.pass_ms(200)
    driver.poll(200)
    for channel in ("outside", "latitude", "longitude"):
        driver.read(channel)
    place = f"{angle(latitude, 2)},{'SN'[latitude >= 0]},{angle(longitude, 3)},{'WE'[longitude >= 0]}"
    uart.arrive(sentence("GNGGA,,,,,,1,08,0.9,,M,,M,,") + sentence("GNRMC,061530.00,A," + place + ",0.0,,221126,,,A"))
    clock.pass_ms(300)
    driver.poll(500)
    assert (driver.read("latitude"), driver.read("longitude")) == (latitude, longitude)


@given(st.integers(-70_000_000, 70_000_000), LONGITUDES, st.integers(-400_000, 400_000), st.integers(-400_000, 400_000))
@settings(deadline=None)
def test_distances_are_those_of_the_globe(latitude, longitude, down, across):
    here, there = math.radians(latitude / 1e6), math.radians((latitude + down) / 1e6)
    half = math.sin((there - here) / 2) ** 2
    half += math.cos(here) * math.cos(there) * math.sin(math.radians(across / 2e6)) ** 2
    true = 2 * 6_371_000 * math.asin(math.sqrt(half))
    other = (longitude + across + 180_000_000) % 360_000_000 - 180_000_000
    assert abs(distance_m(latitude, longitude, latitude + down, other) - true) <= true * 0.003 + 2
