"""Charging pile: heat at its plug, more current than its cable takes."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_POWER_OVER_TEMPERATURE, "temperature", 9_500, 2_500, 10, 75),
    alarm(codes.ALARM_POWER_OVER_CURRENT, "current", 40_000, 0, 10, 20),
)
