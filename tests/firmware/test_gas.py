"""The gas detector's rules."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

LEAK, CO = codes.ALARM_GAS_LEAK, codes.ALARM_GAS_CO


def warm(values=None, **options):
    host = Host("gas", values, **options)
    host.run(200 * SECOND)
    return host


def leaking(dlel=120, **options):
    host = warm(**options)
    host.set("gas", dlel)
    host.run(30 * SECOND)
    return host


# ---- warm-up


def test_is_not_ready_for_three_minutes():
    host = Host("gas")
    host.run(3 * MINUTE - 1)
    assert host.device.rules.report()[codes.Q_READY] == 0
    host.run(SECOND)
    assert host.device.rules.report()[codes.Q_READY] == 1
    assert len(host.events(codes.EVENT_GAS_READY)) == 1


def test_no_alarm_while_warming_up():
    host = Host("gas", {"gas": 500, "co": 2_000})
    host.run(3 * MINUTE - 1)
    assert not host.notes
    assert "sounder" not in host.outputs


def test_a_leak_that_is_there_at_the_end_of_the_warm_up_alarms_then():
    host = Host("gas", {"gas": 120})
    host.run(3 * MINUTE)
    assert host.notes == [(3 * MINUTE, "raised", LEAK)]


def test_a_leak_that_ended_within_the_warm_up_is_none():
    host = Host("gas", {"gas": 120})
    host.run(2 * MINUTE)
    host.set("gas", 0)
    host.run(HOUR)
    assert not host.notes


def test_tamper_is_told_while_warming_up():
    host = Host("gas")
    host.sense("tamper", 1)
    assert host.device.active(codes.ALARM_TAMPER)


# ---- leak


@pytest.mark.parametrize("phase", range(0, 5_001, 333))
def test_alarms_not_before_15_s_and_not_after_60_s_gb_15322_2(phase):
    host = warm()
    host.run(phase)
    host.set("gas", 100)
    crossed = host.now
    host.run(MINUTE)
    raised = [at for at, what, code in host.notes if (what, code) == ("raised", LEAK)]
    assert len(raised) == 1
    assert 15 * SECOND <= raised[0] - crossed <= MINUTE


def test_below_ten_percent_lel_is_no_leak():
    assert not leaking(99).notes
    assert leaking(100).raised(LEAK)


@pytest.mark.parametrize("phase", range(0, 5_001, 333))
def test_a_splash_of_cooking_wine_is_no_leak(phase):
    host = warm()
    host.run(phase)
    host.set("gas", 300)
    host.run(15 * SECOND - 1)
    host.set("gas", 20)
    host.run(HOUR)
    assert not host.notes


def test_sounds_and_shuts_the_valve_before_it_tells_anybody():
    host = leaking(link=False)
    assert host.local_first("sounder", 1, LEAK)
    assert host.local_first("valve", 1, LEAK)


def test_shuts_the_valve_at_once():
    host = leaking()
    assert host.switched("valve")[0][0] == host.notes[0][0]
    assert host.events(codes.EVENT_GAS_VALVE_CLOSED)


def test_ends_below_five_percent_for_half_a_minute():
    host = leaking()
    host.set("gas", 51)
    host.run(HOUR)
    assert host.outputs["sounder"] == 1
    host.set("gas", 50)
    host.run(29 * SECOND)
    assert host.outputs["sounder"] == 1
    host.run(6 * SECOND)
    assert host.outputs["sounder"] == 0
    assert host.once(frame.UPDATE, LEAK)[-1].body[5] == 2


def test_the_valve_stays_shut_when_the_air_is_clean_again():
    host = leaking()
    host.set("gas", 0)
    host.run(HOUR)
    assert host.outputs["valve"] == 1
    assert host.order(codes.CMD_RESET) == frame.OK
    host.run(MINUTE)
    assert host.outputs["valve"] == 1


def test_opens_the_valve_after_a_reset_in_clean_air_only():
    host = leaking()
    assert host.order(codes.CMD_OPEN_VALVE) == frame.CONFLICT
    host.set("gas", 0)
    host.run(MINUTE)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.CONFLICT
    assert host.order(codes.CMD_RESET) == frame.OK
    host.set("gas", 51)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.CONFLICT
    assert host.outputs["valve"] == 1
    host.set("gas", 50)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.OK
    assert host.outputs["valve"] == 0
    assert host.events(codes.EVENT_GAS_VALVE_OPENED)


def test_opening_an_open_valve_changes_nothing():
    host = warm()
    assert host.order(codes.CMD_OPEN_VALVE) == frame.OK
    assert "valve" not in host.outputs


def test_a_shut_valve_stays_shut_over_a_restart():
    host = leaking()
    host.set("gas", 0)
    host.run(MINUTE)
    host.order(codes.CMD_RESET)
    host.power_cycle()
    assert host.outputs["valve"] == 1
    host.run(MINUTE)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.CONFLICT, "the sensor is cold"
    host.run(3 * MINUTE)
    assert host.order(codes.CMD_OPEN_VALVE) == frame.OK
    host.power_cycle()
    assert "valve" not in host.outputs


def test_a_restart_inside_the_alarm_sounds_and_shuts_at_once_though_the_sensor_is_cold():
    host = leaking()
    host.values["gas"] = 0
    host.power_cycle()
    assert host.outputs == {"sounder": 1, "valve": 1}
    host.run(3 * MINUTE)
    assert host.device.active(LEAK)
    host.run(MINUTE)
    assert not host.device.active(LEAK)
    assert len(host.raised(LEAK)) == 1


# ---- mute


def test_mute_silences_for_five_minutes_and_leaves_the_valve_shut():
    host = leaking()
    assert host.order(codes.CMD_MUTE) == frame.OK
    assert host.outputs == {"sounder": 0, "valve": 1}
    host.run(5 * MINUTE)
    assert host.outputs["sounder"] == 1


def test_there_is_no_muting_in_advance():
    assert warm().order(codes.CMD_MUTE) == frame.CONFLICT


def test_another_alarm_sounds_through_the_mute():
    host = leaking()
    host.set("co", 1_000)
    host.order(codes.CMD_MUTE)
    host.run(MINUTE)
    assert host.raised(CO)
    assert host.outputs["sounder"] == 1


def test_what_sounds_through_the_mute_goes_on_when_the_muted_alarm_ends():
    host = leaking()
    host.set("co", 1_000)
    host.order(codes.CMD_MUTE)
    host.run(MINUTE)
    host.set("gas", 0)
    host.run(MINUTE)
    assert not host.device.active(LEAK)
    assert host.outputs["sounder"] == 1


def test_the_same_alarm_coming_back_sounds_through_the_mute():
    host = leaking()
    host.order(codes.CMD_MUTE)
    host.set("gas", 0)
    host.run(40 * SECOND)
    host.set("gas", 120)
    host.run(30 * SECOND)
    assert host.outputs["sounder"] == 1


def test_a_high_concentration_cannot_be_muted_and_breaks_the_mute():
    assert leaking(250).order(codes.CMD_MUTE) == frame.CONFLICT
    host = leaking(200)
    host.order(codes.CMD_MUTE)
    host.set("gas", 250)
    host.run(6 * SECOND)
    assert host.outputs["sounder"] == 1


# ---- carbon monoxide, by the table of EN 50291


def co_minutes(ppm, limit):
    """Minutes from a step to the alarm, None when it has not come by `limit` minutes."""
    host = warm()
    host.run(1_234)
    host.set("co", ppm)
    crossed = host.now
    host.run(limit * MINUTE)
    raised = [at for at, what, code in host.notes if (what, code) == ("raised", CO)]
    return (raised[0] - crossed) / MINUTE if raised else None


def test_30_ppm_not_before_120_min():
    minutes = co_minutes(30, 240)
    assert minutes is None or minutes >= 120


def test_50_ppm_after_60_to_90_min():
    assert 60 <= co_minutes(50, 120) <= 90


def test_100_ppm_after_10_to_40_min():
    assert 10 <= co_minutes(100, 60) <= 40


def test_300_ppm_within_3_min():
    assert co_minutes(300, 10) <= 3


def test_29_ppm_never():
    assert co_minutes(29, 24 * 60) is None


def test_co_sounds_first_and_leaves_the_valve_alone():
    host = warm()
    host.set("co", 400)
    host.run(3 * MINUTE)
    assert host.local_first("sounder", 1, CO)
    assert "valve" not in host.outputs


def test_co_ends_in_clean_air_after_a_minute():
    host = warm()
    host.set("co", 400)
    host.run(3 * MINUTE)
    host.set("co", 30)
    host.run(HOUR)
    assert host.device.active(CO)
    host.set("co", 29)
    host.run(66 * SECOND)
    assert not host.device.active(CO)
    assert host.outputs["sounder"] == 0
    assert host.order(codes.CMD_RESET) == frame.OK


def test_the_body_remembers_so_a_second_dose_alarms_sooner():
    host = warm()
    for ppm, minutes in ((100, 20), (0, 10), (100, 20)):
        host.set("co", ppm)
        host.run(minutes * MINUTE)
    assert host.raised(CO)


def test_clean_air_forgives():
    host = warm()
    for ppm, minutes in ((100, 20), (0, 150), (100, 20)):
        host.set("co", ppm)
        host.run(minutes * MINUTE)
    assert not host.raised(CO)


def test_gas_and_co_are_two_alarms():
    host = leaking()
    host.set("co", 1_000)
    host.run(3 * MINUTE)
    assert len(host.raised(LEAK)) == 1
    assert len(host.raised(CO)) == 1


# ---- sensor


@pytest.mark.parametrize(("channel", "number"), [("gas", 0), ("co", 1)])
def test_a_failed_sensor_is_a_fault(channel, number):
    host = warm()
    host.set(channel, -1)
    host.run(6 * SECOND)
    assert host.raised(codes.ALARM_SENSOR_FAULT)[0].body[4] == {codes.Q_SENSOR: number}
    host.set(channel, 0)
    host.run(6 * SECOND)
    assert host.once(frame.CLEAR, codes.ALARM_SENSOR_FAULT)


def test_a_sensor_that_fails_ends_no_alarm():
    host = leaking()
    host.set("gas", -1)
    host.run(HOUR)
    assert host.device.active(LEAK)
    host = warm()
    host.set("co", 400)
    host.run(3 * MINUTE)
    host.set("co", -1)
    host.run(HOUR)
    assert host.device.active(CO)


# ---- the valve itself


def test_a_valve_that_does_not_close_is_told_until_it_has():
    host = warm()
    host.set("gas", 300)
    host.run(30 * SECOND)
    host.set("valve_stuck", 1)
    host.run(SECOND)
    assert host.raised(codes.ALARM_GAS_VALVE_FAULT)
    assert host.device.active(codes.ALARM_GAS_LEAK)
    host.set("valve_stuck", 0)
    host.run(SECOND)
    assert not host.device.active(codes.ALARM_GAS_VALVE_FAULT)
    assert host.device.active(codes.ALARM_GAS_LEAK)


def test_a_valve_that_is_stuck_at_power_on_is_told_too():
    host = Host("gas", {"valve_stuck": 1})
    host.run(SECOND)
    assert len(host.raised(codes.ALARM_GAS_VALVE_FAULT)) == 1
