"""The pulse meter: a lamp, no load, a broken line, handlers that allocate nothing."""

from chips.bl0937 import BL0937, HLW8012
from chips.bl0937 import Bl0937 as Model
from chips.clock import Clock
from chips.pins import Pin
from lilong_firmware.drivers.bl0937 import Bl0937, Pulses

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython has no such thing

    def heap_lock():
        pass

    heap_unlock = heap_lock

CHANNELS = ("voltage", "current", "power", "power_factor")


def _meter(us=0, chip=BL0937, **arguments):
    clock = Clock(us)
    cf, cf1, sel = Pin(clock), Pin(clock), Pin(clock, Pin.OUT)
    model = Model(clock, cf, cf1, sel, chip=chip)
    return clock, model, Bl0937(cf, cf1, sel, ticks_us=clock.ticks_us, **arguments), (cf, cf1)


def _run(clock, meter, ms):
    for _ in range(ms // 50):
        meter.poll(clock.us // 1000)
        clock.pass_ms(50)


def _near(value, true, per_mille):
    return value is not None and abs(value - true) <= true * per_mille / 1000 + 1


def _lamp(model, watts=60.0, factor=0.93):
    model.factor = factor
    model.amperes = watts / model.volts / factor


def test_a_lamp_is_measured_within_a_percent():
    for volts, watts, factor in ((220.0, 60.0, 0.93), (198.0, 60.0, 0.95), (235.4, 12.0, 0.8), (220.0, 200.0, 0.99)):
        clock, model, meter, _ = _meter()
        model.volts = volts
        _lamp(model, watts, factor)
        _run(clock, meter, 5_500)
        assert _near(meter.read("voltage"), volts * 10, 5), meter.read("voltage")
        assert _near(meter.read("current"), model.amperes * 1000, 5), meter.read("current")
        assert _near(meter.read("power"), watts * 10, 10), meter.read("power")
        assert abs(meter.read("power_factor") - factor * 100) <= 2, meter.read("power_factor")


def test_nothing_is_known_before_the_first_windows_and_all_after_2600_ms():
    clock, model, meter, _ = _meter()
    _lamp(model)
    assert [meter.read(name) for name in CHANNELS] == [None] * 4
    _run(clock, meter, 1_350)
    assert meter.read("voltage") is not None
    assert meter.read("power") is None
    _run(clock, meter, 1_300)
    assert None not in [meter.read(name) for name in CHANNELS]


def test_no_load_is_0_and_the_voltage_stays():
    clock, model, meter, _ = _meter()
    _lamp(model)
    _run(clock, meter, 3_000)
    model.amperes = 0.0
    _run(clock, meter, 6_000)
    assert _near(meter.read("voltage"), 2_200, 5)
    assert [meter.read(name) for name in CHANNELS[1:]] == [0, 0, 0]
    model.amperes, model.factor = 0.03, 0.1  # the filter of a driver that is off
    _run(clock, meter, 6_000)
    assert meter.read("power") <= 10
    assert _near(meter.read("current"), 30, 60)


def test_the_mains_gone_is_0_volt():
    clock, model, meter, _ = _meter()
    _lamp(model)
    _run(clock, meter, 3_000)
    model.volts = 0.0
    _run(clock, meter, 6_000)
    assert [meter.read(name) for name in CHANNELS] == [0, 0, 0, 0] or meter.read("voltage") == 0


def test_a_broken_line_gives_no_power_but_the_voltage():
    clock, model, meter, (cf, cf1) = _meter()
    _lamp(model)
    _run(clock, meter, 3_000)
    cf.stick(0)
    _run(clock, meter, 6_000)
    assert meter.read("power") is None
    assert _near(meter.read("voltage"), 2_200, 5)
    cf.stick(None)
    cf1.stick(1)
    _run(clock, meter, 6_000)
    assert meter.read("power") is None
    assert meter.read("voltage") == 0
    cf1.stick(None)
    _run(clock, meter, 6_000)
    assert _near(meter.read("power"), 600, 10)


def test_trimming_shunt_and_divider_count():
    clock, model, meter, _ = _meter(record=b"\x04\x4c\x03\x84\x04\xb0")  # 1,100, 900 and 1,200 per mille
    _lamp(model)
    _run(clock, meter, 5_500)
    assert _near(meter.read("power"), 660, 10)
    assert _near(meter.read("voltage"), 1_980, 5)
    assert _near(meter.read("current"), model.amperes * 1200, 5)
    clock, model, meter, _ = _meter(shunt_uohm=2_000, divider=3_762)
    _lamp(model)
    _run(clock, meter, 5_500)
    assert _near(meter.read("power"), 600, 10)
    assert _near(meter.read("voltage"), 4_400, 5)


def test_an_hlw8012_is_a_matter_of_its_record():
    clock, model, meter, _ = _meter(chip=HLW8012, record=b"\x13\xf1\x08\x95\x04\x65")  # 5,105, 2,197, 1,125 per mille
    _lamp(model)
    _run(clock, meter, 5_500)
    assert _near(meter.read("voltage"), 2_200, 5)
    assert _near(meter.read("current"), model.amperes * 1000, 5)
    assert _near(meter.read("power"), 600, 10)


def test_ticks_that_wrap_in_a_window_change_nothing():
    clock, model, meter, _ = _meter((1 << 30) - 1_900_000)
    _lamp(model)
    _run(clock, meter, 3_000)
    assert _near(meter.read("power"), 600, 10)
    assert _near(meter.read("voltage"), 2_200, 5)


def test_noise_that_no_mains_makes_is_not_a_measure():
    clock, _, meter, (_, cf1) = _meter()
    _run(clock, meter, 300)
    for _ in range(20_000):
        cf1.drive(1)
        cf1.drive(0)
        clock.pass_us(50)
        meter.poll(clock.us // 1000)
    _run(clock, meter, 400)
    assert meter.read("voltage") is None


def test_the_interrupt_handler_allocates_nothing():
    clock = Clock()
    pin = Pin(clock)
    pulses = Pulses(pin, lambda: 5)
    edge = pulses._edge
    heap_lock()
    try:
        edge(pin)
        edge(pin)
    finally:
        heap_unlock()
    assert pulses.periods(pulses.begin()) == 1


def test_arguments_that_cannot_be_are_refused():
    clock = Clock()
    message = ""
    try:
        Bl0937(Pin(clock), Pin(clock), Pin(clock, Pin.OUT), 0, ticks_us=clock.ticks_us)
    except ValueError as error:
        message = str(error)
    assert "shunt_uohm" in message
