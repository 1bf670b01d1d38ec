"""Vehicle lane: its arm lifted by hand, its case opened; both of its end switches at once."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_LANE_FORCED_OPEN, "down", 0, 1),
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_LANE_FAULT, "up", 1, 0, 3),
)
