"""How alarms are brought about at each kind of device: which channel, which value, and how long that may take."""

from typing import NamedTuple

from lilong_protocol import codes
from lilong_protocol.registry import ALARM


class Stimulus(NamedTuple):
    """Values on sensor channels, one after the other, and the seconds within which the device must have decided."""

    steps: tuple[tuple[str, int], ...]
    within_s: int


class Alarm(NamedTuple):
    """An alarm that a person or a fixture can cause: `code` by the registry, how it begins and how it ends."""

    code: int
    begin: Stimulus
    end: Stimulus


def alarm_name(code: int) -> str:
    """An alarm in words."""
    return f"alarm {code} ({ALARM[code].name})" if code in ALARM else f"alarm {code}"


def _alarm(code: int, channel: str, trips: int, idle: int, within_s: int = 2, ends_s: int = 2) -> Alarm:
    return Alarm(code, Stimulus(((channel, trips),), within_s), Stimulus(((channel, idle),), ends_s))


# What makes an event without a word from anybody.
EVENTS: dict[int, tuple[str, int]] = {codes.KIND_DOOR: ("exit_button", 1)}

_SOS = Alarm(codes.ALARM_BAND_SOS, Stimulus((("sos", 1), ("sos", 0)), 2), Stimulus((), 2))

# Two alarms of each kind, the quicker one first.
ALARMS: dict[int, tuple[Alarm, Alarm]] = {
    codes.KIND_SMOKE: (
        _alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
        _alarm(codes.ALARM_SMOKE_ALARM, "obscuration", 900, 5, 12, 75),
    ),
    codes.KIND_GAS: (
        _alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
        _alarm(codes.ALARM_GAS_LEAK, "gas", 300, 0, 240, 45),  # 180 s of warming up before it
    ),
    codes.KIND_DOOR: (
        _alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
        _alarm(codes.ALARM_DOOR_FORCED, "contact", 1, 0),
    ),
    codes.KIND_STREETLIGHT: (
        _alarm(codes.ALARM_LAMP_LEAKAGE_DETECTED, "leakage", 300, 0, 20, 20),
        _alarm(codes.ALARM_SENSOR_FAULT, "lux", -1, 10_000, 20, 20),
    ),
    codes.KIND_MANHOLE: (
        _alarm(codes.ALARM_MANHOLE_MOVED, "tilt", 300, 0, 8, 75),
        _alarm(codes.ALARM_MANHOLE_GAS, "gas", 200, 0, 20, 20),
    ),
    codes.KIND_WRISTBAND: (
        _SOS,
        _alarm(codes.ALARM_BAND_SPO2, "spo2", 80, 97, 150, 90),
    ),
}
