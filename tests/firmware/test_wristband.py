"""The wristband's rules."""

from itertools import pairwise

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

SOS, FALL = codes.ALARM_BAND_SOS, codes.ALARM_BAND_FALL


def band(values=None, **options):
    host = Host("wristband", values, **options)
    host.run(10 * SECOND)
    return host


def fall(host, flight_ms=400, still_after_ms=0):
    """Free fall, impact, then no motion."""
    host.set("accel", 300)
    host.run(flight_ms)
    host.set("accel", 3_000)
    host.run(60)
    host.set("accel", 1_000)
    host.run(still_after_ms)
    host.set("motion", 0)


def press(host, button):
    host.sense(button, 1)
    host.sense(button, 0)


def raised_at(host, code):
    return [at for at, what, known in host.notes if what == "raised" and known == code]


# ---- SOS


def test_sos_asks_nothing_first():
    host = band()
    press(host, "sos")
    assert raised_at(host, SOS) == [host.now]
    assert host.local_first("vibrate", 1, SOS)
    assert host.local_first("buzzer", 1, SOS)


def test_sos_carries_the_place():
    host = band({"latitude": 31_240_000, "longitude": 121_420_000})
    press(host, "sos")
    host.run(SECOND)
    values = host.raised(SOS)[0].body[4]
    assert values[codes.Q_LATITUDE] == 31_240_000
    assert values[codes.Q_LONGITUDE] == 121_420_000


@pytest.mark.parametrize("values", [{"worn": 0}, {"worn": 0, "charging": 1}, {"battery": 1}, {"motion": 0}])
def test_nothing_keeps_sos_from_being_raised(values):
    host = band(values)
    press(host, "sos")
    assert raised_at(host, SOS)


def test_cancel_does_not_take_sos_back():
    host = band()
    press(host, "cancel")
    press(host, "sos")
    press(host, "cancel")
    host.run(SECOND)
    assert host.device.active(SOS)
    assert host.outputs["vibrate"] == 1


def test_sos_repeats_every_10_s_until_it_is_stored():
    host = band(acks=0)
    press(host, "sos")
    host.run(2 * MINUTE)
    times = [s.at for s in host.of(frame.RAISE, SOS)]
    waits = [b - a for a, b in pairwise(times)]
    assert len(waits) > 9
    assert all(10 * SECOND <= wait <= 11 * SECOND for wait in waits)
    assert len(host.raised(SOS)) == 1


def test_an_operator_who_acknowledges_ends_the_call():
    host = band()
    press(host, "sos")
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    host.acknowledge(host.ref(SOS))
    host.run(SECOND)
    assert host.outputs == {"vibrate": 0, "buzzer": 0}
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.once(frame.CLEAR, SOS)


def test_pressed_again_after_the_acknowledgement_calls_again():
    host = band()
    press(host, "sos")
    host.run(SECOND)
    host.acknowledge(host.ref(SOS))
    host.run(SECOND)
    press(host, "sos")
    assert host.outputs["buzzer"] == 1
    host.run(SECOND)
    assert host.once(frame.UPDATE, SOS)[-1].body[5] == 1
    host.acknowledge(host.ref(SOS))
    host.run(SECOND)
    assert host.outputs["buzzer"] == 0


def test_mute_stops_the_buzzer_and_nothing_else():
    host = band()
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT
    press(host, "sos")
    host.run(SECOND)
    assert host.order(codes.CMD_MUTE) == frame.OK
    assert host.outputs == {"vibrate": 1, "buzzer": 0}
    assert host.device.active(SOS)
    press(host, "sos")
    assert host.outputs["buzzer"] == 1


def test_a_restart_inside_the_call_goes_on_calling():
    host = band()
    press(host, "sos")
    host.run(SECOND)
    host.power_cycle()
    assert host.outputs == {"vibrate": 1, "buzzer": 1}
    host.run(MINUTE)
    assert len(host.raised(SOS)) == 1


# ---- fall


def test_free_fall_impact_and_stillness_are_a_fall_told_within_35_s():
    host = band()
    fall(host)
    impact = host.now
    host.run(40 * SECOND)
    candidate = host.events(codes.EVENT_BAND_FALL_CANDIDATE)
    assert len(candidate) == 1
    assert candidate[0].frame.uptime - impact <= 2 * SECOND
    assert raised_at(host, FALL)[0] - impact <= 35 * SECOND
    assert host.local_first("buzzer", 1, FALL)


@pytest.mark.parametrize("settling", [0, 1_000, 2_000, 3_900])
def test_told_within_35_s_however_long_the_limbs_take_to_settle(settling):
    host = band()
    fall(host, still_after_ms=settling)
    impact = host.now - settling - 60
    host.run(40 * SECOND)
    assert raised_at(host, FALL)[0] - impact <= 35 * SECOND


