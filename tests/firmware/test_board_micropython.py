"""What a board with drivers tells its device, on real MicroPython: levels, events, faults, and no fault too early."""

from pathlib import Path

from micropython import run_micropython

CASE = Path(__file__).with_name("board_drivers_case.py")


def test_drivers_are_polled_and_what_they_see_is_told_once():
    said = dict(line.split(" ", 1) for line in run_micropython(CASE.read_text(), heap="256k").splitlines())
    assert said["first"] == "7 5 0 3"  # nobody has measured yet: as at rest
    assert said["quiet"] == "[]"
    assert said["level"] == "[('level', 9)]"
    assert said["events"] == "[('event', 4), ('pressed', 1)] 1"
    assert said["fault"] == "[('level', None)] None"
    assert said["lamp"] == "[('lamp', 1)]"
    assert said["polled"] == "True started True seed 16"
    assert said["fed"] == "True"
