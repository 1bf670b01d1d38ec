"""Camera: its case opened, its view covered."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_CAMERA_BLOCKED, "blocked", 1, 0),
)
