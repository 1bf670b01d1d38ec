"""Fence zone: its line cut, then its wires pulled."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_FENCE_CUT, "pulse_return", 0, 6_200, 2, 5),
    alarm(codes.ALARM_FENCE_CLIMB, "tension", 300, 150, 5, 8),
)
