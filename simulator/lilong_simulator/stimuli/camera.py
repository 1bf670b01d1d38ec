"""Camera: its case opened, its view covered; something falls past the 29th storey; somebody crosses its line."""

from lilong_protocol import codes

from .parts import Alarm, Stimulus, alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_CAMERA_BLOCKED, "blocked", 1, 0, 12, 12),
    Alarm(codes.ALARM_CAMERA_FALLING_OBJECT, Stimulus((("storey", 29), ("falling", 92)), 22), Stimulus((), 62)),
    Alarm(codes.ALARM_CAMERA_LINE_CROSSING, Stimulus((("line", 85),), 3), Stimulus((), 62)),
)
EVENT = ("moved", 75)
