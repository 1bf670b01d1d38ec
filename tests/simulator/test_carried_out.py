"""When a command has been carried out: by the output of whatever kind of device it is."""

import pytest
from lilong_protocol.registry import COMMAND, KIND
from lilong_simulator.carried_out import LINKED_OUTPUTS, OUTPUTS, carried_out


@pytest.mark.parametrize(
    ("action", "output", "before", "done"),
    [
        ("fire_release", "lock", 0, 1), ("fire_release", "barrier", 2, 1), ("close_valve", "valve", 0, 1),
        ("set_level", "lamp", 30, 100), ("switch_off", "relay", 1, 0), ("open_valve", "valve", 1, 0),
    ],
)  # fmt: skip
def test_an_output_that_becomes_as_it_should_shows_it(action, output, before, done):
    rows = [(10, "a", output, before), (50, "b", output, done), (90, "a", "fault", done), (120, "a", output, done)]
    assert carried_out(action, "a", 100, rows) == 120
    assert carried_out(action, "a", 100, rows[:3]) is None
    assert carried_out(action, "a", 130, rows) == 130, "it was so already"
    assert carried_out(action, "c", 100, rows) is None


def test_a_barrier_that_was_lifted_is_up_when_its_motor_stands_still():
    rows = [(10, "a", "barrier", 1), (20, "a", "barrier", 0)]
    assert carried_out("fire_release", "a", 100, rows) == 100
    assert carried_out("fire_release", "a", 100, [*rows, (30, "a", "barrier", 2), (40, "a", "barrier", 0)]) is None


def test_every_command_and_output_is_in_the_registry():
    assert set(OUTPUTS) <= set(COMMAND)
    assert {output for kind in KIND.values() for output in kind.outputs} >= LINKED_OUTPUTS


def test_what_nobody_can_see_is_never_carried_out():
    assert carried_out("test", "a", 100, [(120, "a", "lock", 1)]) is None
