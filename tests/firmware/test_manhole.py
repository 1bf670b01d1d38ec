"""The manhole cover's rules."""

from itertools import pairwise

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

MOVED, LEVEL, OVERFULL, GAS = (
    codes.ALARM_MANHOLE_MOVED, codes.ALARM_MANHOLE_LEVEL, codes.ALARM_MANHOLE_OVERFULL, codes.ALARM_MANHOLE_GAS,
)  # fmt: skip


def cover(values=None, **options):
    host = Host("manhole", values, **options)
    host.run(10 * SECOND)
    return host


def raised_at(host, code):
    return [at for at, what, known in host.notes if what == "raised" and known == code]


# ---- attitude


@pytest.mark.parametrize("phase", range(0, 500, 70))
def test_tilted_above_ten_degrees_for_two_seconds_is_moved(phase):
    host = cover()
    host.run(phase)
    host.set("tilt", 101)
    tilted = host.now
    host.run(3 * SECOND)
    assert 2 * SECOND <= raised_at(host, MOVED)[0] - tilted <= 2_500


def test_ten_degrees_are_not():
    host = cover()
    host.set("tilt", 100)
    host.run(HOUR)
    assert not host.notes


def test_a_wheel_that_rocks_it_does_not_move_it():
    host = cover()
    for _ in range(5):
        host.set("tilt", 300)
        host.run(1_900)
        host.set("tilt", 0)
        host.run(SECOND)
    assert not host.notes


def test_a_shock_with_a_new_attitude_is_moved_at_once():
    host = cover()
    host.sense("tilt", 51)
    host.run(MINUTE)
    host.sense("shock", 501)
    assert raised_at(host, MOVED) == [host.now]


def test_tilted_soon_after_a_shock_is_moved_at_the_next_look():
    host = cover()
    host.sense("shock", 900)
    host.run(5 * SECOND)
    host.set("tilt", 60)
    host.run(SECOND)
    assert raised_at(host, MOVED)


@pytest.mark.parametrize(("shock", "tilt"), [(500, 51), (501, 50)])
def test_neither_a_light_shock_nor_a_small_tilt_is(shock, tilt):
    host = cover()
    host.set("tilt", tilt)
    host.sense("shock", shock)
    host.run(HOUR)
    assert not host.notes


def test_a_tilt_long_after_a_shock_is_no_consequence_of_it():
    host = cover()
    host.sense("shock", 900)
    host.run(11 * SECOND)
    host.set("tilt", 60)
    host.run(HOUR)
    assert not host.notes


def test_moved_ends_when_it_has_lain_again_for_a_minute():
    host = cover()
    host.set("tilt", 300)
    host.run(10 * SECOND)
    host.set("tilt", 51)
    host.run(HOUR)
    assert host.device.active(MOVED)
    host.set("tilt", 50)
    host.run(59 * SECOND)
    assert host.device.active(MOVED)
    host.run(2 * SECOND)
    assert not host.device.active(MOVED)
    assert not host.once(frame.CLEAR)
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.once(frame.CLEAR, MOVED)


