"""Contradiction: sensors that cannot all be right, though each of them might.

A door's contact says that it stayed closed while people pass; a lamp's current does not make its power; more comes
back from a fence's line than was sent.
"""

from lilong_protocol.codes import EVENT_DOOR_EXIT, EVENT_DOOR_GRANTED
from lilong_protocol.frame import EVENT, Frame

from .base import HeldSensor

PASSAGES = 5  # (ours) people let through a door that stays closed: one may think better of it
DOOR_MS = 2 * 3_600_000
CURRENT_MA = 440  # half as much again as a lamp of 60 W takes, and too little to be called too high
RETURN_V = 9_100  # of pulses of 6.5 kV


class Contradiction(HeldSensor):
    """A door's can be found once so many people have passed it."""

    NAME = "contradiction"
    CHANNELS = {
        "door": ("contact", "door_open"), "streetlight": ("current", "current"),
        "fence_zone": ("pulse_return", "pulse_return"),
    }  # fmt: skip
    KINDS = frozenset(CHANNELS)
    # Freed, the contact says that the door stands open, and of the opening nobody knows.
    MAY_FOLLOW = {"door": ("door.forced", "door.held")}

    @property
    def for_ms(self) -> float:
        return round(DOOR_MS / self.pace) if self.device.kind == "door" else super().for_ms

    def reads(self, now: int) -> int:
        return {"door": 0, "streetlight": CURRENT_MA, "fence_zone": RETURN_V}[self.device.kind]

    def shows(self, at: int, frame: Frame) -> bool:
        if self.device.kind != "door":
            return super().shows(at, frame)
        return frame.kind == EVENT and frame.body.get(0) in (EVENT_DOOR_GRANTED, EVENT_DOOR_EXIT)

    def evident(self, shown: int, first_ms: int, last_ms: int) -> bool:
        return shown >= (PASSAGES if self.device.kind == "door" else 1)
