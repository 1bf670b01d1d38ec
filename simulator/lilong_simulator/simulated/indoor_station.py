"""Indoor station of a video intercom: rings when its flat is called, and calls for help.

That a flat was called stands in what the panel says; here it is nobody's business.
"""

from lilong_protocol import codes

from .base import SimulatedRules

CALL, PANIC, TAMPER = range(3)  # channels; "call" is 1 while the panel rings here


class IndoorStation(SimulatedRules):
    """A call for help ends when somebody has acknowledged it, not when the button is let go."""

    KIND = codes.KIND_INDOOR_STATION
    CHANNELS = (("call", 0, 0), ("panic", 0, 0), ("tamper", 0, 0))
    SWITCHES = ((TAMPER, codes.ALARM_TAMPER),)

    __slots__ = ("_ringing",)

    def start(self, now: int) -> None:
        self._ringing = 0
        SimulatedRules.start(self, now)
        if not self.device.faults >> PANIC & 1:
            self._panic(now, self.device.sampling.values[PANIC])

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == PANIC:
            self._panic(now, value)
        elif channel == CALL:
            if (value != 0) != self._ringing:
                self._ringing = int(value != 0)
                self.device.output("chime", self._ringing)
        else:
            self.switch(now, channel, value)

    def acknowledged(self, now: int, code: int) -> None:
        if code == codes.ALARM_PANIC and not self.device.faults >> PANIC & 1:
            self._panic(now, self.device.sampling.values[PANIC])

    def report(self) -> dict[int, int]:
        return {}

    def _panic(self, now: int, pressed: int) -> None:
        episode = self.device.episodes.get(codes.ALARM_PANIC)
        if pressed:
            self.device.alarm(now, codes.ALARM_PANIC, {})
        elif episode is not None and episode.acknowledged:
            self.device.restore(now, codes.ALARM_PANIC, {})


RULES = IndoorStation
