"""Deep sleep: a device that sleeps tells what one that stays awake tells, in time, once, and with few wakings."""

from itertools import pairwise

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware import sleep
from lilong_protocol import frame
from sleepy import Sleeper

SLEEPS = {"manhole": {}, "smoke": {}, "wristband": {"worn": 0, "motion": 0}}
WAKE_TO_SYSTEM = 30 * SECOND  # GB/T 41401-2022
BOOT = 300


def asleep(kind, **options):
    """One that has told its birth and sleeps."""
    host = Sleeper(kind, values=SLEEPS[kind], beat_s=86_400, **options)
    host.run(MINUTE)
    assert host.asleep
    return host


def stored_at(host, code, state="stored"):
    return [at for at, what, which in host.notes if (what, which) == (state, code)]


# ---- what a day costs


@pytest.mark.parametrize(
    ("kind", "period", "wakes", "awake_s"),
    [
        ("manhole", 25 * SECOND, 3_456, 1_115),
        ("smoke", 4 * SECOND, 21_600, 6_930),
        ("wristband", 30 * SECOND, 2_880, 1_000),
    ],
)
def test_a_calm_day_has_a_waking_for_each_look_and_one_start_for_the_beat(kind, period, wakes, awake_s):
    host = asleep(kind)
    host.run(DAY)
    before, starts, awake_ms = len(host.wakes), len(host.starts), host.awake_ms
    host.run(DAY)
    assert wakes - 2 <= len(host.wakes) - before <= wakes + 2
    assert len(host.starts) - starts <= 2, "the beat, and a battery or a day of service that is due"
    assert host.awake_ms - awake_ms <= awake_s * SECOND
    assert all(after - at <= period + 5 * SECOND for at, after in pairwise(host.wakes))


@pytest.mark.spec("LIL-SESSION-003", "LIL-SESSION-018")
def test_beats_come_at_their_times_though_each_is_another_boot():
    host = asleep("manhole")
    host.run(5 * DAY)
    births = host.once(frame.BIRTH)
    assert [later.at - birth.at for birth, later in pairwise(births[1:])] == [DAY] * 4
    assert [birth.frame.boot for birth in births] == list(range(1, len(births) + 1))


def test_the_backend_is_told_how_long_it_was_awake_on_the_last_full_day():
    host = asleep("manhole")
    host.run(2 * DAY)
    values = host.once(frame.BIRTH)[-1].body[7]
    assert values[codes.Q_WAKES] in range(3_446, 3_466)
    assert values[codes.Q_AWAKE] in range(1_100, 1_120)
    assert codes.Q_AWAKE not in host.once(frame.BIRTH)[0].body[7], "nobody knows yet"


# ---- in time


@pytest.mark.parametrize(
    ("channel", "value", "code"),
    [
        ("tilt", 150, codes.ALARM_MANHOLE_MOVED),
        ("water", 50, codes.ALARM_MANHOLE_OVERFULL),
        ("water", 400, codes.ALARM_MANHOLE_LEVEL),
        ("gas", 120, codes.ALARM_MANHOLE_GAS),
        ("h2s", 80, codes.ALARM_MANHOLE_GAS),
    ],
)
@pytest.mark.parametrize("late", [0, 1, 24_999])
def test_a_cover_that_sleeps_has_told_and_stored_within_thirty_seconds(channel, value, code, late):
    host = asleep("manhole", latency=500)
    host.run(late)
    at = host.now
    host.set(channel, value)
    host.run(WAKE_TO_SYSTEM)
    assert stored_at(host, code)[0] - at <= WAKE_TO_SYSTEM


def test_a_blow_wakes_a_cover_at_once_and_is_not_lost():
    host = asleep("manhole")
    host.set("shock", 900)
    host.set("tilt", 60)  # not tilted far, but it lies otherwise
    host.run(BOOT + SECOND)
    assert [at - host.starts[-1] <= SECOND for at in stored_at(host, codes.ALARM_MANHOLE_MOVED)] == [True]


def test_a_press_shorter_than_the_boot_calls():
    host = asleep("wristband")
    host.set("sos", 1)
    host.run(50)
    host.set("sos", 0)
    host.run(BOOT + SECOND)
    assert len(stored_at(host, codes.ALARM_BAND_SOS)) == 1
    assert host.outputs["buzzer"]


def test_smoke_in_a_detector_that_sleeps_sounds_after_two_samples_and_the_boot():
    host = asleep("smoke")
    at = host.now
    host.set("obscuration", 900)
    host.run(8 * SECOND + 2 * BOOT)
    assert host.outputs["sounder"]
    assert next(then for then, value in host.switched("sounder") if value) - at <= 8 * SECOND + BOOT


