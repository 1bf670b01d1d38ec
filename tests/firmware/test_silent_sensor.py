"""A sensor that gives no value: told once, its last value stays, and nothing ends for what it last said."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.kinds import rules
from lilong_protocol import frame
from scripts import play, scripts
from stories import GIVEN, STORIES, lamp

KINDS = sorted(STORIES)
CHANNELS = [(kind, channel[0]) for kind in KINDS for channel in rules(kind).CHANNELS]

# (kind, channel, value that is wrong, ms until the alarm, its code, value that is right, ms until it has ended)
DANGERS = (
    ("smoke", "obscuration", 900, 9 * SECOND, codes.ALARM_SMOKE_ALARM, 5, 70 * SECOND),
    ("gas", "gas", 200, 30 * SECOND, codes.ALARM_GAS_LEAK, 0, 40 * SECOND),
    ("gas", "co", 5_000, MINUTE, codes.ALARM_GAS_CO, 0, 70 * SECOND),
    ("door", "contact", 1, SECOND, codes.ALARM_DOOR_FORCED, 0, SECOND),
    ("door", "tamper", 1, SECOND, codes.ALARM_TAMPER, 0, SECOND),
    ("streetlight", "leakage", 300, 20 * SECOND, codes.ALARM_LAMP_LEAKAGE_DETECTED, 0, 20 * SECOND),
    ("streetlight", "voltage", 2_400, 80 * SECOND, codes.ALARM_LAMP_SUPPLY_VOLTAGE_TOO_HIGH, 2_200, 80 * SECOND),
    ("manhole", "tilt", 300, 3 * SECOND, codes.ALARM_MANHOLE_MOVED, 0, 70 * SECOND),
    ("manhole", "water", 50, 11 * SECOND, codes.ALARM_MANHOLE_OVERFULL, 2_000, 11 * SECOND),
    ("manhole", "gas", 200, 11 * SECOND, codes.ALARM_MANHOLE_GAS, 0, 11 * SECOND),
    ("shed_socket", "current", 7_000, 6 * SECOND, codes.ALARM_POWER_OVER_CURRENT, 0, 12 * SECOND),
    ("shed_socket", "temperature", 7_500, 7 * SECOND, codes.ALARM_POWER_OVER_TEMPERATURE, 2_500, 65 * SECOND),
    ("shed_socket", "obscuration", 400, 9 * SECOND, codes.ALARM_SMOKE_ALARM, 5, 65 * SECOND),
    ("gateway", "mains", 0, 3 * SECOND, codes.ALARM_POWER_MAINS_LOSS, 1, 3 * SECOND),
    ("gateway", "tamper", 1, SECOND, codes.ALARM_TAMPER, 0, SECOND),
    ("vehicle_lane", "down", 0, SECOND, codes.ALARM_LANE_FORCED_OPEN, 1, SECOND),
    ("vehicle_lane", "up", 1, 2 * SECOND, codes.ALARM_LANE_FAULT, 0, SECOND),
    ("cycle_gate", "tamper", 1, SECOND, codes.ALARM_TAMPER, 0, SECOND),
    ("wristband", "spo2", 80, 130 * SECOND, codes.ALARM_BAND_SPO2, 97, 70 * SECOND),
    ("wristband", "outside", 200, 130 * SECOND, codes.ALARM_BAND_GEOFENCE, 0, 40 * SECOND),
    ("wristband", "worn", 0, 16 * MINUTE, codes.ALARM_BAND_REMOVED, 1, SECOND),
    ("fence_zone", "pulse_return", 3_000, 4 * SECOND, codes.ALARM_FENCE_TOUCH, 6_200, 4 * SECOND),
    ("fence_zone", "pulse_peak", 0, 4 * SECOND, codes.ALARM_FENCE_PULSE_FAULT, 6_500, 4 * SECOND),
    ("fence_zone", "earth_voltage", 600, 12 * SECOND, codes.ALARM_FENCE_EARTH_FAULT, 0, 61 * SECOND),
    ("fence_zone", "tension", 300, 4 * SECOND, codes.ALARM_FENCE_CLIMB, 150, 6 * SECOND),
    ("fence_zone", "tension", 0, 4 * SECOND, codes.ALARM_FENCE_CUT, 150, 6 * SECOND),
    ("fence_zone", "mains", 0, 3 * SECOND, codes.ALARM_POWER_MAINS_LOSS, 1, 11 * SECOND),
    ("intercom", "tamper", 1, SECOND, codes.ALARM_TAMPER, 0, SECOND),
)
IDS = [f"{kind}-{channel}" for kind, channel, *_ in DANGERS]


def device(kind, **options):
    host = Host(kind, data=GIVEN.get(kind), **options)
    host.run(4 * MINUTE)
    return host


def faults(host):
    return [sent.body[4] for sent in host.raised(codes.ALARM_SENSOR_FAULT)]


def ended(host, code):
    return [what for _, what, its_code in host.notes if its_code == code and what in ("restored", "cleared")]


@pytest.mark.parametrize("polls", [False, True], ids=["skipping", "polling"])
@pytest.mark.parametrize(("kind", "channel"), CHANNELS)
def test_a_sensor_that_falls_silent_is_told_once_and_again_when_it_has_answered_in_between(kind, channel, polls):
    host = device(kind, polls=polls and kind != "wristband")
    last = host.device.sampling.values[host.slots[channel]]
    for times in (1, 2):
        for _ in range(3):
            host.sense(channel, None)
            host.run(20 * SECOND)
        assert faults(host) == [{codes.Q_SENSOR: host.slots[channel]}] * times
        assert host.device.sampling.values[host.slots[channel]] == last
        assert not host.once(frame.CLEAR, codes.ALARM_SENSOR_FAULT)[times - 1 :]
        host.sense(channel, last)
        host.run(2 * MINUTE)
        assert len(host.once(frame.CLEAR, codes.ALARM_SENSOR_FAULT)) == times


def test_of_several_silent_sensors_the_first_is_named_and_the_fault_ends_with_the_last():
    host = device("manhole")
    for channel in ("water", "tilt", "h2s"):
        host.sense(channel, None)
    host.sense("water", 2_000)
    host.sense("h2s", 0)
    host.run(MINUTE)
    assert faults(host) == [{codes.Q_SENSOR: host.slots["water"]}]
    assert not ended(host, codes.ALARM_SENSOR_FAULT)
    host.sense("tilt", 0)
    assert ended(host, codes.ALARM_SENSOR_FAULT) == ["cleared"]


@pytest.mark.parametrize(("kind", "channel", "wrong", "ms", "code", "right", "ends_ms"), DANGERS, ids=IDS)
@pytest.mark.parametrize("ending", [False, True], ids=["wrong", "on the way back"])
def test_no_alarm_ends_while_its_sensor_is_silent_and_it_ends_as_ever_after_that(
    kind, channel, wrong, ms, code, right, ends_ms, ending
):
    host = device(kind)
    host.sense(channel, wrong)
    host.run(ms)
    assert host.device.active(code)
    if ending and ends_ms > 11 * SECOND:
        host.sense(channel, right)
        host.run(ends_ms // 4)  # it would have ended soon
    by_time = ("lamp", "siren")  # one obeys the sun, the other has its quarter of an hour
    outputs = {name: value for name, value in host.outputs.items() if name not in by_time}
    host.sense(channel, None)
    host.run(3 * HOUR)
    assert host.device.active(code)
    assert {name: host.outputs[name] for name in outputs} == outputs
    host.sense(channel, right)
    host.run(ends_ms + 11 * SECOND)
    assert not host.device.active(code)


@pytest.mark.parametrize(("kind", "channel", "wrong", "ms", "code", "right", "ends_ms"), DANGERS, ids=IDS)
def test_a_restart_with_a_silent_sensor_ends_nothing_either(kind, channel, wrong, ms, code, right, ends_ms):
    host = device(kind)
    host.sense(channel, wrong)
    host.run(ms)
    host.sense(channel, None)
    host.power_cycle()
    host.run(HOUR)
    assert host.device.active(code)
    assert host.device.active(codes.ALARM_SENSOR_FAULT)
    host.sense(channel, right)
    host.run(ends_ms + 4 * MINUTE)
    assert not host.device.active(code)
    assert not host.device.active(codes.ALARM_SENSOR_FAULT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_that_is_gone_after_a_restart_is_over(kind):
    host = device(kind)
    channel = rules(kind).CHANNELS[0][0]
    host.sense(channel, None)
    host.values[channel] = rules(kind).CHANNELS[0][2]
    host.power_cycle()
    host.run(MINUTE)
    assert not host.device.active(codes.ALARM_SENSOR_FAULT)


@pytest.mark.parametrize(("kind", "channel", "alarming"), [("smoke", "obscuration", 240), ("gas", "gas", 120)])
def test_a_muted_sounder_sounds_again_when_nobody_sees_the_danger_grow(kind, channel, alarming):
    host = device(kind)
    host.sense(channel, alarming)
    host.run(30 * SECOND)
    assert host.order(codes.CMD_MUTE) == frame.OK
    assert host.outputs["sounder"] == 0
    host.sense(channel, None)
    assert host.outputs["sounder"] == 1
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT


def test_a_silent_gas_sensor_opens_no_valve():
    host = device("gas")
    host.sense("gas", 200)
    host.run(30 * SECOND)
    host.sense("gas", 0)
    host.run(40 * SECOND)
    host.order(codes.CMD_RESET)
    host.sense("gas", None)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.CONFLICT
    host.sense("gas", 0)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.OK


def test_a_lamp_whose_light_sensor_is_silent_goes_by_the_sky_and_by_its_failure_level_without_a_clock():
    host = Host("streetlight", data=GIVEN["streetlight"], times=False, plant=lamp)
    host.run(MINUTE)
    assert host.outputs["lamp"] == 0
    host.sense("lux", None)
    assert host.outputs["lamp"] == host.device.settings[codes.S_FAILURE_LEVEL]
    assert codes.Q_ILLUMINANCE not in host.device.rules.report()
    host.sense("lux", 10_000)
    host.run(80 * SECOND)
    assert host.outputs["lamp"] == 0


def test_what_a_kind_finds_by_itself_and_a_silent_sensor_are_one_alarm():
    host = device("gas")
    host.sense("gas", -1)
    host.run(6 * SECOND)
    host.sense("co", None)
    host.sense("gas", 0)
    host.run(6 * SECOND)
    assert len(faults(host)) == 1
    assert not ended(host, codes.ALARM_SENSOR_FAULT)
    host.sense("co", 0)
    assert ended(host, codes.ALARM_SENSOR_FAULT) == ["cleared"]


# Of its own accord, whatever its sensors say.
BY_THE_CLOCK = {codes.ALARM_DOOR_ATTEMPTS}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_with_all_sensors_silent_nothing_ever_ends_by_itself(kind, data):
    host = Host(kind, data=GIVEN.get(kind))
    play(host, data.draw(scripts(kind)))
    for channel in host.slots:
        host.sense(channel, None)
    before = len(host.notes)
    host.run(5 * HOUR)
    later = [(what, code) for _, what, code in host.notes[before:] if code not in BY_THE_CLOCK]
    assert not [entry for entry in later if entry[0] in ("restored", "cleared")]
    assert host.device.active(codes.ALARM_SENSOR_FAULT)
