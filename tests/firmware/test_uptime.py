"""Uptime only grows, however often the port's tick counter wraps."""

from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.uptime import Uptime

WRAP = 1 << 30


class Ticks:
    """The tick counter of a port: `ticks_ms` and `ticks_diff` as MicroPython has them."""

    def __init__(self, first):
        self.now = first

    def ms(self):
        return self.now % WRAP

    @staticmethod
    def diff(a, b):
        return (a - b + WRAP // 2) % WRAP - WRAP // 2


@given(first=st.integers(0, WRAP - 1), steps=st.lists(st.integers(0, WRAP // 2 - 1), max_size=20))
def test_uptime_is_the_time_since_power_on(first, steps):
    ticks = Ticks(first)
    uptime = Uptime(ticks.ms, ticks.diff)
    for step in steps:
        ticks.now += step
        assert uptime() == ticks.now - first
