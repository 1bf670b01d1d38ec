"""What a streetlight does without its link, and at which level it lights when it cannot know."""

import pytest
from harness import DAY, MINUTE, SECOND, Host, codes
from lilong_protocol import frame
from lilong_simulator.fleet.plant import Plant

DAYLIGHT, NIGHT = 10_000, 0


def lamp(lux=DAYLIGHT, **options):
    host = Host("streetlight", {"lux": lux}, plant=Plant().answer, **options)
    host.run(10 * SECOND)
    return host


def lit(**options):
    """A lamp at night, drawing its 60 W."""
    return lamp(NIGHT, **options)


# ---- the link is away: a commanded level ends


@pytest.mark.parametrize(("away_ms", "level"), [(14 * MINUTE, 40), (15 * MINUTE, 100)])
def test_a_set_level_ends_when_the_link_has_been_away_for_15_minutes(away_ms, level):
    host = lit()
    host.order(codes.CMD_SET_LEVEL, {0: 40})
    host.cut()
    host.run(away_ms)
    assert host.outputs["lamp"] == level
    host.run(DAY)
    assert host.outputs["lamp"] == 100


def test_a_set_level_outlasts_short_losses_of_the_link():
    host = lit()
    host.order(codes.CMD_SET_LEVEL, {0: 40})
    for _ in range(10):
        host.cut()
        host.run(13 * MINUTE)
        host.heal()
        host.run(2 * MINUTE)
    assert host.outputs["lamp"] == 40


def test_by_day_it_goes_dark_when_the_link_has_been_away():
    host = lamp()
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    host.cut()
    host.run(16 * MINUTE)
    assert host.outputs["lamp"] == 0
    host.heal()
    host.run(2 * MINUTE)
    assert [s.body[4][codes.Q_LAMP_LEVEL] for s in host.events(codes.EVENT_LAMP_LEVEL)] == [100, 0]


def test_its_own_rule_needs_no_link_to_end():
    host = lit(link=False)
    host.run(DAY)
    assert host.switched("lamp") == [(0, 100)]


# ---- system failure level


def test_tells_its_gear_the_system_failure_level_before_it_lights():
    host = lit()
    assert [effect[1:] for _, effect in host.trace if effect[0] == 3] == [("failure_level", 100), ("lamp", 100)]


def test_a_failure_level_is_told_to_the_gear_and_kept():
    host = lamp()
    host.configure(1, {codes.S_FAILURE_LEVEL: 0})
    assert host.outputs["failure_level"] == 0
    host.power_cycle()
    assert host.outputs["failure_level"] == 0


def test_an_unchanged_failure_level_is_not_told_again():
    host = lamp()
    host.configure(1, {codes.S_FAILURE_LEVEL: 100})
    assert host.switched("failure_level") == [(0, 100)]


@pytest.mark.parametrize("level", [-1, 101])
def test_a_wrong_failure_level_is_refused(level):
    host = lamp()
    host.configure(1, {codes.S_FAILURE_LEVEL: level})
    assert host.of(frame.REPORTED_CONFIG)[-1].body[2] == {codes.S_FAILURE_LEVEL: frame.INVALID}
    assert host.outputs["failure_level"] == 100


def test_without_sensor_and_clock_it_lights_at_the_failure_level():
    host = lamp(times=False)
    host.configure(1, {codes.S_FAILURE_LEVEL: 60})
    assert host.outputs["lamp"] == 0
    host.set("lux", -1)
    host.run(10 * SECOND)
    assert host.outputs["lamp"] == 60
    host.configure(2, {codes.S_FAILURE_LEVEL: 70})
    assert host.outputs["lamp"] == 70


def test_a_sensor_that_comes_back_is_believed_after_its_minute():
    host = lamp(times=False)
    host.configure(1, {codes.S_FAILURE_LEVEL: 60})
    host.set("lux", -1)
    host.run(10 * SECOND)
    host.set("lux", DAYLIGHT)
    host.run(30 * SECOND)
    assert host.outputs["lamp"] == 100  # the sensor works, and what it last said was that it is dark
    host.run(MINUTE)
    assert host.outputs["lamp"] == 0
