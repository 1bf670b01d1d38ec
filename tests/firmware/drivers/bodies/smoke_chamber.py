"""The photoelectric chamber: pulses, calibration, drift, faults."""

import struct

from chips.clock import Clock
from chips.pins import ADC, Pin
from chips.smoke_chamber import SmokeChamber as Model
from lilong_firmware.drivers.smoke_chamber import DRIFT_MOST_MDB, SmokeChamber


def _chamber(noise_lsb=0, **model):
    clock = Clock()
    led = Pin(clock, Pin.OUT)
    chamber = Model(clock, led, **model)
    adc = ADC(chamber.uv, noise_lsb, bits=16)
    return chamber, SmokeChamber(adc, led, ticks_us=clock.ticks_us, sleep_us=clock.sleep_us), led


def _refused(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except ValueError as error:
        return str(error)
    return ""


def test_obscuration_follows_the_smoke():
    model, smoke, led = _chamber(noise_lsb=8)
    for mdb in (0, 5, 115, 230, 345, 800):
        model.mdb = mdb
        assert abs(smoke.read("obscuration") - mdb) <= 2, mdb
        assert led.level == 0


def test_no_pulse_is_longer_than_200_us_and_a_reading_takes_less_than_4_ms():
    model, smoke, _ = _chamber()
    smoke.read("obscuration")
    assert 100 <= model.longest_us() <= 200
    assert model.clock.us <= 4_000


def test_a_pulse_that_an_interrupt_stretched_is_taken_again():
    model, smoke, led = _chamber()
    model.mdb = 100
    stretched = []

    def stretch(level):
        if level and not stretched:
            stretched.append(1)
            model.late_us = 900
            model.mdb = 3_000  # what it sees then is not believed
        elif not level:
            model.mdb = 100

    led.watch(stretch)
    assert abs(smoke.read("obscuration") - 100) <= 1


def test_an_adc_of_100_us_will_do_and_one_that_would_stretch_each_pulse_is_a_fault():
    model, smoke, led = _chamber()
    model.mdb = 100
    model.conversion_us = 100
    assert abs(smoke.read("obscuration") - 100) <= 1
    assert model.longest_us() <= 200
    model.conversion_us = 150
    assert smoke.read("obscuration") is None
    assert led.level == 0


def test_a_flash_of_light_in_one_pulse_changes_nothing():
    model, smoke, led = _chamber()
    seen = []

    def flash(level):
        if level:
            seen.append(1)
            model.flash_uv = 900_000 if len(seen) == 2 else 0

    led.watch(flash)
    assert smoke.read("obscuration") == 0


def test_room_light_is_taken_off_until_it_is_too_much():
    model, smoke, _ = _chamber()
    model.mdb = 230
    for ambient in (0, 500_000, 1_500_000):
        model.ambient_uv = ambient
        assert abs(smoke.read("obscuration") - 230) <= 1
    model.ambient_uv = 2_000_000
    assert smoke.read("obscuration") is None
    model.ambient_uv = 0
    assert abs(smoke.read("obscuration") - 230) <= 1


def test_a_chamber_without_light_reads_none():
    model, smoke, led = _chamber(noise_lsb=8)
    for fault in ("led open", "led on", "photodiode"):
        model.fault = fault
        assert smoke.read("obscuration") is None, fault
        assert led.level == 0
        model.fault = None
        assert smoke.read("obscuration") <= 2


def test_so_much_smoke_that_the_amplifier_is_full_is_not_a_fault():
    model, smoke, _ = _chamber()
    model.mdb = 9_000
    assert smoke.read("obscuration") == 10_000


def test_an_adc_that_fails_in_a_pulse_leaves_no_light_on():
    clock = Clock()
    led = Pin(clock, Pin.OUT)

    class Failing:
        def read_uv(self):
            if led.level:
                raise OSError(5)
            return 0

    smoke = SmokeChamber(Failing(), led, ticks_us=clock.ticks_us, sleep_us=clock.sleep_us)
    assert smoke.read("obscuration") is None
    assert led.level == 0


def test_calibration_in_clean_air_finds_the_zero():
    model, smoke, _ = _chamber(zero_uv=410_000)
    assert abs(smoke.read("obscuration") - 105) <= 1
    record = smoke.calibrate()
    assert abs(smoke.zero_uv - 410_000) <= 200
    assert record == smoke.record()
    assert smoke.read("obscuration") == 0
    model.fault = "led open"
    assert smoke.calibrate() is None
    model.fault = None
    assert smoke.read("obscuration") == 0


def test_the_zero_follows_dust_by_1_mdb_an_hour_and_no_further_than_57():
    model, smoke, _ = _chamber()
    model.mdb = 20
    before = smoke.read("obscuration")
    smoke.poll(0)
    assert smoke.read("obscuration") == before - 1
    for _ in range(40):
        smoke.poll(0)
        smoke.read("obscuration")
    assert smoke.read("obscuration") <= 1
    for mdb in range(20, 180):
        model.mdb = mdb
        smoke.read("obscuration")
        smoke.poll(0)
    assert smoke.drift_uv == DRIFT_MOST_MDB * 2_000
    model.mdb = 57 + 115
    assert abs(smoke.read("obscuration") - 115) <= 1  # dust that the rules will see


def test_the_zero_follows_an_ageing_led_down_again():
    model, smoke, _ = _chamber()
    model.zero_uv = 160_000
    for _ in range(40):
        assert smoke.read("obscuration") == 0
        smoke.poll(0)
    assert smoke.drift_uv == -40_000
    model.mdb = 100
    assert abs(smoke.read("obscuration") - 100) <= 1


def test_a_fire_that_grows_by_a_quarter_of_the_trip_level_an_hour_is_seen_in_time():
    model, smoke, _ = _chamber()
    for hour in range(6):
        model.mdb = hour * 57
        value = smoke.read("obscuration")
        smoke.poll(0)
    assert value > 230


def test_the_zero_does_not_follow_without_a_reading_or_with_a_fault():
    model, smoke, _ = _chamber()
    smoke.poll(0)
    assert smoke.drift_uv == 0
    model.fault = "photodiode"
    smoke.read("obscuration")
    smoke.poll(0)
    assert smoke.drift_uv == 0


def test_a_record_that_cannot_be_is_refused_and_drift_is_held_to_its_limit():
    clock = Clock()
    led = Pin(clock, Pin.OUT)
    adc = ADC(lambda: 0)
    for zero_uv, gain_uv in ((0, 2_000), (2_000_000, 2_000), (200_000, 1)):
        assert "calibrate" in _refused(SmokeChamber, adc, led, zero_uv, gain_uv, None, clock.ticks_us, clock.sleep_us)
    assert "record" in _refused(SmokeChamber, adc, led, 200_000, 2_000, bytes(11), clock.ticks_us, clock.sleep_us)
    assert "calibrate" in _refused(SmokeChamber, adc, led, 200_000, 2_000, bytes(12), clock.ticks_us, clock.sleep_us)
    record = struct.pack(">IIi", 300_000, 1_000, 900_000)
    held = SmokeChamber(adc, led, 200_000, 2_000, record, clock.ticks_us, clock.sleep_us)
    assert (held.zero_uv, held.gain_uv, held.drift_uv) == (300_000, 1_000, 57 * 1_000)


def test_a_record_keeps_the_drift_over_a_restart():
    model, smoke, led = _chamber()
    model.zero_uv = 180_000
    for _ in range(5):
        smoke.read("obscuration")
        smoke.poll(0)
    assert smoke.drift_uv == -10_000
    clock = model.clock
    again = SmokeChamber(ADC(model.uv, bits=16), led, 1, 1, smoke.record(), clock.ticks_us, clock.sleep_us)
    assert again.record() == smoke.record()
    model.mdb = 50
    assert again.read("obscuration") == smoke.read("obscuration") == 45
