"""Streetlight controller: lights by its own sensor, obeys a level until told otherwise, and knows a dead lamp."""

from lilong_protocol import codes, frame

from ..hold import Hold
from ..rules import Rules

LUX, POWER, VOLTAGE = 0, 1, 2  # channels; a light sensor that has failed reads below 0

ON_BELOW_LX = 30  # (ours)
OFF_ABOVE_LX = 60  # (ours) hysteresis, so that a lamp does not answer to its own light
SWITCH_MS = 60_000  # (ours) headlights and clouds pass
LUX_MS = 10_000
FULL_LEVEL = 100
# On loss of its input a lamp goes to the system failure level, as DALI gear does: full light.
FAILURE_LEVEL = 100
# TALQ lampFailure: commanded above 20 % and drawing less than a tenth of what it should, for a minute (ours).
NOMINAL_DW = 600  # 60.0 W at 100 %
FAILURE_ABOVE_LEVEL = 20
FAILURE_PART = 10
REPAIRED_PART = 5  # hysteresis: a fifth
FAILURE_MS = 60_000
POWER_MS = 10_000
VOLTAGE_MS = 60_000
LIT_BEAT_S, UNLIT_BEAT_S = 900, 3_600


class Streetlight(Rules):
    """Automatic by light, or at a commanded level; at full light when the sensor fails."""

    KIND = codes.KIND_STREETLIGHT
    CHANNELS = (("lux", LUX_MS, 10_000), ("power", POWER_MS, 0), ("voltage", VOLTAGE_MS, 2_300))

    __slots__ = ("_automatic", "_dark", "_failing", "_level", "_manual")

    def start(self, now: int) -> None:
        lux = self.device.sampling.values[LUX]
        self._dark = Hold()  # dusk or dawn has come: when the lamp answers
        self._failing = Hold()
        self._manual = False
        self._automatic = 0 if lux > OFF_ABOVE_LX else FULL_LEVEL  # in doubt, light
        self._level = self._automatic
        self.device.output("lamp", self._level)
        self._beat(now)
        self._sensor(now, lux)
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel == LUX:
            failed = self.device.active(codes.ALARM_SENSOR_FAULT)
            return (value < 0) == failed and self._dark.follows(self._turning(value))
        if channel == POWER:
            if self.device.active(codes.ALARM_LAMP_FAILURE):
                return not self._draws(value, REPAIRED_PART)
            return self._failing.follows(self._fails(value))
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == LUX:
            self._sensor(now, value)
            self._dark.follow(now, self._turning(value), SWITCH_MS)
        elif channel == POWER:
            if not self.device.active(codes.ALARM_LAMP_FAILURE):
                self._failing.follow(now, self._fails(value), FAILURE_MS)
            elif self._draws(value, REPAIRED_PART):
                self.device.restore(now, codes.ALARM_LAMP_FAILURE, self.report())
        self._schedule()

    def timer(self, now: int) -> None:
        if self._dark.over(now):
            self._set_automatic(now, 0 if self._automatic else FULL_LEVEL)
        if self._failing.over(now) and self._fails(self.device.sampling.values[POWER]):
            self.device.alarm(now, codes.ALARM_LAMP_FAILURE, self.report())
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        if command == codes.CMD_SET_LEVEL:
            level = arguments.get(0, -1)
            if not 0 <= level <= FULL_LEVEL:
                return frame.INVALID
            self._manual = True
            self._light(now, level)
        elif command == codes.CMD_AUTOMATIC:
            self._manual = False
            self._light(now, self._automatic)
        elif command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self.report())
        else:
            return frame.NOT_FOUND
        self._schedule()
        return frame.OK

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = {
            codes.Q_LAMP_LEVEL: self._level,
            codes.Q_POWER: values[POWER],
            codes.Q_VOLTAGE: values[VOLTAGE],
        }
        if values[LUX] >= 0:
            report[codes.Q_ILLUMINANCE] = values[LUX]
        return report

    # ---- light

    def _turning(self, lux: int) -> bool:
        if lux < 0:
            return False
        return lux > OFF_ABOVE_LX if self._automatic else lux < ON_BELOW_LX

    def _sensor(self, now: int, lux: int) -> None:
        if lux >= 0:
            self.device.restore(now, codes.ALARM_SENSOR_FAULT, {codes.Q_SENSOR: LUX})
        elif not self.device.active(codes.ALARM_SENSOR_FAULT):
            self._set_automatic(now, FAILURE_LEVEL)
            self.device.alarm(now, codes.ALARM_SENSOR_FAULT, {codes.Q_SENSOR: LUX})

    def _set_automatic(self, now: int, level: int) -> None:
        self._automatic = level
        if not self._manual:
            self._light(now, level)

    def _light(self, now: int, level: int) -> None:
        if level == self._level:
            return
        self._level = level
        self.device.output("lamp", level)
        self._beat(now)
        self.device.event(now, codes.EVENT_LAMP_LEVEL, {codes.Q_LAMP_LEVEL: level})

    def _beat(self, now: int) -> None:
        if self.device.identity.beat_s is None:
            self.device.session.set_beat(now, LIT_BEAT_S if self._level else UNLIT_BEAT_S)

    # ---- lamp

    def _draws(self, power: int, part: int) -> bool:
        """A lamp that is to be lit draws at least one `part`-th of its power."""
        return self._level > FAILURE_ABOVE_LEVEL and power * part * FULL_LEVEL >= NOMINAL_DW * self._level

    def _fails(self, power: int) -> bool:
        return self._level > FAILURE_ABOVE_LEVEL and not self._draws(power, FAILURE_PART)

    def _schedule(self) -> None:
        self.deadline = min(self._dark.at, self._failing.at)


RULES = Streetlight
