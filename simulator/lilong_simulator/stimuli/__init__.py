"""How alarms are brought about at each kind of device: which channel, which value, and how long that may take.

A file a kind, of its name: ALARMS, two that any device of the kind has, the quicker one first, then others that only
incidents bring about; EVENT, what makes an event without a word from anybody, if there is such a thing.
"""

from importlib import import_module

from lilong_protocol.registry import ALARM, KIND

from lilong_simulator.kinds import EVERY

from .parts import Alarm, Stimulus

__all__ = ["ALARMS", "EVENTS", "Alarm", "Stimulus", "alarm_name"]

_FILES = {KIND[kind].number: import_module(f"{__name__}.{kind}") for kind in EVERY}

ALARMS: dict[int, tuple[Alarm, ...]] = {number: file.ALARMS for number, file in _FILES.items()}
EVENTS: dict[int, tuple[str, int]] = {number: file.EVENT for number, file in _FILES.items() if hasattr(file, "EVENT")}


def alarm_name(code: int) -> str:
    """An alarm in words."""
    return f"alarm {code} ({ALARM[code].name})" if code in ALARM else f"alarm {code}"
