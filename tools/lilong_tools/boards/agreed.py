"""Drivers that boards may name before they are in the tree: what was agreed that they take, give and drive.

A module with a WIRING of its own replaces its line here. `lilong boards --check` says which of them are not there yet;
a kind with one of those cannot be put on a board.
"""

from typing import Any

from .drivers import Driver, drivers

AGREED: dict[str, tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = {
    "bh1750": ({"i2c": "i2c", "?address": (0x23, 0x5C)}, ("lux",), ()),
    "buzzer": ({"pwm": "pwm"}, (), ("sounder", "buzzer")),
    "contact": (
        {"pin": "in", "?active": (0, 1)},
        ("contact", "tamper", "exit_button", "relay", "sos", "cancel", "charging"), (),
    ),
    "dali": ({"tx": "out", "rx": "in"}, ("gear",), ("lamp", "failure_level")),
    "dimmer": ({"pwm": "pwm"}, (), ("lamp", "failure_level")),
    "h2s": ({"uart": "uart"}, ("h2s",), ()),
    "max17048": ({"i2c": "i2c"}, ("battery",), ()),
    "max30102": ({"i2c": "i2c", "?int": "in"}, ("heart_rate", "spo2", "worn"), ()),
    "mq": ({"adc": "adc"}, ("gas",), ()),
    "osdp": ({"uart": "uart", "de": "out"}, ("credential", "pin", "reader", "tamper"), ()),
    "pzem004t": ({"uart": "uart"}, ("power", "voltage", "current", "power_factor"), ()),
    "relay": ({"pin": "out"}, (), ("lock",)),
    "smoke_adc": ({"adc": "adc", "led": "out"}, ("obscuration",), ()),
    "ultrasonic": ({"trigger": "out", "echo": "in"}, ("water",), ()),
    "valve": ({"pin": "out"}, (), ("valve",)),
    "vibration": ({"pwm": "pwm"}, (), ("vibrate",)),
    "ze07": ({"uart": "uart"}, ("co",), ()),
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
