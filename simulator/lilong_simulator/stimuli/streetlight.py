"""Streetlight: leakage to the pole, then a dead light sensor."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_LAMP_LEAKAGE_DETECTED, "leakage", 300, 0, 20, 20),
    alarm(codes.ALARM_SENSOR_FAULT, "lux", -1, 10_000, 20, 20),
)
