"""Whatever comes over the wire of the ZE03: nothing raises, and good frames after it are found."""

from chips.buses import UART
from chips.clock import Clock
from chips.ze03 import checksum
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.ze03 import ZE03


@given(st.binary(max_size=80), st.integers(0, 100))
@settings(deadline=None)
def test_good_frames_after_any_bytes_are_found(garbage, ppm):
    clock = Clock()
    uart = UART(clock, 9_600)
    driver = ZE03(uart)
    uart.arrive(garbage)
    clock.pass_ms(100)
    driver.poll(100)
    h2s = driver.read("h2s")
    assert h2s is None or 0 <= h2s <= 1_200
    frame = bytes([0xFF, 0x86, 0, ppm, 0, 0, 0, 0])
    uart.arrive((frame + bytes([checksum(frame + b"\0")])) * 3)
    clock.pass_ms(100)
    driver.poll(200)
    assert driver.read("h2s") == ppm * 10
