"""What a sleeping board runs before the rest of its firmware: one look, and no press is lost while it boots."""

from pathlib import Path

import pytest
from lilong_tools.boards import open_board
from lilong_tools.flash import first
from micropython import run_micropython

HERE = Path(__file__).parent
CASE = HERE / "early_case.py"
FIRST_LINE_MS = 50
BOOT_MS = 100  # `sleep_esp32`: before the ticks begin


def wakes(*words):
    """What came of one waking."""
    what, *rest = run_micropython(CASE.read_text(), HERE.parent, *words, heap="1m").split()
    return what, *rest


def test_all_calm_it_sleeps_on_after_a_few_dozen_ms_awake():
    what, ms, awake_ms = wakes()
    assert what == "slept"
    assert int(awake_ms) <= BOOT_MS + FIRST_LINE_MS + 80
    assert int(ms) + int(awake_ms) <= 86_400_000 - 30_000 + BOOT_MS


def test_a_band_that_has_been_put_on_starts_at_once():
    what, names, looked = wakes("worn")
    assert (what, names) == ("starts", "-")
    assert int(looked) <= FIRST_LINE_MS + 80


def test_what_a_glance_finds_is_looked_at_again_as_an_awake_device_does():
    """A charger's lamp that blinks is none that charges: 2 s of the same."""
    what, _, looked = wakes("charging")
    assert what == "starts"
    assert int(looked) >= 2_000


def test_a_sensor_that_is_silent_starts_the_device_once_and_costs_little_when_that_is_known():
    assert wakes("fault")[0] == "starts"
    what, _, awake_ms = wakes("known")
    assert what == "slept"
    assert int(awake_ms) <= BOOT_MS + FIRST_LINE_MS + 250


@pytest.mark.parametrize("press", [
    "press:1:100",  # before the first line, and held
    "press:49:30", "press:60:40",  # while it looks
    "press:10:5000",
])  # fmt: skip
def test_a_press_while_a_timer_s_waking_boots_or_looks_is_told(press):
    assert wakes(press)[:2] == ("starts", "sos")


@pytest.mark.parametrize("press", ["press:60:40 worn", "press:400:60 worn"])
def test_a_press_while_the_rest_of_the_firmware_is_loaded_is_told(press):
    assert wakes(*press.split())[:2] == ("starts", "sos")


def test_the_button_that_ended_the_sleep_is_told_although_it_has_been_let_go():
    assert wakes("pin")[:2] == ("starts", "sos")


@pytest.mark.parametrize("press", ["press:60:10", "press:1:60"])
def test_a_spark_is_no_press(press):
    """At the first line too: what is down there must be down for 20 ms more."""
    assert wakes(press)[0] == "slept"


def test_a_press_that_is_over_before_the_first_line_is_not_seen():
    """What no software can: ROM and bootloader have run meanwhile. boards/deep_sleep.md says so."""
    assert wakes("press:1:40")[0] == "slept"


@pytest.mark.parametrize(("words", "outcome"), [
    ((), ("slept",)), (("worn",), ("starts", "-")),
    (("press:60:40",), ("starts", "sos")), (("pin",), ("starts", "sos")),
])  # fmt: skip
def test_the_module_that_goes_onto_a_board_looks_too(tmp_path, words, outcome):
    module = first.first(open_board("esp32_c3"), "wristband", tmp_path)
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / f"{first.NAME}.mpy").write_bytes(module)
    assert wakes(f"built:{tmp_path / 'board'}", *words)[: len(outcome)] == outcome


def test_a_board_that_never_sleeps_has_no_such_module(tmp_path):
    assert first.first(open_board("esp32"), "door", tmp_path) is None
