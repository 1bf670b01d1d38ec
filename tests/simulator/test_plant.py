"""What hangs on a device's outputs: the lamp of a streetlight, as its power meter sees it."""

import pytest
from lilong_firmware.kinds.streetlight import NOMINAL_DW
from lilong_simulator.fleet.plant import LAMP_DW, STANDBY_DW, Plant


@pytest.mark.parametrize(("level", "power"), [(0, STANDBY_DW), (40, STANDBY_DW + 240), (100, STANDBY_DW + 600)])
def test_a_lamp_draws_what_its_level_asks_for(level, power):
    assert list(Plant().answer("lamp", level)) == [("power", power)]


def test_it_is_the_lamp_that_the_controller_expects():
    assert LAMP_DW == NOMINAL_DW


def test_a_lamp_that_has_burnt_out_draws_no_more_than_its_driver():
    plant = Plant()
    plant.broken = True
    assert list(plant.answer("lamp", 100)) == [("power", STANDBY_DW)]


@pytest.mark.parametrize("output", ["sounder", "lock", "valve", "buzzer", "vibrate"])
def test_other_outputs_are_felt_by_no_sensor(output):
    assert list(Plant().answer(output, 1)) == []
