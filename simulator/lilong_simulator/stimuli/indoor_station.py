"""Indoor station: its case opened, then a call for help."""

from lilong_protocol import codes

from .parts import Alarm, Stimulus, alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    Alarm(codes.ALARM_PANIC, Stimulus((("panic", 1), ("panic", 0)), 2), Stimulus((), 2)),
)
