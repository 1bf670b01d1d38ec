"""Every fail-safe of each kind with no network, no time and full flash, all at once. README.md lists these tests."""

import re
from pathlib import Path

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
from lilong_firmware.bus import RAISED, SILENT, command_of, heard
from lilong_firmware.outbox import LATE_MS
from stories import GIVEN, PLANTS, STORIES

README = Path(__file__).parents[2] / "firmware" / "README.md"
KINDS = sorted(STORIES)


def alone(kind, **options):
    """A device that has power, sensors and outputs, and nothing else."""
    options = {"data": GIVEN.get(kind), "plant": PLANTS.get(kind), "store": FullStore(), **options}
    host = Host(kind, link=False, times=False, acks=0, **options)
    host.run(4 * MINUTE)
    return host


def heard_later(host, code):
    """Once there is a backend it has the alarm, which only RAM had, once in effect."""
    assert not host.arrived
    host.acks = 1
    host.heal()
    host.run(20 * MINUTE)
    assert len(host.raised(code)) == 1
    assert len(host.device.outbox) == 0
    return True


def test_smoke_sounds_within_two_samples_and_is_told_later():
    host = alone("smoke")
    begin = host.now
    host.set("obscuration", 231)
    host.run(8 * SECOND)
    assert host.switched("sounder")[-1][1] == 1
    assert host.switched("sounder")[-1][0] - begin <= 8 * SECOND
    assert heard_later(host, codes.ALARM_SMOKE_ALARM)


def test_smoke_with_a_low_battery_and_an_open_case_sounds_all_the_same():
    host = alone("smoke", values={"battery": 1, "tamper": 1})
    host.set("obscuration", 900)
    host.run(8 * SECOND)
    assert host.outputs["sounder"] == 1


def test_gas_shuts_its_valve_and_sounds_between_15_and_60_s():
    host = alone("gas")
    begin = host.now
    host.set("gas", 120)
    host.run(MINUTE)
    for output in ("valve", "sounder"):
        (at, value), *_ = host.switched(output)
        assert value == 1
        assert 15 * SECOND <= at - begin <= 60 * SECOND
    assert heard_later(host, codes.ALARM_GAS_LEAK)


def test_gas_leaves_its_valve_shut_when_the_gas_has_gone():
    host = alone("gas")
    host.set("gas", 300)
    host.run(MINUTE)
    host.set("gas", 0)
    host.run(HOUR)
    assert host.outputs == {"valve": 1, "sounder": 0, "fault": 1}


def test_gas_sounds_for_carbon_monoxide_by_the_dose_of_en_50291():
    host = alone("gas")
    begin = host.now
    host.set("co", 300)
    host.run(3 * MINUTE)
    assert host.switched("sounder") == [(host.switched("sounder")[0][0], 1)]
    assert host.switched("sounder")[0][0] - begin <= 3 * MINUTE
    assert heard_later(host, codes.ALARM_GAS_CO)


def test_door_lets_in_by_its_own_list_and_nobody_else():
    host = alone("door")
    host.sense("credential", 7)
    assert host.outputs["lock"] == 1
    host.run(10 * SECOND)
    assert host.outputs["lock"] == 0
    host.sense("credential", 8)
    assert host.outputs["lock"] == 0


def test_door_lets_everybody_out():
    host = alone("door")
    host.sense("exit_button", 1)
    assert host.outputs["lock"] == 1


def test_door_lets_in_visitors_for_72_hours_and_then_residents_only():
    host = alone("door")
    host.sense("credential", 2_000)
    assert host.outputs["lock"] == 1
    host.run(73 * HOUR)
    host.sense("credential", 2_000)
    assert host.outputs["lock"] == 0
    host.sense("credential", 7)
    assert host.outputs["lock"] == 1


def test_door_sounds_when_it_is_forced_and_when_it_is_held_open():
    host = alone("door")
    host.sense("contact", 1)
    assert host.outputs["buzzer"] == 1
    host.sense("contact", 0)
    assert host.outputs["buzzer"] == 0
    host.sense("exit_button", 1)
    host.sense("contact", 1)
    host.run(30 * SECOND)
    assert host.outputs["buzzer"] == 1
    assert heard_later(host, codes.ALARM_DOOR_FORCED)


def test_streetlight_goes_by_its_light_sensor():
    host = alone("streetlight")
    assert host.outputs["lamp"] == 0
    host.set("lux", 5)
    host.run(80 * SECOND)
    assert host.outputs["lamp"] == 100
    host.set("lux", 10_000)
    host.run(80 * SECOND)
    assert host.outputs["lamp"] == 0


