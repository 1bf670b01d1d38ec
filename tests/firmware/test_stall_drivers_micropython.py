"""From a chip's pin to the lock: a loop that the network keeps waiting for 3 s delays nothing that has a limit.

A timer's handler runs between any two steps of the program; within one call in C none does. So that a call does not
last: `test_stall_tls_micropython.py`, by which 3 s of handshake are three calls of about a second.
"""

import socket
from pathlib import Path

import pytest
from lilong_protocol import codes
from micropython import run_micropython

TESTS = Path(__file__).parents[1]
CASE = Path(__file__).with_name("stalled_case.py")
SECOND = 1_000
STALL_MS = 3 * SECOND
CALL_MS = 1_200  # 39 % of it, the most seen in one call of mbedTLS

# GB 50396: card to lock within 2 s; a forced door as a wired intruder alarm, 2 s. (ours) a call within 3 s of the
# button; of a fall within 15 s, 10 of which are stillness.
LIMITS = {
    "card": ("lock", 2 * SECOND), "exit": ("lock", 2 * SECOND), "forced": ("buzzer", 2 * SECOND),
    "sos": ("vibrate", 3 * SECOND + 50), "fall": ("vibrate", 15 * SECOND),
}  # fmt: skip

TOLD = {
    "card": ("event", codes.EVENT_DOOR_GRANTED), "exit": ("event", codes.EVENT_DOOR_EXIT),
    "forced": ("alarm", codes.ALARM_DOOR_FORCED),
}  # fmt: skip


@pytest.fixture
def lines(tmp_path):
    """What a device says, whose loop stands still for so long from the story's event on."""
    (tmp_path / "cards").write_bytes((7).to_bytes(4, "big"))

    def tell(story, timers, stall_ms):
        with socket.create_server(("127.0.0.1", 0)) as there:
            words = (TESTS, tmp_path / "cards", timers, stall_ms, story, there.getsockname()[1])
            said = run_micropython(CASE.read_text(), *words, heap="1m").splitlines()
        assert f"ended {stall_ms}" in said
        return [line.split() for line in said]

    return tell


@pytest.fixture
def outputs(lines):
    """When each output is first switched on, in ms after the story's event."""

    def tell(story, timers, stall_ms):
        on = [words for words in lines(story, timers, stall_ms) if words[0] == "out"]
        return {name: int(at) for _, name, value, at in reversed(on) if value == "1" and int(at) >= 0}

    return tell


@pytest.mark.parametrize("story", LIMITS)
def test_the_program_stands_still_for_3_s_and_every_output_comes_within_its_limit(outputs, story):
    name, limit = LIMITS[story]
    assert outputs(story, "soft", STALL_MS)[name] <= limit


@pytest.mark.parametrize("story", LIMITS)
def test_a_call_in_c_takes_its_share_of_3_s_and_every_output_comes_within_its_limit(outputs, story):
    name, limit = LIMITS[story]
    assert outputs(story, "no", CALL_MS)[name] <= limit


@pytest.mark.parametrize("story", ["sos", "fall"])
def test_what_wears_a_band_is_felt_within_its_limit_when_nothing_runs_for_3_s(outputs, story):
    name, limit = LIMITS[story]
    assert outputs(story, "no", STALL_MS)[name] <= limit


@pytest.mark.parametrize("timers", ["no", "soft"])
@pytest.mark.parametrize("story", TOLD)
def test_what_was_seen_while_the_loop_stood_still_is_told_once(lines, story, timers):
    what, code = TOLD[story]
    assert lines(story, timers, CALL_MS).count([what, str(code)]) == 1


def test_without_a_timer_3_s_are_too_long_for_a_door(outputs):
    """Or else the others would prove nothing."""
    assert outputs("card", "no", STALL_MS)["lock"] > LIMITS["card"][1]


IN_AN_INTERRUPT = """
import sys
import micropython
sys.path.insert(0, sys.argv[1])
from chips.clock import Clock
from chips.pins import Pin
from lilong_firmware.drivers.exit_button import ExitButton
from lilong_firmware.drivers.lock import Lock

class Wire:
    IRQ_FALLING, IRQ_RISING = 2, 1
    def __init__(self, level):
        self.level = level
    def __call__(self, value=None):
        if value is None:
            return self.level
        self.level = value
    def irq(self, handler, trigger):
        pass

wire, relay = Wire(1), Wire(0)
button = ExitButton(wire)
button.frees = Lock(relay)
button.frees.drive("lock", 0)
tick = button.tick
levels = []
for level in (0, 1):
    wire.level = 1 - level
    micropython.heap_lock()
    for _ in range(8):
        tick(None)
    micropython.heap_unlock()
    levels.append(relay.level)
print(levels)
"""


def test_the_way_out_takes_nothing_of_the_heap_in_its_interrupt():
    """A hard interrupt that allocates is a MemoryError, and the door stays locked."""
    assert run_micropython(IN_AN_INTERRUPT, TESTS).strip() == "[1, 0]"
