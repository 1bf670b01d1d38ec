"""Valves under any order of words, hands, jams and late loops: no coil burns, no bridge burns, and shut means shut."""

from chips.clock import Clock
from chips.pins import Pin
from chips.valve import Ball, Latching
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.valve import Valve
from lilong_firmware.drivers.valve_motor import MotorValve

LATE_MS = 60
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("drive"), st.integers(0, 1)),
        st.tuples(st.just("run"), st.integers(1, 20_000)),
        st.tuples(st.just("stick"), st.integers(0, 3)),
        st.tuples(st.just("hand"), st.integers(0, 1_000)),
    ),
    max_size=12,
)


def _run(clock, driver, ms, check):
    until = clock.us + ms * 1_000
    late = 20
    while clock.us < until:
        driver.poll(clock.us // 1_000)
        check()
        clock.pass_ms(late)
        late = LATE_MS if late == 20 else 20


@given(ACTIONS)
@settings(max_examples=60, deadline=None)
def test_the_latching_valve(actions):
    clock = Clock()
    coil, position = Pin(clock, Pin.OUT), Pin(clock, Pin.IN, Pin.PULL_UP)
    valve = Latching(clock, coil, position)
    driver = Valve(coil, position)
    wanted = 0
    for what, value in [*actions, ("stick", 0)]:
        if what == "drive":
            driver.drive("valve", value)
            wanted = value
        elif what == "run":
            _run(clock, driver, value, lambda: None)
        elif what == "stick":
            valve.stuck = value
        else:
            valve.by_hand()
    _run(clock, driver, 130_000, lambda: None)
    assert all(100 <= ms <= 100 + 2 * LATE_MS for ms in valve.pulses_ms)
    assert coil() == 0
    if wanted:
        assert valve.closed
        assert driver.read("valve") == 1
        assert not driver.failed
    else:
        assert driver.read("valve") == int(valve.closed)


@given(ACTIONS)
@settings(max_examples=60, deadline=None)
def test_the_motor_valve(actions):
    clock = Clock()
    closing, opening = Pin(clock, Pin.OUT), Pin(clock, Pin.OUT)
    ends = Pin(clock, Pin.IN, Pin.PULL_UP), Pin(clock, Pin.IN, Pin.PULL_UP)
    valve = Ball(clock, closing, opening, *ends)
    driver = MotorValve(closing, opening, *ends)
    wanted = 0

    def check():
        assert not (closing() and opening())

    for what, value in [*actions, ("stick", 0), ("drive", 1)]:
        if what == "drive":
            driver.drive("valve", value)
            wanted = value
        elif what == "run":
            _run(clock, driver, value, check)
        elif what == "stick":
            valve.jam = 500 if value else None
        else:
            valve.at = value
            valve._show()
        check()
    assert wanted == 1
    _run(clock, driver, 90_000, check)
    assert not valve.burnt
    assert driver.read("valve") == 1
    assert not driver.failed
    assert closing() == opening() == 0