def test_who_does_not_come_to_rest_has_not_fallen():
    host = band()
    fall(host, still_after_ms=4_100)
    host.run(MINUTE)
    assert not raised_at(host, FALL)
    assert not host.events(codes.EVENT_BAND_FALL_CANDIDATE)


def test_who_gets_up_has_not_fallen():
    host = band()
    fall(host)
    host.run(6 * SECOND)
    host.set("motion", 1)
    host.run(MINUTE)
    assert not raised_at(host, FALL)


def test_a_limb_that_still_swings_does_not_end_the_suspicion():
    host = band()
    fall(host)
    host.run(SECOND)
    host.set("motion", 1)
    host.run(SECOND)
    host.set("motion", 0)
    host.run(40 * SECOND)
    assert raised_at(host, FALL)
    assert len(host.events(codes.EVENT_BAND_FALL_CANDIDATE)) == 1


def test_vibrates_for_20_s_in_which_the_wearer_may_cancel():
    host = band()
    fall(host)
    impact = host.now
    host.run(10 * SECOND)
    assert host.outputs["vibrate"] == 1
    host.run(19 * SECOND)
    press(host, "cancel")
    assert host.outputs["vibrate"] == 0
    host.run(MINUTE)
    assert not raised_at(host, FALL)
    assert host.events(codes.EVENT_BAND_FALL_CANCELLED)
    assert host.switched("vibrate")[0][0] - impact <= 10 * SECOND


@pytest.mark.parametrize("early", [0, 5_000])
def test_cancel_before_its_window_disables_nothing(early):
    host = band()
    press(host, "cancel")
    fall(host)
    host.run(early)
    press(host, "cancel")
    host.run(40 * SECOND)
    assert raised_at(host, FALL)


def test_cancel_after_the_alarm_does_not_take_it_back():
    host = band()
    fall(host)
    host.run(40 * SECOND)
    press(host, "cancel")
    assert host.device.active(FALL)


def test_a_cancelled_fall_does_not_disable_the_next():
    host = band()
    fall(host)
    host.run(15 * SECOND)
    press(host, "cancel")
    host.set("motion", 1)
    host.run(MINUTE)
    fall(host)
    host.run(40 * SECOND)
    assert raised_at(host, FALL)


def test_sos_inside_the_window_does_not_wait_and_cancel_takes_back_the_fall_only():
    host = band()
    fall(host)
    host.run(15 * SECOND)
    press(host, "sos")
    assert raised_at(host, SOS) == [host.now]
    press(host, "cancel")
    assert host.outputs["vibrate"] == 1
    host.run(MINUTE)
    assert not raised_at(host, FALL)
    assert host.device.active(SOS)


def test_an_impact_without_free_fall_is_none():
    host = band({"accel": 3_000})
    host.set("motion", 0)
    host.run(MINUTE)
    assert not raised_at(host, FALL)


def test_an_impact_long_after_free_fall_is_none():
    host = band()
    host.set("accel", 300)
    host.run(100)
    host.set("accel", 1_000)
    host.run(1_100)
    host.set("accel", 3_000)
    host.run(60)
    host.set("accel", 1_000)
    host.set("motion", 0)
    host.run(MINUTE)
    assert not raised_at(host, FALL)


@pytest.mark.parametrize(("flight", "impact"), [(500, 3_000), (499, 2_500)])
def test_thresholds_of_free_fall_and_impact(flight, impact):
    host = band()
    host.set("accel", flight)
    host.run(300)
    host.set("accel", impact)
    host.run(60)
    host.set("motion", 0)
    host.run(MINUTE)
    assert not raised_at(host, FALL)


def test_a_band_that_nobody_wears_does_not_fall():
    host = band({"worn": 0})
    fall(host)
    host.run(MINUTE)
    assert not raised_at(host, FALL)


def test_a_band_torn_off_by_the_fall_still_tells_it():
    host = band()
    fall(host)
    host.run(SECOND)
    host.set("worn", 0)
    host.run(40 * SECOND)
    assert raised_at(host, FALL)


# ---- heart rate and blood oxygen


@pytest.mark.parametrize(("rate", "alarm"), [(39, True), (40, False), (130, False), (131, True), (0, False)])
def test_heart_rate_at_rest_for_a_minute(rate, alarm):
    host = band({"motion": 0})
    host.set("heart_rate", rate)
    host.run(60 * SECOND - 1)
    assert not host.notes
    host.run(6 * SECOND)
    assert bool(raised_at(host, codes.ALARM_BAND_HEART_RATE)) == alarm


def test_a_fast_heart_in_motion_is_none():
    host = band({"heart_rate": 160})
    host.run(HOUR)
    assert not host.notes


def test_moving_starts_the_minute_anew():
    host = band({"motion": 0, "heart_rate": 160})
    host.run(40 * SECOND)
    host.set("motion", 1)
    host.run(SECOND)
    host.set("motion", 0)
    host.run(55 * SECOND)
    assert not host.notes
    host.run(10 * SECOND)
    assert host.notes


