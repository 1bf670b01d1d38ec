"""Parcel locker: its case opened, then a box that nobody has unlocked."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_LOCKER_FORCED, "open", 5, 0),
)