def test_after_a_reset_it_lies_as_it_lies():
    host = cover()
    host.set("tilt", 40)
    host.sense("shock", 900)
    host.set("water", 90)
    host.run(11 * SECOND)
    host.set("water", 2_000)
    host.run(11 * SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK
    host.set("tilt", 60)
    host.sense("shock", 900)
    host.run(MINUTE)
    assert not raised_at(host, MOVED)
    host.power_cycle()
    host.sense("shock", 900)
    host.run(MINUTE)
    assert not raised_at(host, MOVED)
    host.set("tilt", 95)
    host.sense("shock", 900)
    assert raised_at(host, MOVED)


def test_a_cover_that_lay_askew_is_moved_until_it_is_below_eight_degrees_again():
    host = cover()
    for tilt in (40, 80):
        host.set("tilt", tilt)
        host.order(codes.CMD_RESET)
    host.set("tilt", 101)
    host.run(10 * MINUTE)
    assert host.device.active(MOVED)
    host.set("tilt", 81)
    host.run(10 * MINUTE)
    assert host.device.active(MOVED)
    host.set("tilt", 80)
    host.run(2 * MINUTE)
    assert not host.device.active(MOVED)


# ---- water


def test_warns_half_a_metre_below_the_rim():
    host = cover({"water": 501})
    host.run(MINUTE)
    assert not host.notes
    host.set("water", 500)
    host.run(10 * SECOND)
    assert raised_at(host, LEVEL)


def test_the_warning_ends_by_itself_at_0_6_m():
    host = cover({"water": 400})
    host.set("water", 599)
    host.run(MINUTE)
    assert host.device.active(LEVEL)
    host.set("water", 600)
    host.run(MINUTE)
    assert host.once(frame.CLEAR, LEVEL)[0].body[6] == 0


def test_overflowing_is_red_and_latches():
    host = cover({"water": 400})
    host.set("water", 101)
    host.run(MINUTE)
    assert not raised_at(host, OVERFULL)
    host.set("water", 100)
    host.run(MINUTE)
    assert host.raised(OVERFULL)[0].body[1] == 4
    host.set("water", 199)
    host.run(MINUTE)
    assert host.device.active(OVERFULL)
    host.set("water", 2_000)
    host.run(MINUTE)
    assert not host.once(frame.CLEAR, OVERFULL)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.once(frame.CLEAR, OVERFULL)


def test_a_sudden_flood_is_both():
    host = cover()
    host.set("water", 0)
    host.run(11 * SECOND)
    assert host.raised(OVERFULL)
    assert host.raised(LEVEL)


def test_a_restart_under_water_keeps_the_red_state():
    host = cover({"water": 0})
    host.power_cycle()
    host.run(DAY)
    assert len(host.raised(OVERFULL)) == 1
    assert not host.once(frame.CLEAR)


# ---- gas and battery


@pytest.mark.parametrize(
    ("gas", "h2s", "alarm"), [(99, 0, False), (100, 0, True), (0, 69, False), (0, 70, True), (99, 69, False)]
)
def test_methane_or_hydrogen_sulphide(gas, h2s, alarm):
    host = cover()
    host.set("gas", gas)
    host.set("h2s", h2s)
    host.run(11 * SECOND)
    assert bool(host.raised(GAS)) == alarm


def test_gas_ends_when_both_are_low():
    host = cover({"gas": 100, "h2s": 70})
    host.set("gas", 49)
    host.set("h2s", 50)
    host.run(MINUTE)
    assert host.device.active(GAS)
    host.set("h2s", 49)
    host.run(MINUTE)
    assert not host.device.active(GAS)
    assert host.order(codes.CMD_RESET) == frame.OK


def test_battery():
    assert not cover({"battery": 20}).notes
    host = cover({"battery": 19})
    assert host.raised(codes.ALARM_BATTERY_LOW)
    host.set("battery", 24)
    host.run(DAY)
    assert not host.once(frame.CLEAR)
    host.set("battery", 25)
    host.run(DAY)
    assert host.once(frame.CLEAR, codes.ALARM_BATTERY_LOW)


# ---- session


def test_wakes_and_tells_within_30_s_gb_t_41401():
    host = cover()
    host.run(HOUR)
    host.set("water", 50)
    flooded = host.now
    host.run(30 * SECOND)
    assert host.raised(OVERFULL)[0].at - flooded <= 30 * SECOND


def test_tries_again_after_1_2_4_and_8_minutes():
    host = cover(acks=0)
    host.set("tilt", 300)
    host.run(60 * MINUTE)
    times = [s.at for s in host.of(frame.RAISE, MOVED)]
    waits = [(b - a) / MINUTE for a, b in pairwise(times)]
    for wait, base in zip(waits, (1, 2, 4, 8, 8, 8), strict=False):
        assert base <= wait <= base * 1.1 + 0.01