def test_heart_rate_ends_well_inside_for_a_minute():
    host = band({"motion": 0, "heart_rate": 30})
    host.run(2 * MINUTE)
    host.set("heart_rate", 44)
    host.run(HOUR)
    assert host.device.active(codes.ALARM_BAND_HEART_RATE)
    host.set("heart_rate", 45)
    host.run(66 * SECOND)
    assert not host.device.active(codes.ALARM_BAND_HEART_RATE)


def test_blood_oxygen_below_88_percent_for_two_minutes():
    host = band({"spo2": 88})
    host.run(HOUR)
    assert not host.notes
    host.set("spo2", 87)
    host.run(2 * MINUTE - SECOND)
    assert not host.notes
    host.run(12 * SECOND)
    assert raised_at(host, codes.ALARM_BAND_SPO2)
    host.set("spo2", 89)
    host.run(HOUR)
    assert host.device.active(codes.ALARM_BAND_SPO2)
    host.set("spo2", 90)
    host.run(72 * SECOND)
    assert not host.device.active(codes.ALARM_BAND_SPO2)


def test_no_reading_is_no_alarm():
    host = band({"motion": 0, "heart_rate": 0, "spo2": 0})
    host.run(HOUR)
    assert not host.notes


# ---- inactivity, whereabouts, removal, battery


def test_twelve_hours_without_motion_while_worn():
    host = band({"motion": 0})
    host.run(12 * HOUR - 11 * SECOND)
    assert not host.notes
    host.run(2 * SECOND)
    assert raised_at(host, codes.ALARM_BAND_INACTIVE)
    host.set("motion", 1)
    assert not host.device.active(codes.ALARM_BAND_INACTIVE)


def test_any_motion_starts_the_twelve_hours_anew():
    host = band({"motion": 0})
    host.run(11 * HOUR)
    host.set("motion", 1)
    host.set("motion", 0)
    host.run(11 * HOUR)
    assert not host.notes


def test_a_band_on_the_shelf_is_not_inactive():
    host = band({"motion": 0, "worn": 0, "charging": 1})
    host.run(24 * HOUR)
    assert not host.notes


def test_outside_by_more_than_50_m_for_two_minutes():
    host = band({"outside": 50})
    host.run(HOUR)
    assert not host.notes
    host.set("outside", 51)
    host.run(2 * MINUTE - SECOND)
    assert not host.notes
    host.run(31 * SECOND)
    assert raised_at(host, codes.ALARM_BAND_GEOFENCE)
    host.set("outside", 21)
    host.run(HOUR)
    assert host.device.active(codes.ALARM_BAND_GEOFENCE)
    host.set("outside", 20)
    host.run(MINUTE)
    assert host.once(frame.CLEAR, codes.ALARM_BAND_GEOFENCE)


def test_taken_off_for_more_than_15_min():
    host = band()
    host.set("worn", 0)
    host.run(15 * MINUTE - 1)
    assert not host.notes
    host.run(1)
    assert raised_at(host, codes.ALARM_BAND_REMOVED)
    host.set("worn", 1)
    host.run(SECOND)
    assert host.once(frame.CLEAR, codes.ALARM_BAND_REMOVED)
    assert [s.body[0] for s in host.events()] == [codes.EVENT_BAND_TAKEN_OFF, codes.EVENT_BAND_WORN]


@pytest.mark.parametrize("order", ["charge first", "charge later"])
def test_charging_is_no_removal(order):
    host = band()
    if order == "charge first":
        host.set("charging", 1)
        host.set("worn", 0)
    else:
        host.set("worn", 0)
        host.run(10 * MINUTE)
        host.set("charging", 1)
    host.run(HOUR)
    assert not host.notes


def test_left_lying_after_the_charge_is_removal():
    host = band({"worn": 0, "charging": 1})
    host.run(HOUR)
    host.set("charging", 0)
    host.run(15 * MINUTE)
    assert raised_at(host, codes.ALARM_BAND_REMOVED)


def test_battery_below_20_percent():
    assert not band({"battery": 20}).notes
    host = band({"battery": 19})
    assert raised_at(host, codes.ALARM_BATTERY_LOW)
    host.set("battery", 24)
    host.run(HOUR)
    assert host.device.active(codes.ALARM_BATTERY_LOW)
    host.set("battery", 25)
    host.run(HOUR)
    assert not host.device.active(codes.ALARM_BATTERY_LOW)


def test_several_dangers_are_several_alarms():
    host = band({"motion": 0})
    host.set("heart_rate", 30)
    host.set("spo2", 80)
    press(host, "sos")
    host.run(5 * MINUTE)
    codes_raised = {code for _, what, code in host.notes if what == "raised"}
    assert codes_raised == {SOS, codes.ALARM_BAND_HEART_RATE, codes.ALARM_BAND_SPO2}
