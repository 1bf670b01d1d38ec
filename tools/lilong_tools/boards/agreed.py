"""Drivers that boards may name before they are in the tree: what was agreed that they take, give and drive.

A module with a WIRING of its own replaces its line here. `lilong boards --check` says which of them are not there yet;
a kind with one of those cannot be put on a board.
"""

from typing import Any

from .drivers import Driver, drivers

AGREED: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "buzzer": ({"pwm": "pwm"}, (), ("sounder", "buzzer")),
    "dali": ({"tx": "out", "rx": "in"}, ("gear",), ("lamp", "failure_level")),
    "valve": ({"pin": "out"}, (), ("valve",)),
    "button": ({"pin": "in", "?pressed": (0, 1)}, ("sos", "cancel"), ()),
    "charging": ({"pin": "in", "?active": (0, 1)}, ("charging",), ()),
    "mfrc522": ({"spi": "spi", "cs": "out"}, ("credential", "reader"), ()),
    "tamper": ({"pin": "in", "?closed": (0, 1)}, ("tamper",), ()),
    "vibration": ({"pwm": "pwm"}, (), ("vibrate",)),
}  # fmt: skip


def all_drivers() -> dict[str, Driver]:
    """Every driver that a board may name; `written` says whether it is in the tree."""
    found = {
        name: Driver(name, "", {key.removeprefix("?"): role for key, role in takes.items()},
                     frozenset(key[1:] for key in takes if key.startswith("?")), gives, drives, {}, False)
        for name, (takes, gives, drives) in AGREED.items()
    }  # fmt: skip
    return found | drivers()


def unwritten() -> set[str]:
    """What is agreed on and not there yet."""
    return {name for name, driver in all_drivers().items() if not driver.written}
