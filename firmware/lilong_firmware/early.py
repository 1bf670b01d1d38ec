"""What a board that sleeps deeply runs first when it wakes, before any other of its firmware is loaded.

Its buttons are listened to from the first line on. Then it looks; all calm, and it sleeps on, having loaded a tenth of
the firmware. Else the firmware is loaded, and what was pressed meanwhile is told to the device (`seen_early`, a name
that nothing else has: the bundle knows this module by it). Built apart from the rest as `lilong_look`, with the drivers
that a look needs (`looking`, which is written from board.toml).
"""

import sys
from time import sleep_ms, ticks_ms

from looking import CHANNELS, RECORDS, WAKES, wire  # type: ignore[import-not-found]  # written for each board

from .look import Look
from .sleep_esp32 import Esp32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG = "/lilong/device.json"
SETTLE_MS = 24  # a button's `HOLD_MS`, and a poll after it
_buttons: "list[Any]" = []
_pins: "list[tuple[str, Any, int]]" = []
_seen: "list[str]" = []


def seen_early() -> "list[str]":
    """The channels whose buttons have been pressed since the board woke, and whose chips hold their interrupt."""
    for button in _buttons:
        button.poll(ticks_ms())
        event = button.take()
        if event is not None:
            _seen.append(event[0])
    for name, pin, level in _pins:
        if pin() == level and name not in _seen:
            _seen.append(name)
    return _seen


def main() -> None:
    """After a deep sleep: sleep on, or return. A fault of it is no reason not to start the device."""
    try:
        power = Esp32(WAKES)
        if not power.woken:
            return
        drivers, sensors, buttons, pins = wire(_given())
        _buttons.extend(buttons)
        _pins.extend(pins)
        _seen.extend([name for name in power.pressed() if name not in _seen])
        if held():
            sleep_ms(SETTLE_MS)
        Look(power, CHANNELS, drivers, sensors).sleep_on(told)
    except Exception as error:
        sys.print_exception(error)  # type: ignore[attr-defined]


def held() -> bool:
    """A button is down now: whether that is a press, it takes some ms to see."""
    seen_early()
    return bool([button for button in _buttons if button.down])


def told() -> bool:
    """Of what is pressed, what a later look cannot see any more."""
    return bool([name for name in seen_early() if name in ("sos", "tilt")])


def _given() -> "dict[str, bytes]":
    """Calibration records of the drivers here."""
    if not RECORDS:
        return {}
    import json  # noqa: PLC0415  by need

    with open(CONFIG) as file:
        paths = json.load(file)["data"]
    given = {}
    for name in RECORDS:
        if name in paths:
            with open(paths[name], "rb") as data:
                given[name] = data.read()
    return given
