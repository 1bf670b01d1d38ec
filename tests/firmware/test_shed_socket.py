"""The charging socket's rules: what cuts it, what keeps it off, what a session tells."""

from itertools import pairwise

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame
from lilong_protocol.registry import ALARM, KIND

# (channel, value just below, value that trips, ms until it has, alarm, value that ends, ms until it has)
CAUSES = (
    ("current", 5_999, 6_000, 6 * SECOND, codes.ALARM_POWER_OVER_CURRENT, 0, 11 * SECOND),
    ("current", 5_999, 16_000, SECOND, codes.ALARM_POWER_OVER_CURRENT, 0, 11 * SECOND),
    ("temperature", 6_999, 7_000, 6 * SECOND, codes.ALARM_POWER_OVER_TEMPERATURE, 4_999, 62 * SECOND),
    ("obscuration", 230, 231, 8 * SECOND, codes.ALARM_SMOKE_ALARM, 183, 64 * SECOND),
)
IDS = [f"{channel}-{trips}" for channel, _, trips, *_ in CAUSES]


def charging(**options):
    """A socket with a charger of 220 W on it."""
    host = Host("shed_socket", **options)
    host.run(SECOND)
    assert host.order(codes.CMD_SWITCH_ON) == frame.OK
    host.set("current", 1_000)
    host.set("power", 2_200)
    host.run(10 * SECOND)
    assert host.outputs["relay"] == 1
    return host


def cut(host, channel, value, within):
    host.set(channel, value)
    host.run(within)
    assert host.outputs["relay"] == 0
    host.set("power", 0)
    if channel != "current":
        host.set("current", 0)
    return host


def ended_by(host):
    return [sent.body[4][codes.Q_ENDED_BY] for sent in host.events(codes.EVENT_SOCKET_OFF)]


@pytest.mark.parametrize(("channel", "below", "trips", "within", "code", "ends", "ends_in"), CAUSES, ids=IDS)
class TestCuts:
    def test_it_cuts_its_power_before_it_tells(self, channel, below, trips, within, code, ends, ends_in):
        host = charging()
        host.set(channel, below)
        host.run(10 * MINUTE)
        assert host.outputs["relay"] == 1
        cut(host, channel, trips, within)
        assert host.local_first("relay", 0, code)
        assert ended_by(host) == [codes.ENDED_BY_ALARM]

    def test_it_does_so_without_a_network(self, channel, below, trips, within, code, ends, ends_in):
        host = charging()
        host.cut()
        cut(host, channel, trips, within)
        host.heal()
        host.run(2 * MINUTE)
        assert len(host.raised(code)) == 1

    def test_no_command_switches_it_on_before_the_cause_has_gone_and_somebody_has_reset_it(
        self, channel, below, trips, within, code, ends, ends_in
    ):
        host = cut(charging(), channel, trips, within)
        for command in (codes.CMD_SWITCH_ON, codes.CMD_RESET, codes.CMD_SWITCH_ON):
            assert host.order(command) == frame.CONFLICT
        host.set(channel, ends)
        host.run(ends_in)
        assert not host.device.active(code)
        assert host.order(codes.CMD_SWITCH_ON) == frame.CONFLICT
        assert host.order(codes.CMD_RESET) == frame.OK
        assert host.outputs["relay"] == 0, "a reset is no switching on"
        assert host.order(codes.CMD_SWITCH_ON) == frame.OK
        assert host.outputs["relay"] == 1

    def test_it_stays_off_when_the_power_goes_and_comes(self, channel, below, trips, within, code, ends, ends_in):
        host = cut(charging(), channel, trips, within)
        host.set(channel, ends)
        host.power_cycle()
        host.run(MINUTE)
        assert host.outputs["relay"] == 0
        assert host.order(codes.CMD_SWITCH_ON) == frame.CONFLICT


def test_what_a_charger_draws_in_the_first_moment_is_no_overload():
    host = charging()
    host.set("current", 12_000)
    host.run(4 * SECOND)
    host.set("current", 1_000)
    host.run(MINUTE)
    assert not host.notes


def test_smoke_in_the_shed_is_told_by_a_socket_that_is_off_too():
    host = Host("shed_socket")
    host.run(SECOND)
    host.set("obscuration", 400)
    host.run(9 * SECOND)
    assert host.raised(codes.ALARM_SMOKE_ALARM)
    assert not host.events(codes.EVENT_SOCKET_OFF)


def test_a_relay_that_sticks_is_the_gravest_of_its_alarms():
    host = charging()
    host.order(codes.CMD_SWITCH_OFF)  # and the current goes on
    host.run(4 * SECOND)
    (raised,) = host.raised(codes.ALARM_POWER_NOT_CUT)
    assert raised.body[4][codes.Q_CURRENT] == 1_000
    assert ALARM[codes.ALARM_POWER_NOT_CUT].level == 1
    assert host.order(codes.CMD_SWITCH_ON) == frame.CONFLICT