def test_streetlight_without_its_sensor_goes_to_the_system_failure_level():
    host = alone("streetlight")
    host.set("lux", None)
    host.run(20 * SECOND)
    assert host.outputs["lamp"] == 100
    assert heard_later(host, codes.ALARM_SENSOR_FAULT)


def test_streetlight_ends_a_commanded_level_a_quarter_of_an_hour_after_the_link():
    host = Host("streetlight", store=FullStore(), times=False, data=GIVEN["streetlight"], plant=PLANTS["streetlight"])
    host.run(MINUTE)
    assert host.order(codes.CMD_SET_LEVEL, {0: 40}) == 200
    assert host.outputs["lamp"] == 40
    host.cut()
    host.run(16 * MINUTE)
    assert host.outputs["lamp"] == 0


def test_manhole_keeps_what_it_has_to_say_until_somebody_hears_it():
    host = alone("manhole")
    host.set("tilt", 300)
    host.set("water", 50)
    host.set("h2s", 200)
    host.run(30 * SECOND)
    wanted = (codes.ALARM_MANHOLE_MOVED, codes.ALARM_MANHOLE_OVERFULL, codes.ALARM_MANHOLE_GAS)
    assert all(host.device.active(code) for code in wanted)
    host.run(6 * HOUR)
    assert heard_later(host, codes.ALARM_MANHOLE_MOVED)
    assert all(len(host.raised(code)) == 1 for code in wanted)


def test_wristband_calls_by_vibrating_and_sounding_until_somebody_answers():
    host = alone("wristband")
    host.sense("sos", 1)
    assert host.outputs == {"vibrate": 1, "buzzer": 1}
    host.run(2 * HOUR)
    assert (host.outputs["vibrate"], host.outputs["buzzer"]) == (1, 1)
    assert heard_later(host, codes.ALARM_BAND_SOS)


def test_wristband_finds_a_fall_and_calls_after_its_cancel_window():
    host = alone("wristband")
    for value, wait in ((100, 300), (4_000, 40), (1_000, 0)):
        host.set("accel", value)
        host.run(wait)
    host.sense("motion", 0)
    host.run(15 * SECOND)
    assert host.outputs["vibrate"] == 1
    host.run(20 * SECOND)
    assert host.outputs["buzzer"] == 1
    assert heard_later(host, codes.ALARM_BAND_FALL)


def test_shed_socket_cuts_its_power_for_current_heat_and_smoke():
    for channel, value in (("current", 6_000), ("temperature", 7_000), ("obscuration", 231)):
        host = alone("shed_socket", store=FullStore(1), kept={"fed": 1})
        assert host.outputs["relay"] == 1
        host.set(channel, value)
        host.run(9 * SECOND)
        assert host.outputs["relay"] == 0


def test_shed_socket_feeds_nothing_that_it_cannot_watch():
    host = alone("shed_socket", store=FullStore(1), kept={"fed": 1})
    host.sense("temperature", None)
    host.run(MINUTE)
    assert host.outputs["relay"] == 0


def test_gateway_links_fire_gas_and_fence_by_itself_within_3_s():
    for alarms, child, command in (
        ((heard(1, RAISED, 1), heard(2, RAISED, 1)), 3, codes.CMD_FIRE_RELEASE),
        ((heard(5, RAISED, 2),), 7, codes.CMD_CLOSE_VALVE),
        ((heard(8, RAISED, 42),), 10, codes.CMD_SET_LEVEL),
    ):
        host = alone("gateway")
        for alarm in alarms:
            host.set("bus", alarm)
        host.run(3 * SECOND)
        assert (child, command) in [command_of(value)[:2] for _, value in host.switched("bus")]


def test_gateway_ends_no_fire_with_a_child_that_burns():
    host = alone("gateway")
    for message in (heard(1, RAISED, 1), heard(2, RAISED, 1), heard(1, SILENT), heard(2, SILENT)):
        host.set("bus", message)
        host.run(5 * MINUTE)
    assert host.outputs["siren"] == 1


def test_vehicle_lane_opens_by_its_own_list_and_for_nobody_else():
    host = alone("vehicle_lane", data={"cards": GIVEN["vehicle_lane"]["cards"]})
    host.set("confidence", 96)
    host.sense("plate", 3_000)
    assert host.outputs["barrier"] == 0
    host.sense("plate", 7)
    assert host.switched("barrier")[-2:] == [(host.now, 1), (host.now, 0)]
    assert host.values["up"] == 1


def test_vehicle_lane_never_closes_on_a_vehicle_nor_without_its_loop():
    host = alone("vehicle_lane")
    host.set("confidence", 96)
    host.sense("plate", 7)
    for there in (1, None):
        host.sense("loop", there)
        host.run(HOUR)
        assert host.values["up"] == 1
    host.sense("loop", 0)
    host.run(2 * SECOND)
    assert host.outputs["barrier"] == 2


