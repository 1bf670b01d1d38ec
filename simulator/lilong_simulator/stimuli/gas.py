"""Gas detector: opened, then a leak."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_GAS_LEAK, "gas", 300, 0, 240, 45),  # 180 s of warming up before it
)
