"""Waste bin: full to the lid, and its battery."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_BIN_FULL, "fill", 95, 5, 1_200, 600),
    alarm(codes.ALARM_BATTERY_LOW, "battery", 5, 100, 90_000, 90_000),
)
