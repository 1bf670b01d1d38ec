"""Indoor station of a video intercom: the monitor in a flat, with an emergency button."""

from lilong_protocol import codes

from .base import SimulatedRules

PANIC, TAMPER = 0, 1  # channels


class IndoorStation(SimulatedRules):
    """Its button, and its case."""

    KIND = codes.KIND_INDOOR_STATION
    CHANNELS = (("panic", 0, 0), ("tamper", 0, 0))
    SWITCHES = ((PANIC, codes.ALARM_PANIC), (TAMPER, codes.ALARM_TAMPER))

    __slots__ = ()

    def report(self) -> dict[int, int]:
        return {}


RULES = IndoorStation
