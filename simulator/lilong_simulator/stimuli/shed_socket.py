"""Charging socket: heat, then smoke in the shed. Its current ends with the relay, which no fixture can know."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_POWER_OVER_TEMPERATURE, "temperature", 8_000, 2_500, 10, 75),
    alarm(codes.ALARM_SMOKE_ALARM, "obscuration", 400, 5, 12, 75),
)
