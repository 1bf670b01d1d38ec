"""When a command has been carried out, seen from a device's outputs, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

FREE, SHUT, FULL = 1, 1, 100  # outputs "lock", "valve" and "lamp", as lilong_firmware has them
LIFT, LOWER = 1, 2  # of the motor "barrier"; 0 leaves the arm where it is

OUTPUTS: Mapping[str, Mapping[str, int]] = {
    "fire_release": {"lock": FREE, "barrier": LIFT},
    "unlock": {"lock": FREE},
    "open_barrier": {"barrier": LIFT},
    "close_barrier": {"barrier": LOWER},
    "close_valve": {"valve": SHUT},
    "open_valve": {"valve": 0},
    "set_level": {"lamp": FULL},
    "look_at": {"preset": 1},
    "switch_on": {"relay": 1},
    "switch_off": {"relay": 0},
}
"""By command: each output that shows it, and its value. A device has one of them."""
BY_ITSELF: Mapping[str, Mapping[str, int]] = {"warn_wearer": {"vibrate": 1}}
"""What devices do so, and nobody commands."""
SEEN = {**OUTPUTS, **BY_ITSELF}
MOTORS = ("barrier",)
LINKED_OUTPUTS = frozenset(name for outputs in SEEN.values() for name in outputs)


def so_since(action: str, device: str, at: float, outputs: Iterable[tuple[float, str, str, int]]) -> float | None:
    """Since when an output of the device has been as the command wants it, at `at`; None: it is not."""
    wanted = SEEN.get(action, {})
    since: float | None = None
    for when, of, name, value in outputs:
        if of == device and name in wanted and when <= at and (value or name not in MOTORS):
            if value != wanted[name]:
                since = None
            elif since is None:
                since = when
    return since


def carried_out(action: str, device: str, since: float, outputs: Iterable[tuple[float, str, str, int]]) -> float | None:
    """When an output of the device was as the command wants it: at `since` if it was so already; None: never.

    `outputs`: (when, device, name, value) in the order of their times. A lock, a valve, a lamp begins at 0.
    """
    wanted = SEEN.get(action, {})
    values: dict[str, int] = {}
    for at, of, name, value in outputs:
        if of != device or name not in wanted:
            continue
        if at >= since:
            if any(values.get(one) == wanted[one] for one in values):
                return since
            if value == wanted[name]:
                return at
        if value or name not in MOTORS:
            values[name] = value
    return since if any(values[one] == wanted[one] for one in values) else None


def undone(action: str, device: str, since: float, outputs: Iterable[tuple[float, str, str, int]]) -> float | None:
    """When an output that was as the command wants it has been driven otherwise after `since`; None: it was not."""
    wanted = SEEN.get(action, {})
    for at, of, name, value in outputs:
        if of == device and name in wanted and at > since and value != wanted[name] and (value or name not in MOTORS):
            return at
    return None
