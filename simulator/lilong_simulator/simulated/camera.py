"""Camera with analytics: tells what it has seen, never a picture."""

from lilong_protocol import codes

from .base import SimulatedRules

BLOCKED, TAMPER = 0, 1  # channels


class Camera(SimulatedRules):
    """Its view, and its case."""

    KIND = codes.KIND_CAMERA
    CHANNELS = (("blocked", 0, 0), ("tamper", 0, 0))
    SWITCHES = ((BLOCKED, codes.ALARM_CAMERA_BLOCKED), (TAMPER, codes.ALARM_TAMPER))

    __slots__ = ()

    def report(self) -> dict[int, int]:
        return {}


RULES = Camera
