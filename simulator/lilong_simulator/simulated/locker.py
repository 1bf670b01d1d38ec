"""Parcel locker."""

from lilong_protocol import codes

from .base import SimulatedRules

FORCED, TAMPER = 0, 1  # channels


class Locker(SimulatedRules):
    """Its boxes, and its case."""

    KIND = codes.KIND_LOCKER
    CHANNELS = (("forced", 0, 0), ("tamper", 0, 0))
    SWITCHES = ((FORCED, codes.ALARM_LOCKER_FORCED), (TAMPER, codes.ALARM_TAMPER))

    __slots__ = ()

    def report(self) -> dict[int, int]:
        return {codes.Q_BOXES_TAKEN: 0}


RULES = Locker
