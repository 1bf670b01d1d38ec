"""The smoke detector's rules."""

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

TRIP = 230


def smoky(value=TRIP + 1, **options):
    host = Host("smoke", **options)
    host.run(10 * SECOND)
    host.set("obscuration", value)
    host.run(10 * SECOND)
    return host


@pytest.mark.parametrize("phase", range(0, 4_000, 250))
def test_alarms_four_to_eight_seconds_after_the_crossing(phase):
    host = Host("smoke")
    host.run(20 * SECOND + phase)
    host.set("obscuration", TRIP + 1)
    crossed = host.now
    host.run(8 * SECOND)
    assert 4 * SECOND <= host.notes[0][0] - crossed <= 8 * SECOND
    assert host.outputs["sounder"] == 1


def test_the_trip_level_itself_is_no_alarm():
    assert not smoky(TRIP).raised(codes.ALARM_SMOKE_ALARM)
    assert smoky(TRIP + 1).raised(codes.ALARM_SMOKE_ALARM)


def test_one_sample_above_the_trip_level_is_no_alarm():
    host = Host("smoke")
    host.at(9 * SECOND, host.set, "obscuration", 900)
    host.at(13 * SECOND, host.set, "obscuration", 5)
    host.run(HOUR)
    assert not host.raised(codes.ALARM_SMOKE_ALARM)


def test_sounds_before_it_tells_anybody():
    host = smoky()
    assert host.local_first("sounder", 1, codes.ALARM_SMOKE_ALARM)


def test_the_raise_carries_severity_and_the_reading():
    raised = smoky(400).raised(codes.ALARM_SMOKE_ALARM)
    assert len(raised) == 1
    assert raised[0].body[1] == 4
    assert raised[0].body[4][codes.Q_OBSCURATION] == 400


def test_ends_below_four_fifths_of_the_trip_level_for_a_minute():
    host = smoky()
    host.set("obscuration", 184)
    host.run(5 * MINUTE)
    assert host.outputs["sounder"] == 1
    host.set("obscuration", 183)
    host.run(59 * SECOND)
    assert host.outputs["sounder"] == 1
    host.run(5 * SECOND)
    assert host.outputs["sounder"] == 0
    assert host.once(frame.UPDATE)[-1].body[5] == 2


def test_smoke_that_returns_within_the_minute_keeps_the_alarm():
    host = smoky()
    host.set("obscuration", 100)
    host.run(50 * SECOND)
    host.set("obscuration", 200)
    host.run(20 * SECOND)
    host.set("obscuration", 100)
    host.run(50 * SECOND)
    assert host.outputs["sounder"] == 1


@pytest.mark.spec("LIL-ALARM-006")
def test_stays_open_until_an_operator_resets_it():
    host = smoky()
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    host.set("obscuration", 5)
    host.run(2 * MINUTE)
    assert not host.of(frame.CLEAR)
    assert host.order(codes.CMD_RESET) == frame.OK
    clear = host.once(frame.CLEAR)[0]
    assert tuple(clear.frame.ref) == host.ref(codes.ALARM_SMOKE_ALARM)
    assert clear.body[6] == 1


@pytest.mark.spec("LIL-ALARM-005", "LIL-ALARM-006")
def test_smoke_after_the_end_is_the_same_alarm_active_again():
    host = smoky()
    host.set("obscuration", 5)
    host.run(2 * MINUTE)
    host.set("obscuration", 300)
    host.run(10 * SECOND)
    assert host.outputs["sounder"] == 1
    assert len(host.raised(codes.ALARM_SMOKE_ALARM)) == 1
    assert [s.body[5] for s in host.once(frame.UPDATE)] == [2, 1]


def test_what_comes_back_calls_an_operator_again():
    host = smoky()
    host.acknowledge(host.ref(codes.ALARM_SMOKE_ALARM))
    host.run(SECOND)
    host.set("obscuration", 5)
    host.run(2 * MINUTE)
    host.set("obscuration", 300)
    host.run(10 * SECOND)
    host.acknowledge(host.ref(codes.ALARM_SMOKE_ALARM))
    host.run(SECOND)
    assert [what for _, what, _ in host.notes].count("acknowledged") == 2


def test_mute_silences_for_nine_minutes():
    host = smoky(240)
    assert host.order(codes.CMD_MUTE) == frame.OK
    assert host.outputs["sounder"] == 0
    host.run(9 * MINUTE - SECOND)
    assert host.outputs["sounder"] == 0
    host.run(2 * SECOND)
    assert host.outputs["sounder"] == 1


def test_growing_smoke_breaks_the_mute():
    host = smoky(240)
    host.order(codes.CMD_MUTE)
    host.set("obscuration", 344)
    host.run(8 * SECOND)
    assert host.outputs["sounder"] == 0
    host.set("obscuration", 345)
    host.run(4 * SECOND)
    assert host.outputs["sounder"] == 1


def test_dense_smoke_cannot_be_muted():
    host = smoky(345)
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT
    assert host.outputs["sounder"] == 1


def test_there_is_no_muting_in_advance():
    host = Host("smoke")
    host.run(100)
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT


def test_a_dirty_chamber_is_a_fault_after_a_day():
    host = Host("smoke", {"obscuration": 115})
    host.run(DAY)
    assert not host.raised(codes.ALARM_SENSOR_FAULT)
    host.run(MINUTE)
    assert host.raised(codes.ALARM_SENSOR_FAULT)


@pytest.mark.parametrize("polls", [False, True])
def test_a_cleaned_chamber_ends_the_fault(polls):
    host = Host("smoke", {"obscuration": 115}, polls=polls)
    host.run(DAY + MINUTE)
    host.set("obscuration", 114)
    host.run(MINUTE)
    assert host.once(frame.CLEAR, codes.ALARM_SENSOR_FAULT)


def test_battery_is_measured_at_power_up_and_every_day():
    assert Host("smoke", {"battery": 10}).device.active(codes.ALARM_BATTERY_LOW)
    host = Host("smoke", {"battery": 11})
    host.run(HOUR)
    host.set("battery", 10)
    host.run(DAY)
    assert host.raised(codes.ALARM_BATTERY_LOW)
    host.set("battery", 14)
    host.run(DAY)
    assert not host.once(frame.CLEAR)
    host.set("battery", 15)
    host.run(DAY)
    assert host.once(frame.CLEAR, codes.ALARM_BATTERY_LOW)


def test_tamper_is_told_at_once():
    host = Host("smoke")
    host.run(12_345)
    host.sense("tamper", 1)
    assert host.notes[-1] == (12_345, "raised", codes.ALARM_TAMPER)


@pytest.mark.spec("LIL-ALARM-005")
def test_a_restart_inside_the_alarm_sounds_at_once_and_raises_nothing_new():
    host = smoky()
    name = host.ref(codes.ALARM_SMOKE_ALARM)
    host.power_cycle()
    assert host.outputs["sounder"] == 1
    host.run(MINUTE)
    assert len(host.raised(codes.ALARM_SMOKE_ALARM)) == 1
    host.set("obscuration", 5)
    host.run(2 * MINUTE)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert tuple(host.once(frame.CLEAR)[0].frame.ref) == name


def test_self_test_is_told():
    host = Host("smoke")
    host.run(100)
    assert host.order(codes.CMD_TEST) == frame.OK
    assert host.events(codes.EVENT_TESTED)


def test_other_commands_are_unknown_to_it():
    host = Host("smoke")
    host.run(100)
    assert host.order(codes.CMD_UNLOCK) == frame.NOT_FOUND