@pytest.mark.parametrize("channel", ["current", "temperature", "obscuration", "power"])
def test_it_feeds_nothing_that_it_cannot_watch(channel):
    host = charging()
    host.sense(channel, None)
    assert host.outputs["relay"] == 0
    assert host.local_first("relay", 0, codes.ALARM_SENSOR_FAULT)
    assert host.order(codes.CMD_SWITCH_ON) == frame.CONFLICT
    host.sense(channel, 0)
    host.sense("current", 0)
    host.run(MINUTE)
    assert ended_by(host) == [codes.ENDED_BY_SENSOR]
    assert host.outputs["relay"] == 0
    assert host.order(codes.CMD_SWITCH_ON) == frame.OK


def test_a_session_goes_on_after_a_power_cut_that_no_alarm_came_with():
    host = charging()
    host.power_cycle()
    host.run(MINUTE)
    assert host.outputs["relay"] == 1
    assert len(host.events(codes.EVENT_SOCKET_ON)) == 1
    assert not ended_by(host)


def test_a_session_tells_the_meter_when_it_begins_and_when_it_ends():
    host = charging()
    host.run(2 * HOUR)
    assert host.order(codes.CMD_SWITCH_OFF) == frame.OK
    (begun,), (ended,) = host.events(codes.EVENT_SOCKET_ON), host.events(codes.EVENT_SOCKET_OFF)
    assert 439 <= ended.body[4][codes.Q_ENERGY] - begun.body[4][codes.Q_ENERGY] <= 440  # 220 W for 2 h
    assert ended_by(host) == [codes.ENDED_BY_COMMAND]
    host.power_cycle()
    assert host.device.rules.report()[codes.Q_ENERGY] == ended.body[4][codes.Q_ENERGY]


def test_a_power_cut_costs_the_meter_at_most_50_wh():
    host = charging()
    host.run(3 * HOUR)
    before = host.device.rules.report()[codes.Q_ENERGY]
    host.power_cut()
    assert before - 50 <= host.device.rules.report()[codes.Q_ENERGY] <= before


def test_power_is_told_every_minute_of_a_charge():
    host = charging()
    host.run(2 * HOUR)
    rows = [power for sent in host.of(frame.TELEMETRY) for power in sent.body[2][sent.body[0].index(codes.Q_POWER)]]
    assert 100 <= rows.count(2_200) <= 120
    host.set("power", 0)
    host.order(codes.CMD_SWITCH_OFF)
    before = len(host.of(frame.HEARTBEAT))
    host.run(HOUR)
    assert len(host.of(frame.HEARTBEAT)) - before == 12


def test_a_full_battery_ends_the_session():
    host = charging()
    host.set("power", 60)
    host.run(16 * MINUTE)
    assert host.outputs["relay"] == 0
    assert ended_by(host) == [codes.ENDED_BY_FULL]


def test_a_battery_that_never_gets_full_is_off_after_ten_hours():
    host = charging()
    host.run(9 * HOUR)
    assert host.outputs["relay"] == 1
    host.run(HOUR)
    assert host.outputs["relay"] == 0
    assert ended_by(host) == [codes.ENDED_BY_TIME]


LEVELS = {
    "current": (0, 1_000, 7_000, 20_000), "temperature": (2_500, 7_500), "obscuration": (5, 400), "power": (0, 900),
}  # fmt: skip
DEEDS = st.one_of(
    st.tuples(st.just("order"), st.sampled_from((codes.CMD_SWITCH_ON, codes.CMD_SWITCH_OFF, codes.CMD_RESET))),
    st.sampled_from(sorted(LEVELS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(LEVELS[name]))),
    st.tuples(st.just("power"), st.just(0)),
    st.tuples(st.just("power_cycle"), st.none()),
    st.tuples(st.just("run"), st.sampled_from((SECOND, 9 * SECOND, 70 * SECOND, 20 * MINUTE))),
)


@settings(max_examples=60, deadline=None)
@given(deeds=st.lists(DEEDS, min_size=5, max_size=30))
def test_no_current_flows_while_an_alarm_is_open_whatever_happens(deeds):
    host = Host("shed_socket")
    for what, value in deeds:
        if what == "order":
            host.order(value)
        elif what == "power_cycle":
            host.power_cycle()
        elif what == "run":
            host.run(value)
        else:
            host.set(what, value)
        if host.device.episodes.codes():
            assert host.outputs["relay"] == 0
    begun, ended = host.events(codes.EVENT_SOCKET_ON), host.events(codes.EVENT_SOCKET_OFF)
    assert 0 <= len(begun) - len(ended) <= 1
    meter = [sent.body[4][codes.Q_ENERGY] for sent in sorted(begun + ended, key=lambda sent: sent.at)]
    assert meter == sorted(meter)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 1_500), min_size=1, max_size=8))
def test_telemetry_is_never_later_than_its_period_however_often_the_beat_changes(waits):
    host = Host("shed_socket")
    host.run(SECOND)
    for turn, seconds in enumerate(waits):
        host.run(seconds * SECOND)
        assert host.order(codes.CMD_SWITCH_OFF if turn % 2 else codes.CMD_SWITCH_ON) == frame.OK
    host.run(HOUR)
    told = [sent.frame.uptime for sent in host.of(frame.TELEMETRY)]
    period = KIND["shed_socket"].link.telemetry_s * SECOND
    assert all(later - sooner <= period for sooner, later in pairwise(told))
    ages = [sent.frame.uptime - age for sent in host.of(frame.TELEMETRY) for age in sent.body[1]]
    assert len(ages) == len(set(ages)), "no row is told twice"
