"""Cycle gate: opened, then its reader cut off; before a lift also an e-bike, which needs a gate that stands there."""

from lilong_protocol import codes

from .parts import Alarm, Stimulus, alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_DOOR_READER_OFFLINE, "reader", 0, 1, 10),
    Alarm(codes.ALARM_GATE_EBIKE_IN_LOBBY, Stimulus((("direction", 1), ("tag", 77), ("tag", 0)), 2), Stimulus((), 32)),
)
EVENT = ("exit_button", 1)
