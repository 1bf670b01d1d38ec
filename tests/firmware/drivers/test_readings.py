"""Whatever is on an ADC, in a calibration record or on a pulse line: a reading is in its range or None, and rises."""

import contextlib
import itertools

from chips.clock import Clock
from chips.pins import PWM, Pin
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.bl0937 import Bl0937
from lilong_firmware.drivers.curve import between
from lilong_firmware.drivers.dimmer_pwm import DimmerPwm
from lilong_firmware.drivers.lamp_relay import LampRelay
from lilong_firmware.drivers.leakage import Leakage
from lilong_firmware.drivers.mq import Mq
from lilong_firmware.drivers.ntc import Ntc
from lilong_firmware.drivers.smoke_adc import SmokeAdc
from lilong_firmware.drivers.smoke_chamber import SmokeChamber

microvolts = st.integers(0, 5_500_000)


class Adc:
    """Each reading is the next of these, round and round."""

    def __init__(self, *uv: int) -> None:
        self._uv = uv
        self._at = 0

    def read_uv(self) -> int:
        self._at += 1
        return self._uv[self._at % len(self._uv)]


def _no_time(_us: int) -> None:
    pass


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 10_000)), min_size=2, max_size=12), st.data())
def test_a_curve_stays_between_its_points_and_rises_with_them(points, data):
    xs = sorted({x for x, _ in points})
    ys = sorted(y for _, y in points)[: len(xs)]
    table = tuple(number for pair in zip(xs, ys, strict=True) for number in pair)
    low, high = sorted(data.draw(st.lists(st.integers(-10, 6_000), min_size=2, max_size=2)))
    assert ys[0] <= between(table, low) <= between(table, high) <= ys[-1]
    for x, y in zip(xs, ys, strict=True):
        assert between(table, x) == y


@given(st.lists(microvolts, min_size=1, max_size=12), st.integers(0, 2), st.booleans())
def test_any_voltage_is_a_reading_in_range_or_none(uv, curve, warm):
    mq = Mq(Adc(*uv), curve=curve)
    mq.start(0)
    mq.poll(180_000 if warm else 0)
    for value, low, high in (
        (mq.read("gas"), 0, 1_000),
        (Ntc(Adc(*uv)).read("temperature"), -4_000, 12_500),
        (Leakage(Adc(*uv)).read("leakage"), 0, 300),
        (SmokeAdc(Adc(*uv)).read("obscuration"), 0, 1_000),
        (SmokeChamber(Adc(*uv), Pin(Clock()), ticks_us=int, sleep_us=_no_time).read("obscuration"), 0, 10_000),
    ):
        assert value is None or low <= value <= high
    if not warm:
        assert mq.read("gas") is not None


def _warm(adc):
    mq = Mq(adc)
    mq.start(0)
    mq.poll(180_000)
    return mq


@given(microvolts, microvolts)
def test_more_voltage_is_never_less_gas_smoke_or_leakage(one, other):
    less, more = sorted((one, other))
    for make, channel in ((_warm, "gas"), (Leakage, "leakage"), (SmokeAdc, "obscuration")):
        low, high = make(Adc(less)).read(channel), make(Adc(more)).read(channel)
        assert low is None or high is None or low <= high


@given(st.binary(max_size=24))
def test_a_record_is_taken_or_refused_and_a_reading_stays_in_range(record):
    pin = Pin(Clock())
    for make in (
        lambda: Mq(Adc(900_000), record=record),
        lambda: SmokeAdc(Adc(900_000), record=record),
        lambda: SmokeChamber(Adc(420_000, 20_000), pin, record=record, ticks_us=int, sleep_us=_no_time),
        lambda: Bl0937(pin, pin, pin, record=record, ticks_us=int),
    ):
        with contextlib.suppress(ValueError):
            value = make().read("any")
            assert value is None or 0 <= value <= 10_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("cf", "cf1", "wait", "poll")), st.integers(1, 400_000)), max_size=60))
def test_any_pulses_are_a_measure_or_none(happenings):
    clock = Clock()
    pins = {"cf": Pin(clock), "cf1": Pin(clock)}
    meter = Bl0937(pins["cf"], pins["cf1"], Pin(clock, Pin.OUT), ticks_us=clock.ticks_us)
    for what, us in happenings:
        if what in pins:
            for _ in range(us % 40):
                pins[what].drive(1)
                clock.pass_us(us % 977)
                pins[what].drive(0)
        else:
            clock.pass_us(us)
        meter.poll(clock.us // 1000)
        for channel in ("power", "voltage", "current", "power_factor"):
            value = meter.read(channel)
            assert value is None or value >= 0
        assert (meter.read("power_factor") or 0) <= 100


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5_000)), max_size=20), st.integers(0, 1),
       st.integers(0, 50), st.integers(0, 3_000))  # fmt: skip
def test_after_any_commands_a_lamp_is_fed_exactly_when_it_is_lit_and_at_its_last_level(commands, curve, least, fade_ms):
    clock = Clock()
    pwm, relay = PWM(clock), Pin(clock, Pin.OUT)
    dimmer = DimmerPwm(pwm, relay, curve=curve, least_percent=least, fade_ms=fade_ms)
    now = 0
    level = 100
    for level, wait in commands:
        dimmer.drive("lamp", level)
        for _ in range(wait // 100):
            now += 100
            dimmer.poll(now)
            assert relay.level or not pwm.duty_u16()
    for _ in range(2):
        now += 3_001
        dimmer.poll(now)
    assert relay.level == int(level > 0)
    floor = least * 655 if level else 0
    assert pwm.duty_u16() >= floor
    if curve == 0:
        assert abs(pwm.duty_u16() - max(level, least if level else 0) * 65_535 // 100) <= 1


@given(st.lists(st.integers(0, 30), max_size=20))
def test_a_relay_is_told_only_when_it_changes(edges):
    clock = Clock()
    sense = Pin(clock, Pin.IN, Pin.PULL_UP)
    relay = LampRelay(sense)
    told = []
    for count in edges:
        for _ in range(count):
            sense.drive(0)
            sense.drive(None)
        relay.poll(0)
        if event := relay.take():
            told.append(event[1])
    assert all(a != b for a, b in itertools.pairwise(told))
