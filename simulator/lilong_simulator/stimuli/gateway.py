"""Gateway: its case opened, then the mains away."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_POWER_MAINS_LOSS, "mains", 0, 1, 5, 5),
)
