"""Manhole cover: lifted, then gas below it."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_MANHOLE_MOVED, "tilt", 300, 0, 8, 75),
    alarm(codes.ALARM_MANHOLE_GAS, "gas", 200, 0, 20, 20),
)
