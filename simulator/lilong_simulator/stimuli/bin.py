"""Waste bin: it burns, then it is full."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_BIN_FIRE, "temperature", 9_000, 2_500, 25, 320),
    alarm(codes.ALARM_BIN_FULL, "fill", 95, 5, 1_000, 600),
)
