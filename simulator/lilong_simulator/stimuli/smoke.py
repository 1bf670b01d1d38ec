"""Smoke detector: taken off its base, then smoke."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_SMOKE_ALARM, "obscuration", 900, 5, 12, 75),
)
