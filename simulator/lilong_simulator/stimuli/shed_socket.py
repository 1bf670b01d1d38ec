"""Charging socket: too much current, then heat."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_POWER_OVER_CURRENT, "current", 20_000, 0, 4, 15),
    alarm(codes.ALARM_POWER_OVER_TEMPERATURE, "temperature", 8_000, 2_500, 10, 75),
)
