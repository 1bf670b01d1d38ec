"""Vehicle lane: its arm lifted by hand, then both of its end switches at once; an attendant's word is no stimulus."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_LANE_FORCED_OPEN, "down", 0, 1),
    alarm(codes.ALARM_LANE_FAULT, "up", 1, 0, 3),
)
