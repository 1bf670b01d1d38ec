"""Parcel locker: its case opened, a box forced."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_LOCKER_FORCED, "forced", 1, 0),
)
