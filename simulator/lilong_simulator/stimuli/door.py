"""Door: opened reader, then forced; a press of the exit button is an event."""

from lilong_protocol import codes

from .parts import alarm

ALARMS = (
    alarm(codes.ALARM_TAMPER, "tamper", 1, 0),
    alarm(codes.ALARM_DOOR_FORCED, "contact", 1, 0),
)
EVENT = ("exit_button", 1)
