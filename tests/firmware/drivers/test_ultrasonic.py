"""Whatever comes over the wire of the A02YYUW: nothing raises, and five good frames after it are found."""

from chips.buses import UART
from chips.clock import Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.a02yyuw import A02YYUW


@given(st.binary(max_size=60), st.integers(30, 4_500))
@settings(deadline=None)
def test_good_frames_after_any_bytes_are_found(garbage, mm):
    clock = Clock()
    uart = UART(clock, 9_600)
    driver = A02YYUW(uart)
    uart.arrive(garbage)
    clock.pass_ms(80)
    driver.poll(80)
    water = driver.read("water")
    assert water is None or 30 <= water <= 4_500
    frame = bytes([0xFF, mm >> 8, mm & 0xFF, (0xFF + (mm >> 8) + (mm & 0xFF)) & 0xFF])
    uart.arrive(frame * 6)  # the first may have begun in the garbage
    clock.pass_ms(80)
    driver.poll(160)
    assert driver.read("water") == mm
