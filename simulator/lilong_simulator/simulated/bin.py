"""Waste bin: how full it is, and whether it burns."""

from lilong_protocol import codes

from .base import SimulatedRules
from .thresholds import Threshold, Thresholds

FILL, TEMPERATURE, BATTERY = range(3)  # channels

FILL_SAMPLE_MS = 300_000  # (ours) it fills over hours
TEMPERATURE_SAMPLE_MS = 10_000  # (ours)
BATTERY_SAMPLE_MS = 86_400_000
EMPTIED_PERCENT = 20  # (ours)
THRESHOLDS = (
    # (ours) A bag that leans on the sensor falls down meanwhile; and it is emptied, not just pressed together.
    Threshold(FILL, codes.ALARM_BIN_FULL, 90, 600_000, EMPTIED_PERCENT, 0),
    # Heat detectors of class A1 respond from 54 to 65 Celsius (EN 54-5); the sun on a lid stays below. Holds: (ours).
    Threshold(TEMPERATURE, codes.ALARM_BIN_FIRE, 6_500, 10_000, 5_000, 300_000),
)
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 10, 15  # (ours)


class Bin(SimulatedRules):
    """Filling > full > emptied; and hot or not, whatever that is."""

    KIND = codes.KIND_BIN
    CHANNELS = (
        ("fill", FILL_SAMPLE_MS, 0), ("temperature", TEMPERATURE_SAMPLE_MS, 2_000), ("battery", BATTERY_SAMPLE_MS, 100),
    )  # fmt: skip

    __slots__ = ("_thresholds",)

    def start(self, now: int) -> None:
        self._thresholds = Thresholds(self.device, THRESHOLDS)
        if not self.device.faults >> BATTERY & 1:
            self.sample(now, BATTERY, self.device.sampling.values[BATTERY])

    def quiet(self, channel: int, value: int) -> bool:
        if channel == BATTERY:
            low = self.device.active(codes.ALARM_BATTERY_LOW)
            return value < BATTERY_GOOD_PERCENT if low else value > BATTERY_LOW_PERCENT
        return self._thresholds.quiet(channel, value)

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == BATTERY:
            if value <= BATTERY_LOW_PERCENT:
                self.device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
            elif value >= BATTERY_GOOD_PERCENT:
                self.device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
            return
        self._thresholds.follow(now, channel, value)
        self.deadline = self._thresholds.at

    def silent(self, now: int, channel: int) -> None:
        self._thresholds.silent(now, channel)
        self.deadline = self._thresholds.at

    def timer(self, now: int) -> None:
        for code in self._thresholds.turned(now):
            if self.device.active(code):
                self.device.restore(now, code, self.report())
                if code == codes.ALARM_BIN_FULL:
                    self.device.event(now, codes.EVENT_BIN_EMPTIED, self.report())
            else:
                self.device.alarm(now, code, self.report())
        self.deadline = self._thresholds.at

    def report(self) -> dict[int, int]:
        values = self.device.sampling.values
        return {codes.Q_FILL: values[FILL], codes.Q_TEMPERATURE: values[TEMPERATURE], codes.Q_BATTERY: values[BATTERY]}


RULES = Bin
