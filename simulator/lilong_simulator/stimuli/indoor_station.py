"""Indoor station: its emergency button, its case opened."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_PANIC, "panic", 1, 0),
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
)