def test_vehicle_lane_stays_open_for_fire_through_a_power_cut_until_its_reset():
    host = Host("vehicle_lane", data=GIVEN["vehicle_lane"], plant=PLANTS["vehicle_lane"], link=False)
    host.sense("fire", 1)
    host.set("fire", 0)
    host.power_cycle()
    host.run(HOUR)
    assert (host.values["up"], host.values["down"]) == (1, 0)
    assert host.device.rules.report()[codes.Q_LANE_STATE] == 7


def test_vehicle_lane_tells_each_passage_once_when_somebody_hears_it():
    host = Host("vehicle_lane", data=GIVEN["vehicle_lane"], plant=PLANTS["vehicle_lane"], link=False)
    for channel, value, wait in STORIES["vehicle_lane"][0]:
        host.set(channel, value)
        host.run(wait)
    host.power_cycle()
    host.heal()
    host.run(2 * MINUTE)
    assert len(host.events(codes.EVENT_LANE_ENTERED)) == 1


def test_cycle_gate_lets_in_by_its_own_list_and_nobody_else():
    host = alone("cycle_gate")
    host.set("direction", 1)
    host.sense("tag", 3_000)
    assert host.outputs["lock"] == 0
    host.sense("tag", 1_000)
    assert host.outputs["lock"] == 1


def test_cycle_gate_lets_everybody_out():
    host = alone("cycle_gate")
    host.set("direction", 2)
    for way_out in (("tag", 3_000), ("exit_button", 1)):
        host.sense(*way_out)
        assert host.outputs["lock"] == 1
        host.run(10 * SECOND)
        assert host.outputs["lock"] == 0


def test_cycle_gate_sounds_for_an_e_bike_on_its_way_into_a_lift():
    host = alone("cycle_gate")
    host.set("direction", 1)
    host.sense("tag", 7)
    assert (host.outputs["buzzer"], host.outputs["lock"]) == (1, 0)
    assert heard_later(host, codes.ALARM_GATE_EBIKE_IN_LOBBY)


def test_fence_zone_sounds_and_lights_at_once_for_a_climb_a_cut_and_a_call_for_help():
    for channel, value, code in (
        ("tension", 300, codes.ALARM_FENCE_CLIMB),
        ("pulse_return", 0, codes.ALARM_FENCE_CUT),
        ("panic", 1, codes.ALARM_PANIC),
    ):
        host = alone("fence_zone")
        host.set(channel, value)
        host.run(3 * SECOND)
        assert (host.outputs["siren"], host.outputs["light"]) == (1, 1)
        assert heard_later(host, code)


def test_fence_zone_sends_no_pulse_that_may_hurt():
    host = alone("fence_zone")
    host.set("pulse_energy", 5_001)
    host.run(3 * SECOND)
    assert host.outputs["pulse"] == 0


def test_intercom_calls_a_flat_over_the_unit_controller_and_lets_in_whom_it_opens_for():
    host = alone("intercom")
    host.sense("call", 101)
    for answer in (9, 10, 13):
        host.sense("callee", answer)
        host.run(SECOND)
    assert host.outputs["lock"] == 1
    host.run(5 * SECOND)
    assert (host.outputs["lock"], host.outputs["ring"]) == (0, 0)


def test_intercom_opens_by_its_own_list_of_cards_and_pins():
    for channel, known, unknown in (("credential", 7, 8), ("pin", 10_042, 10_044)):
        host = alone("intercom")
        host.sense(channel, unknown)
        assert host.outputs["lock"] == 0
        host.sense(channel, known)
        assert host.outputs["lock"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_signals_by_itself_that_its_alarm_is_heard_by_nobody(kind):
    host = alone(kind)
    host.sense(host.device.rules.CHANNELS[0][0], None)
    begin = host.now
    host.run(LATE_MS)
    assert host.switched("fault") == [(begin + LATE_MS, 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_starts_and_acts_when_not_even_its_boot_number_can_be_kept(kind):
    host = alone(kind)
    host.power_cycle()
    host.run(4 * MINUTE)
    host.sense(host.device.rules.CHANNELS[0][0], None)
    assert host.device.active(codes.ALARM_SENSOR_FAULT)
    assert host.device.outbox.unstored


def test_the_readme_lists_these_tests_and_no_others():
    table = README.read_text().partition("## Fail-safes")[2].partition("\n## ")[0]
    listed = re.findall(r"`test_(\w+)`", table)
    here = [name[5:] for name in globals() if name.startswith("test_") and "readme" not in name]
    assert sorted(listed) == sorted(here)
    kinds = re.findall(r"^\| (\w+) \|", table, re.MULTILINE)
    assert set(kinds) - {"kind", "every"} == set(KINDS)
