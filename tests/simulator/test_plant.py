"""What hangs on a device's outputs: a streetlight's lamp, as its meter, relay and bus see it; the arm of a barrier; a
fence's energizer; the phones that an intercom lets ring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.effects import NEVER
from lilong_firmware.kinds import rules
from lilong_firmware.lamp_faults import NOMINAL_DW
from lilong_protocol.registry import KIND
from lilong_simulator.fleet.arm import LOWER, RAISE, STOP, TRAVEL_MS, Arm
from lilong_simulator.fleet.plant import ANSWERED, LAMP_DW, STANDBY_DW, Plant


def lit(level, **wrong):
    """What is felt of a lamp at a level; `wrong`: what is the matter with its plant."""
    plant = Plant()
    plant.answer("failure_level", 70)
    for name, value in wrong.items():
        setattr(plant, name, value)
    return dict(plant.answer("lamp", level))


@pytest.mark.parametrize(
    ("level", "power", "current", "power_factor", "relay"),
    [(0, STANDBY_DW, 4, 50, 0), (20, STANDBY_DW + 120, 81, 70, 1), (50, STANDBY_DW + 300, 145, 95, 1),
     (100, STANDBY_DW + 600, 289, 95, 1)],
)  # fmt: skip
def test_a_lamp_draws_what_its_level_asks_for(level, power, current, power_factor, relay):
    assert lit(level) == {
        "power": power, "current": current, "power_factor": power_factor, "relay": relay, "gear": 1,
    }  # fmt: skip


def test_current_is_power_by_voltage_and_power_factor():
    for level in range(101):
        felt = lit(level)
        watts = felt["current"] / 1_000 * 220 * felt["power_factor"] / 100
        assert watts == pytest.approx(felt["power"] / 10, abs=0.3)


def test_it_is_the_lamp_that_the_controller_expects():
    assert LAMP_DW == NOMINAL_DW


def test_a_lamp_that_has_burnt_out_draws_no_more_than_its_controller():
    felt = lit(100, broken=True)
    assert (felt["power"], felt["relay"], felt["gear"]) == (STANDBY_DW, 1, 1)


@pytest.mark.parametrize(("stuck", "level"), [(0, 100), (1, 0)])
def test_a_relay_that_has_stuck_stays_where_it_is(stuck, level):
    felt = lit(level, stuck=stuck)
    assert felt["relay"] == stuck
    assert felt["power"] == STANDBY_DW


def test_gear_that_is_silent_lights_at_the_failure_level_that_it_was_told():
    felt = lit(20, silent=True)
    assert felt["gear"] == 0
    assert felt["power"] == STANDBY_DW + LAMP_DW * 70 // 100
    assert lit(0, silent=True)["power"] == STANDBY_DW  # the relay still switches it off


def test_gear_that_is_silent_learns_no_other_failure_level():
    plant = Plant()
    plant.silent = True
    assert list(plant.answer("failure_level", 10)) == []
    assert dict(plant.answer("lamp", 50))["power"] == STANDBY_DW + LAMP_DW


def test_what_breaks_while_it_is_lit_is_felt_at_once():
    plant = Plant()
    plant.answer("lamp", 100)
    plant.broken = True
    assert dict(plant.felt())["power"] == STANDBY_DW


def test_a_fence_whose_pulses_are_switched_off_has_none_until_they_are_on_again():
    plant = Plant()
    assert list(plant.answer("pulse", 1)) == [], "they are: nothing changes what the line is like"
    assert dict(plant.answer("pulse", 0)) == {"pulse_peak": 0, "pulse_return": 0}
    assert dict(plant.answer("pulse", 1)) == {"pulse_peak": 6_500, "pulse_return": 6_200}
    plant.cut = True
    plant.answer("pulse", 0)
    assert dict(plant.answer("pulse", 1)) == {"pulse_peak": 6_500, "pulse_return": 0}


@pytest.mark.parametrize("kind", ["fence_zone", "intercom"])
def test_what_a_plant_feels_are_sensors_of_its_kind(kind):
    channels = {channel[0]: channel[2] for channel in rules(kind).CHANNELS}
    if kind == "fence_zone":
        plant = Plant()
        plant.answer("pulse", 0)
        assert dict(plant.answer("pulse", 1)).items() <= channels.items(), "the idle values"
    else:
        assert dict(Plant().answer("ring", 2)) == {"callee": 17}
        assert "callee" in channels
        assert list(Plant().answer("ring", 0)) == []


@pytest.mark.parametrize("output", ["sounder", "lock", "valve", "buzzer", "vibrate", "failure_level", "siren"])
def test_other_outputs_are_felt_by_no_sensor(output):
    assert list(Plant().answer(output, 1)) == []


def test_whoever_runs_devices_asks_a_plant_about_all_that_it_answers():
    outputs = {output for kind in KIND.values() for output in kind.outputs}
    answered = {output for output in outputs for value in (0, 1, 50) if list(Plant().answer(output, value))}
    assert answered <= ANSWERED <= outputs | {"failure_level"}
    assert {"lamp", "barrier", "pulse", "ring"} <= answered


def test_an_arm_leaves_one_switch_and_is_at_the_other_after_its_travel():
    plant = Plant()
    assert plant.due == NEVER
    assert list(plant.answer("barrier", RAISE, 1_000)) == [("down", 0)]
    assert plant.due == 1_000 + TRAVEL_MS
    assert list(plant.step(plant.due - 1)) == []
    assert list(plant.step(plant.due)) == [("up", 1)]
    assert plant.due == NEVER
    assert list(plant.answer("barrier", STOP, 5_000)) == [("up", 1)], "it rests there"
    assert list(plant.answer("barrier", LOWER, 60_000)) == [("up", 0)]
    plant.arm.jammed = True
    assert list(plant.step(70_000)) == []


DRIVES = st.lists(st.tuples(st.integers(0, 2 * TRAVEL_MS), st.sampled_from((STOP, RAISE, LOWER))), max_size=20)


@given(DRIVES)
def test_an_arm_is_at_a_switch_just_when_it_has_come_so_far_whichever_way_it_is_driven(drives):
    """Against one that is moved a millisecond at a time."""
    arm, now, at, motor = Arm(), 0, 0, STOP
    switches = {"down": 1, "up": 0}
    for waits, then in drives:
        for now in range(now + 1, now + waits + 1):  # noqa: B020  a millisecond at a time
            at = max(0, min(TRAVEL_MS, at + {RAISE: 1, LOWER: -1}.get(motor, 0)))
            switches.update(arm.step(now))
            assert arm.place(now) == at
            assert switches == {"down": at == 0, "up": at == TRAVEL_MS}
        motor = then
        for switch, on in arm.drive(now, then):
            switches[switch] = on
        assert not (switches["down"] and switches["up"])
        assert arm.due == NEVER or now < arm.due <= now + TRAVEL_MS
