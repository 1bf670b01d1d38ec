"""The streetlight's rules: its light, its commands, what it keeps and tells. Its faults: test_lamp_faults.py."""

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
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


# ---- what it tells


def test_reports_light_voltage_current_power_power_factor_hours_temperature_and_leakage():
    host = lit()
    assert host.of(frame.BIRTH)[-1].body[7] == {
        codes.Q_LAMP_LEVEL: 100, codes.Q_LAMP_HOURS: 0, codes.Q_ILLUMINANCE: 0, codes.Q_POWER: 605,
        codes.Q_VOLTAGE: 2_200, codes.Q_CURRENT: 289, codes.Q_POWER_FACTOR: 95, codes.Q_TEMPERATURE: 2_500,
        codes.Q_LEAKAGE: 0,
    }  # fmt: skip


def test_a_failed_light_sensor_reports_no_light():
    host = lamp(-1)
    assert codes.Q_ILLUMINANCE not in host.of(frame.BIRTH)[-1].body[7]


def hours(host):
    return host.device.rules.report()[codes.Q_LAMP_HOURS]


def test_counts_the_hours_that_it_is_lit():
    host = lamp()
    host.run(5 * HOUR)
    assert hours(host) == 0
    for _ in range(7):
        host.order(codes.CMD_SET_LEVEL, {0: 30})
        host.run(20 * MINUTE)
        host.order(codes.CMD_SET_LEVEL, {0: 100})
        host.run(20 * MINUTE)
        host.order(codes.CMD_SET_LEVEL, {0: 0})
        host.run(HOUR)
    assert hours(host) == 4  # of 280 min


def test_a_restart_costs_at_most_the_last_hour_of_light():
    host = lit()
    host.run(7 * HOUR + 59 * MINUTE)
    host.power_cycle()
    assert hours(host) == 7


class Counting(FullStore):
    """Counts the writes of the hours."""

    writes = 0

    def put(self, name, data):
        self.writes += name == "khours"


def test_writes_the_hours_once_an_hour_lit_at_most():
    store = Counting()
    host = lit(store=store)
    host.run(10 * HOUR)
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run(10 * HOUR)
    assert store.writes == 10


def test_a_group_of_lamps_obeys_within_5_seconds():
    """Each obeys in the instant in which the command comes: what is left of 5 s is the network's."""
    host = lit()
    before = host.now
    host.command(codes.CMD_SET_LEVEL, {0: 40})
    host.run(5 * SECOND)
    assert host.switched("lamp")[-1] == (before + host.latency, 40)


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
