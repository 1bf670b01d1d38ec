"""Waste bin with a level sensor."""

from lilong_firmware.hold import Hold
from lilong_protocol import codes

from .base import SimulatedRules

FILL, TEMPERATURE, BATTERY = 0, 1, 2  # channels

SAMPLE_MS = 300_000  # (ours) it fills over hours
FULL_PERCENT, EMPTIED_PERCENT = 90, 20  # (ours)
FULL_MS = 600_000  # (ours) a bag that leans on the sensor falls down
BATTERY_SAMPLE_MS = 86_400_000
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 10, 15  # (ours)


class Bin(SimulatedRules):
    """Filling > full > emptied."""

    KIND = codes.KIND_BIN
    CHANNELS = (("fill", SAMPLE_MS, 0), ("temperature", SAMPLE_MS, 2_000), ("battery", BATTERY_SAMPLE_MS, 100))

    __slots__ = ("_full",)

    def start(self, now: int) -> None:
        self._full = Hold()
        for channel in (FILL, BATTERY):
            if not self.device.faults >> channel & 1:
                self.sample(now, channel, self.device.sampling.values[channel])

    def quiet(self, channel: int, value: int) -> bool:
        active = self.device.active
        if channel == BATTERY:
            low = active(codes.ALARM_BATTERY_LOW)
            return value < BATTERY_GOOD_PERCENT if low else value > BATTERY_LOW_PERCENT
        if channel == FILL:
            if active(codes.ALARM_BIN_FULL):
                return value > EMPTIED_PERCENT
            return self._full.follows(value >= FULL_PERCENT)
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        device = self.device
        if channel == BATTERY:
            if value <= BATTERY_LOW_PERCENT:
                device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
            elif value >= BATTERY_GOOD_PERCENT:
                device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        elif channel == FILL:
            full = device.active(codes.ALARM_BIN_FULL)
            if full and value <= EMPTIED_PERCENT:
                device.restore(now, codes.ALARM_BIN_FULL, {codes.Q_FILL: value})
                device.event(now, codes.EVENT_BIN_EMPTIED, {codes.Q_FILL: value})
            self._full.follow(now, value >= FULL_PERCENT and not full, FULL_MS)
            self.deadline = self._full.at

    def silent(self, now: int, channel: int) -> None:
        if channel == FILL:
            self._full.follow(now, False, 0)
            self.deadline = self._full.at

    def timer(self, now: int) -> None:
        if self._full.over(now):
            self.device.alarm(now, codes.ALARM_BIN_FULL, self.report())
        self.deadline = self._full.at

    def report(self) -> dict[int, int]:
        values = self.device.sampling.values
        return {codes.Q_FILL: values[FILL], codes.Q_TEMPERATURE: values[TEMPERATURE], codes.Q_BATTERY: values[BATTERY]}


RULES = Bin