def test_no_device_sleeps_while_its_sounder_or_buzzer_is_on():
    smoke, band = asleep("smoke"), asleep("wristband")
    smoke.set("obscuration", 900)
    band.set("sos", 1)
    for host in (smoke, band):
        host.acks = 1
        host.run(10 * HOUR)
        assert not host.asleep
        assert any(host.outputs.values())


def test_a_band_that_is_put_on_wakes_tells_it_and_stays_awake():
    host = asleep("wristband")
    host.set("worn", 1)
    host.set("motion", 1)
    host.run(MINUTE)
    assert len(host.events(codes.EVENT_BAND_WORN)) == 1
    host.run(HOUR)
    assert not host.asleep


def test_a_band_that_is_moved_about_off_the_wrist_sleeps_on():
    host = asleep("wristband")
    starts = len(host.starts)
    for motion in (1, 0, 1, 0):
        host.set("motion", motion)
        host.run(SECOND)
    assert len(host.starts) == starts
    assert host.asleep


def test_a_band_left_off_the_wrist_raises_after_a_quarter_of_an_hour_asleep():
    host = Sleeper("wristband", values={"worn": 1, "motion": 0}, beat_s=86_400)
    host.run(MINUTE)
    host.sense("worn", 0)
    off_at = host.now
    host.run(MINUTE)
    assert host.asleep
    host.run(15 * MINUTE)
    raised = [at for at, what, code in host.notes if (what, code) == ("raised", codes.ALARM_BAND_REMOVED)]
    assert len(raised) == 1
    assert 0 <= raised[0] - off_at - 15 * MINUTE <= SECOND


def test_a_sensor_that_falls_silent_in_sleep_is_told_and_so_is_its_return():
    host = asleep("manhole")
    host.set("water", None)
    host.run(30 * SECOND)
    assert host.raised(codes.ALARM_SENSOR_FAULT)
    assert host.asleep, "with a sensor that is silent it sleeps too"
    host.set("water", 2_000)
    host.run(30 * SECOND)
    assert [at for at, what, code in host.notes if (what, code) == ("cleared", codes.ALARM_SENSOR_FAULT)]


def test_either_gas_keeps_the_alarm_of_a_cover_that_sleeps():
    host = asleep("manhole")
    host.set("gas", 200)
    host.set("h2s", 200)
    host.run(2 * HOUR)
    assert host.asleep
    host.set("gas", 0)
    host.run(HOUR)
    assert not stored_at(host, codes.ALARM_MANHOLE_GAS, "restored")
    host.set("h2s", 0)
    host.run(MINUTE)
    assert len(stored_at(host, codes.ALARM_MANHOLE_GAS, "restored")) == 1


# ---- what goes on over a sleep


def test_dust_counts_a_day_and_years_of_service_their_days_through_all_sleeps():
    host = asleep("smoke")
    host.set("obscuration", 120)
    host.run(DAY + MINUTE)
    assert host.raised(codes.ALARM_SENSOR_FAULT)
    host.run(9 * DAY)
    assert host.device is None
    assert host.once(frame.BIRTH)[-1].body[7][codes.Q_SERVICE_DAYS] in (9, 10)


def test_an_open_alarm_keeps_it_awake_for_an_hour_once_and_not_at_each_beat():
    host = asleep("manhole")
    host.set("water", 50)
    host.run(50 * MINUTE)
    assert not host.asleep
    host.run(20 * MINUTE)
    assert host.asleep
    before = host.awake_ms
    host.run(DAY)
    assert host.awake_ms - before < HOUR


def test_without_a_network_it_tries_after_one_two_four_and_eight_minutes_and_sleeps_between():
    host = asleep("manhole")
    host.cut()
    host.set("water", 50)
    host.run(HOUR)
    starts = [at for at in host.starts if at > MINUTE]
    gaps = [later - at for at, later in pairwise(starts)]
    for gap, wanted in zip(gaps, (60, 120, 240, 480, 480), strict=False):
        assert wanted * SECOND <= gap <= wanted * SECOND + 20 * SECOND
    host.heal()
    host.run(10 * MINUTE)
    assert len(host.raised(codes.ALARM_MANHOLE_OVERFULL)) == 1
    assert stored_at(host, codes.ALARM_MANHOLE_OVERFULL)


def test_an_event_that_waits_in_ram_is_told_after_the_sleep():
    host = Sleeper("wristband", values={"worn": 1, "motion": 0}, beat_s=86_400)
    host.run(MINUTE)
    host.cut()
    host.sense("worn", 0)
    host.run(10 * MINUTE)
    assert host.asleep
    host.heal()
    host.run(2 * HOUR)
    assert len(host.events(codes.EVENT_BAND_TAKEN_OFF)) == 1


