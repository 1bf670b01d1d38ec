"""Smoke detector: photoelectric chamber, sounder, battery."""

from lilong_protocol import codes, frame

from ..effects import NEVER, OWN_FAULT
from ..rules import Rules
from ..service_life import ServiceLife

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sleep import Naps

OBSCURATION, BATTERY, TAMPER = 0, 1, 2  # channels

# "smoke_trip" is by NIST TN 1455: mean of the alarms measured, 0.23 dB/m = 5.1 %/m; inside the EN 14604 window.
CLEAR_MS = 60_000  # hysteresis: below 80 % of the trip level for a minute
SAMPLE_MS = 4_000  # two samples in a row above the trip level decide: 4 to 8 s after the crossing
# Hush: the wearer of a burnt toast gets quiet, a growing fire does not.
HUSH_MS = 540_000  # below one and a half times the trip level
# Clean air that reads half the trip level all day long is dust in the chamber.
DIRTY_MS = 86_400_000
# GB 20517-2025 5.11: measured at power-up and at least every 24 h.
BATTERY_MS = 86_400_000
BATTERY_LOW_PERCENT = 10
BATTERY_GOOD_PERCENT = 15
LIFE_YEARS = 10  # EN 14604 practice: detectors are replaced after ten years


class Smoke(Rules):
    """normal > alarm (hushed or not) > restored > reset; battery, dust, tamper and age beside it."""

    KIND = codes.KIND_SMOKE
    FINDS_FAULTS = True
    CHANNELS = (("obscuration", SAMPLE_MS, 5), ("battery", BATTERY_MS, 100), ("tamper", 0, 0))

    __slots__ = ("_above", "_clear_at", "_dirty_at", "_hush_until", "_life")

    def start(self, now: int) -> None:
        self._above = False
        self._clear_at = NEVER  # smoke has gone: when that counts as the end
        self._dirty_at = NEVER
        self._hush_until = 0
        self._life = ServiceLife(self.device, LIFE_YEARS)
        for channel in (BATTERY, TAMPER):
            if not self.device.faults >> channel & 1:
                self.sample(now, channel, self.device.sampling.values[channel])
        self._schedule()

    def resume(self, now: int, code: int) -> None:
        if code == codes.ALARM_SMOKE_ALARM and self.device.active(code):
            self.device.output("sounder", 1)

    def quiet(self, channel: int, value: int) -> bool:
        device = self.device
        if channel == OBSCURATION:
            trip = device.settings[codes.S_SMOKE_TRIP]
            if device.active(codes.ALARM_SMOKE_ALARM):
                if self._hush_until and value >= trip * 3 // 2:
                    return False
                return (value >= trip * 4 // 5) == (self._clear_at == NEVER)
            dusty = self._dirty_at != NEVER or device.faults >> OWN_FAULT != 0
            return not self._above and value <= trip and (value >= trip // 2) == dusty
        if channel == BATTERY:
            low = device.active(codes.ALARM_BATTERY_LOW)
            return value > BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == OBSCURATION:
            trip = self.device.settings[codes.S_SMOKE_TRIP]
            if self.device.active(codes.ALARM_SMOKE_ALARM):
                self._smoke_going(now, value, trip)
            else:
                self._dust(now, value, trip)
                self._smoke_coming(now, value, trip)
            self._schedule()
        elif channel == BATTERY:
            self._battery(now, value)
        else:
            self._tamper(now, value)

    def silent(self, now: int, channel: int) -> None:
        if channel == OBSCURATION:
            self._clear_at = NEVER
            if self._hush_until:  # nobody sees the fire grow
                self._hush_until = 0
                self.device.output("sounder", 1)
            self._schedule()

    def timer(self, now: int) -> None:
        if now >= self._clear_at:
            self._clear_at = NEVER
            self.device.output("sounder", 0)
            self._hush_until = 0
            self.device.restore(now, codes.ALARM_SMOKE_ALARM, self._values())
        if self._hush_until and now >= self._hush_until:
            self._hush_until = 0
            if self.device.active(codes.ALARM_SMOKE_ALARM):
                self.device.output("sounder", 1)
        if now >= self._dirty_at:
            self._dirty_at = NEVER
            self.device.fault(now, OWN_FAULT, True, OBSCURATION)
        self._life.count(now)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        if command == codes.CMD_MUTE:
            return self._mute(now)
        if command == codes.CMD_RESET:
            return self.device.reset(now)
        if command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self._values())
            return frame.OK
        return frame.NOT_FOUND

    def naps(self, started: bool = False) -> "Naps":
        from ..sleep_smoke import Naps  # noqa: PLC0415  by need

        return Naps(self)

    def report(self) -> "dict[int, int]":
        values = self._values()
        values[codes.Q_SERVICE_DAYS] = self._life.days
        if self.device.awake:
            values[codes.Q_AWAKE], values[codes.Q_WAKES] = self.device.awake
        return values

    def _smoke_coming(self, now: int, value: int, trip: int) -> None:
        if value <= trip:
            self._above = False
        elif not self._above:
            self._above = True
        else:
            self._above = False
            self.device.output("sounder", 1)
            self.device.alarm(now, codes.ALARM_SMOKE_ALARM, self._values())

    def _smoke_going(self, now: int, value: int, trip: int) -> None:
        if value >= trip * 4 // 5:
            self._clear_at = NEVER
        elif self._clear_at == NEVER:
            self._clear_at = now + CLEAR_MS
        if self._hush_until and value >= trip * 3 // 2:
            self._hush_until = 0
            self.device.output("sounder", 1)

    def _dust(self, now: int, value: int, trip: int) -> None:
        if value < trip // 2 or value > trip:
            self._dirty_at = NEVER
            self.device.fault(now, OWN_FAULT, False, OBSCURATION)
        elif self._dirty_at == NEVER and not self.device.faults >> OWN_FAULT:
            self._dirty_at = now + DIRTY_MS

    def _battery(self, now: int, value: int) -> None:
        if value <= BATTERY_LOW_PERCENT:
            self.device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        elif value >= BATTERY_GOOD_PERCENT:
            self.device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})

    def _tamper(self, now: int, value: int) -> None:
        if value:
            self.device.alarm(now, codes.ALARM_TAMPER, {})
        else:
            self.device.restore(now, codes.ALARM_TAMPER, {})

    def _mute(self, now: int) -> int:
        if not self.device.active(codes.ALARM_SMOKE_ALARM):
            return frame.CONFLICT  # nothing to mute, and muting in advance would hide a fire
        device = self.device
        if device.faults & 1 or device.sampling.values[OBSCURATION] >= device.settings[codes.S_SMOKE_TRIP] * 3 // 2:
            return frame.CONFLICT
        self._hush_until = now + HUSH_MS
        self.device.output("sounder", 0)
        self.device.event(now, codes.EVENT_MUTED, self._values())
        self._schedule()
        return frame.OK

    def _schedule(self) -> None:
        self.deadline = min(self._clear_at, self._dirty_at, self._hush_until or NEVER, self._life.at)

    def _values(self) -> "dict[int, int]":
        values = self.device.sampling.values
        return {codes.Q_OBSCURATION: values[OBSCURATION], codes.Q_BATTERY: values[BATTERY]}


RULES = Smoke
