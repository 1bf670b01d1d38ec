"""The streetlight's rules."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

DAYLIGHT, NIGHT = 10_000, 0
FAILURE = codes.ALARM_LAMP_FAILURE


def lamp(lux=DAYLIGHT, power=0, **options):
    host = Host("streetlight", {"lux": lux, "power": power}, **options)
    host.run(10 * SECOND)
    return host


def lit(**options):
    """A lamp at night, drawing its 60 W."""
    return lamp(NIGHT, 600, **options)


# ---- light


def test_starts_lit_unless_it_is_clearly_day():
    assert lamp(61).outputs["lamp"] == 0
    assert lamp(60).outputs["lamp"] == 100


def test_switches_on_below_30_lx_held_for_a_minute():
    host = lamp()
    host.set("lux", 30)
    host.run(HOUR)
    assert host.outputs["lamp"] == 0
    host.set("lux", 29)
    host.run(59 * SECOND)
    assert host.outputs["lamp"] == 0
    host.run(12 * SECOND)
    assert host.outputs["lamp"] == 100


def test_switches_off_above_60_lx_held_for_a_minute():
    host = lit()
    host.set("lux", 60)
    host.run(HOUR)
    assert host.outputs["lamp"] == 100
    host.set("lux", 61)
    host.run(59 * SECOND)
    assert host.outputs["lamp"] == 100
    host.run(12 * SECOND)
    assert host.outputs["lamp"] == 0


def test_a_passing_cloud_switches_nothing():
    host = lamp()
    host.set("lux", 10)
    host.run(50 * SECOND)
    host.set("lux", 100)
    host.run(20 * SECOND)
    host.set("lux", 10)
    host.run(50 * SECOND)
    assert host.outputs["lamp"] == 0


def test_each_switching_is_told():
    host = lamp()
    host.set("lux", NIGHT)
    host.run(2 * MINUTE)
    assert [s.body[4] for s in host.events(codes.EVENT_LAMP_LEVEL)] == [{codes.Q_LAMP_LEVEL: 100}]


def test_switches_without_a_network():
    host = lamp(link=False)
    host.set("lux", NIGHT)
    host.run(2 * MINUTE)
    assert host.outputs["lamp"] == 100


def test_a_failed_sensor_means_full_light_at_once():
    host = lamp()
    host.set("lux", -1)
    host.run(10 * SECOND)
    assert host.outputs["lamp"] == 100
    assert host.local_first("lamp", 100, codes.ALARM_SENSOR_FAULT)
    host.set("lux", DAYLIGHT)
    host.run(2 * MINUTE)
    assert host.outputs["lamp"] == 0
    assert host.once(frame.CLEAR, codes.ALARM_SENSOR_FAULT)


def test_a_sensor_that_failed_before_power_up_means_full_light():
    assert lamp(-1).outputs["lamp"] == 100


# ---- commands


def test_a_set_level_holds_until_automatic():
    host = lamp()
    assert host.order(codes.CMD_SET_LEVEL, {0: 40}) == frame.OK
    assert host.outputs["lamp"] == 40
    host.set("lux", NIGHT)
    host.run(HOUR)
    assert host.outputs["lamp"] == 40
    assert host.order(codes.CMD_AUTOMATIC) == frame.OK
    assert host.outputs["lamp"] == 100


@pytest.mark.parametrize("arguments", [{}, {0: -1}, {0: 101}, {1: 50}])
def test_a_wrong_level_is_refused(arguments):
    host = lamp()
    assert host.order(codes.CMD_SET_LEVEL, arguments) == frame.INVALID
    assert host.outputs["lamp"] == 0


def test_a_set_level_outlasts_a_failing_sensor_but_not_a_restart():
    host = lit()
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.set("lux", -1)
    host.run(MINUTE)
    assert host.outputs["lamp"] == 0
    host.power_cycle()
    assert host.outputs["lamp"] == 100


def test_an_unchanged_level_is_not_told():
    host = lit()
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    host.run(MINUTE)
    assert not host.events(codes.EVENT_LAMP_LEVEL)


# ---- lamp failure


def test_a_lamp_that_draws_nothing_for_a_minute_has_failed():
    host = lit()
    host.set("power", 59)
    host.run(50 * SECOND)
    assert not host.notes
    host.run(20 * SECOND)
    assert host.raised(FAILURE)


def test_a_tenth_of_the_power_is_no_failure():
    host = Host("streetlight", {"lux": NIGHT, "power": 60})
    host.run(HOUR)
    assert not host.notes


@pytest.mark.parametrize(("level", "failed"), [(20, False), (21, True), (0, False)])
def test_fails_only_when_commanded_above_20_percent(level, failed):
    host = lamp()
    host.order(codes.CMD_SET_LEVEL, {0: level})
    host.set("power", 5)
    host.run(HOUR)
    assert bool(host.raised(FAILURE)) == failed


@pytest.mark.parametrize(("power", "failed"), [(29, True), (30, False)])
def test_what_it_should_draw_follows_the_level(power, failed):
    host = Host("streetlight", {"power": 600})
    host.run(SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: 50})
    host.set("power", power)
    host.run(HOUR)
    assert bool(host.raised(FAILURE)) == failed


def test_a_lamp_that_takes_a_moment_to_draw_has_not_failed():
    host = lamp()
    host.set("lux", NIGHT)
    host.run(110 * SECOND)
    assert host.outputs["lamp"] == 100
    host.set("power", 600)
    host.run(HOUR)
    assert not host.notes


def test_switching_off_ends_the_suspicion():
    host = lit()
    host.set("power", 0)
    host.run(55 * SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run(HOUR)
    assert not host.notes


def test_ends_when_the_power_is_back_by_a_fifth():
    host = lit()
    host.set("power", 0)
    host.run(2 * MINUTE)
    host.set("power", 119)
    host.run(MINUTE)
    assert not host.once(frame.CLEAR)
    host.set("power", 120)
    host.run(MINUTE)
    assert host.once(frame.CLEAR, FAILURE)


def test_a_failed_lamp_stays_failed_through_the_day():
    host = lit()
    host.set("power", 0)
    host.run(2 * MINUTE)
    host.set("lux", DAYLIGHT)
    host.run(12 * HOUR)
    assert not host.once(frame.CLEAR)


# ---- beat


def beats(host, hours):
    before = len(host.of(frame.HEARTBEAT))
    host.run(hours * HOUR)
    return len(host.of(frame.HEARTBEAT)) - before


def test_beats_every_quarter_hour_lit_and_every_hour_unlit():
    assert beats(lit(), 12) == 48
    host = lamp()
    assert beats(host, 12) == 12
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    assert beats(host, 12) == 48


def test_a_beat_of_its_own_goes_before():
    assert beats(lit(beat_s=60), 1) == 60
    host = lamp(beat_s=60)
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    assert beats(host, 1) == 60
