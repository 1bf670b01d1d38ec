"""Charging pile for cars."""

from lilong_firmware.hold import Hold
from lilong_protocol import codes

from .base import SimulatedRules

CURRENT, TEMPERATURE = 0, 1  # channels

OVER_MA, OVER_MS = 36_000, 5_000  # (ours) 32 A is what a cable of mode 3 takes on one phase
HOT, COOL, HOT_MS, COOL_MS = 9_000, 6_000, 4_000, 60_000  # (ours) in 0.01 Celsius


class EvPile(SimulatedRules):
    """Over-current and heat."""

    KIND = codes.KIND_EV_PILE
    CHANNELS = (("current", 1_000, 0), ("temperature", 2_000, 2_500))

    __slots__ = ("_holds",)

    def start(self, now: int) -> None:
        self._holds = [Hold(), Hold()]

    def _turning(self, channel: int, value: int) -> bool:
        if channel == CURRENT:
            return (value >= OVER_MA) != self.device.active(codes.ALARM_POWER_OVER_CURRENT)
        if self.device.active(codes.ALARM_POWER_OVER_TEMPERATURE):
            return value < COOL
        return value >= HOT

    def quiet(self, channel: int, value: int) -> bool:
        return self._holds[channel].follows(self._turning(channel, value))

    def sample(self, now: int, channel: int, value: int) -> None:
        hot = self.device.active(codes.ALARM_POWER_OVER_TEMPERATURE)
        hold_ms = OVER_MS if channel == CURRENT else COOL_MS if hot else HOT_MS
        self._holds[channel].follow(now, self._turning(channel, value), hold_ms)
        self.deadline = min(self._holds[0].at, self._holds[1].at)

    def timer(self, now: int) -> None:
        for channel, code in ((0, codes.ALARM_POWER_OVER_CURRENT), (1, codes.ALARM_POWER_OVER_TEMPERATURE)):
            if self._holds[channel].over(now):
                if self.device.active(code):
                    self.device.restore(now, code, self.report())
                else:
                    self.device.alarm(now, code, self.report())
        self.deadline = min(self._holds[0].at, self._holds[1].at)

    def report(self) -> dict[int, int]:
        values = self.device.sampling.values
        return {
            codes.Q_PILE_STATE: 0, codes.Q_CURRENT: values[CURRENT], codes.Q_TEMPERATURE: values[TEMPERATURE],
        }  # fmt: skip


RULES = EvPile