def test_what_a_flash_did_not_take_keeps_the_device_awake():
    store = FullStore(room=1)
    host = Sleeper("manhole", store=store, beat_s=86_400)
    host.run(MINUTE)
    host.cut()
    host.set("water", 50)
    host.run(HOUR)
    assert not host.asleep
    host.heal()
    host.run(5 * MINUTE)
    assert stored_at(host, codes.ALARM_MANHOLE_OVERFULL)


def test_wall_time_goes_on_over_a_short_sleep_and_is_dropped_after_a_long_one():
    host = asleep("manhole")
    host.set("shock", 900)
    host.set("tilt", 60)
    host.run(2 * SECOND)
    short = host.raised(codes.ALARM_MANHOLE_MOVED)[0].frame
    assert abs(short.epoch - (1_800_000_000_000 + host.starts[-1])) <= SECOND
    assert short.quality == 2, "a minute by an oscillator that is off by a hundredth"
    late = asleep("manhole")
    late.run(20 * HOUR)
    late.set("water", 50)
    late.times = False
    late.run(30 * SECOND)
    assert late.raised(codes.ALARM_MANHOLE_OVERFULL)[0].frame.epoch is None


def test_a_clock_that_has_jumped_makes_it_a_cold_start():
    for jump in (-HOUR, 100 * DAY):
        host = asleep("manhole")
        host.asleep = False
        host._slept += 1
        host.now += jump
        host._look(host._slept)
        assert host.device is not None
        assert host._kept is None


def test_after_the_power_has_gone_it_is_a_cold_start():
    host = asleep("smoke")
    host.set("obscuration", 900)
    host.power_cut()
    host.run(9 * SECOND)
    assert host.outputs["sounder"]


# ---- calm is exact


@pytest.mark.parametrize("kind", sorted(SLEEPS))
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_value_is_calm_exactly_if_a_sample_of_it_would_change_nothing(kind, data):
    host = Host(kind, values=SLEEPS[kind], beat_s=86_400)
    wild = st.sampled_from((0, 1, 19, 20, 24, 25, 49, 50, 70, 99, 100, 115, 150, 184, 230, 231, 300, 500, 600, 2_000))
    sampled = [name for name, period, _ in host.kind.CHANNELS if period and name != "accel"]
    if kind == "manhole" and data.draw(st.booleans()):
        host.set("tilt", data.draw(st.sampled_from((0, 20, 70))))
        host.order(codes.CMD_RESET)  # it lies like this from now on
        host.set("tilt", data.draw(st.sampled_from((101, 150, 900))))
        host.run(MINUTE)
    for _ in range(data.draw(st.integers(0, 4))):
        host.set(data.draw(st.sampled_from(sampled)), data.draw(st.one_of(wild, st.none())))
        host.run(data.draw(st.sampled_from((SECOND, MINUTE, 5 * MINUTE))))
        if data.draw(st.booleans()):
            host.order(codes.CMD_RESET)
    host.run(2 * HOUR)
    device = host.device
    if not sleep.may_sleep(device, host.uptime(), any(host.outputs.values())):
        return
    kept = sleep.keep(device, host.uptime(), host.now, None, 0)
    for watch in kept.watched:
        present = device.sampling.values[watch.channel]
        silent = device.faults >> watch.channel & 1
        assert watch.calm(None) == bool(silent)
        if silent or not watch.period_ms:
            assert watch.calm(present) != bool(silent)
            continue
        edges = {watch.low - 1, watch.low, watch.high, watch.high + 1, present, data.draw(wild)}
        for value in edges & set(range(-1, 100_000)):
            device.sampling.values[watch.channel] = value
            quiet = device.rules.quiet(watch.channel, value)
            coupled = kind == "manhole" and watch.channel in (3, 4) and device.active(codes.ALARM_MANHOLE_GAS)
            assert quiet or not watch.calm(value)
            assert coupled or watch.calm(value) == quiet
        device.sampling.values[watch.channel] = present


@pytest.mark.parametrize(
    ("kind", "period", "low"), [("wristband", 10 * MINUTE, 19), ("smoke", DAY, 10), ("manhole", DAY, 19)]
)
def test_a_battery_that_runs_low_in_sleep_is_told_within_its_period(kind, period, low):
    host = asleep(kind)
    host.set("battery", low)
    host.run(period + MINUTE)
    assert len(host.raised(codes.ALARM_BATTERY_LOW)) == 1
