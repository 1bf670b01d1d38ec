"""Wristband: the button, then too little oxygen in the blood."""

from lilong_protocol import codes

from .parts import Alarm, Stimulus, alarm

ALARMS = (
    Alarm(codes.ALARM_BAND_SOS, Stimulus((("sos", 1), ("sos", 0)), 2), Stimulus((), 2)),
    alarm(codes.ALARM_BAND_SPO2, "spo2", 80, 97, 150, 90),
)
