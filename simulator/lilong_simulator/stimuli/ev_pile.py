"""Charging pile: leakage, then heat at its plug; plugging in is an event. Its current ends with the contactor."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_LAMP_LEAKAGE_DETECTED, "leakage", 400, 0, 2, 12),
    alarm(codes.ALARM_POWER_OVER_TEMPERATURE, "temperature", 9_500, 2_500, 10, 75),
)
EVENT = ("plug", 1)
