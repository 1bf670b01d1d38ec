"""Streetlight controller: lights by calendar and light sensor, obeys a level while its link is there, knows its faults.

Without a command the lamp is lit
- by the calendar, once the clock is set, from MARGIN after sunset to MARGIN before sunrise, whatever the sensor says;
- besides, when the sensor says that it is dark: twilight, a storm, and all night before the clock is set;
- with the sensor failed, from sunset to sunrise; with no clock either, at the system failure level, day and night.

A commanded level goes before all of that, and ends when the link has been away for a quarter of an hour.

data["calendar"]: the table of `almanac`.
"""

from lilong_protocol import codes, frame

from ..almanac import NIGHT, SIZE, TWILIGHT, sky
from ..effects import NEVER, OWN_FAULT
from ..lamp_faults import FULL_LEVEL, LUX, LampFaults
from ..rules import Rules

# A light sensor that has failed reads below 0. The relay is read by interrupt: closed 1, open 0. Gear answers: 1.
LUX_MS = 10_000
METER_MS = 10_000
TEMPERATURE_MS = 60_000
LEAKAGE_MS = 5_000
GEAR_MS = 5_000

ON_BELOW_LX = 30  # (ours)
OFF_ABOVE_LX = 60  # (ours) hysteresis, so that a lamp does not answer to its own light
SWITCH_MS = 60_000  # (ours) headlights and clouds pass
# SYSTEM FAILURE LEVEL (IEC 62386-102), the setting "failure_level": where the gear goes by itself when its bus is lost,
# and the controller when it has neither light nor time to go by.
AWAY_MS = 900_000  # (ours) a commanded level ends: nobody can tell the lamp otherwise
HOUR_MS = 3_600_000
LIT_BEAT_S, UNLIT_BEAT_S = 900, 3_600
UNKNOWN = -1  # the sky, before the clock is set

# What the first channels measure, in their order.
MEASURED = bytes((
    codes.Q_ILLUMINANCE, codes.Q_POWER, codes.Q_VOLTAGE, codes.Q_CURRENT, codes.Q_POWER_FACTOR, codes.Q_TEMPERATURE,
    codes.Q_LEAKAGE,
))  # fmt: skip


class Streetlight(Rules):
    """Automatic, or at a commanded level; at the system failure level when it cannot know."""

    KIND = codes.KIND_STREETLIGHT
    FINDS_FAULTS = True
    CHANNELS = (
        ("lux", LUX_MS, 10_000), ("power", METER_MS, 0), ("voltage", METER_MS, 2_200), ("current", METER_MS, 0),
        ("power_factor", METER_MS, 0), ("temperature", TEMPERATURE_MS, 2_500), ("leakage", LEAKAGE_MS, 0),
        ("relay", 0, 0), ("gear", GEAR_MS, 1),
    )  # fmt: skip

    __slots__ = (
        "_away_at", "_blind", "_dusk", "_dusk_at", "_failure_level", "_faults", "_hour_at", "_hour_left",
        "_hours", "_manual", "_sky", "_sky_at",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        lux = device.sampling.values[LUX]
        self._faults = LampFaults(device)
        self._manual = False
        self._blind = lux < 0 or device.faults >> LUX & 1 != 0
        self._dusk = lux <= OFF_ABOVE_LX  # the sensor says that it is dark; in doubt it is
        self._sky = UNKNOWN
        # Uptimes: a change of the sensor is believed, the sky changes, a commanded level ends, an hour lit is full.
        self._dusk_at = self._sky_at = self._away_at = self._hour_at = NEVER
        self._failure_level = device.settings[codes.S_FAILURE_LEVEL]
        self._hours = device.kept("hours")
        self._hour_left = HOUR_MS  # of light, until the next full hour
        device.output("failure_level", self._failure_level)
        self._renew(now)
        if not device.faults >> LUX & 1:
            self._sensor(now, lux)
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel == LUX:
            return (value < 0) == self._blind and self._turning(value) == (self._dusk_at != NEVER)
        return self._faults.quiet(channel)

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == LUX:
            self._sensor(now, value)
            if not self._turning(value):
                self._dusk_at = NEVER
            elif self._dusk_at == NEVER:
                self._dusk_at = now + SWITCH_MS
        else:
            self._faults.sample(now, channel)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        if channel == LUX:
            self._dusk_at = NEVER
            if not self._blind:
                self._blind = True
                self._renew(now)
        else:
            self._faults.silent(channel)
        self._schedule()

    def timer(self, now: int) -> None:
        if now >= self._dusk_at:
            self._dusk_at = NEVER
            self._dusk = not self._dusk
            self._renew(now)
        if now >= self._sky_at:
            self.timed(now)
        if now >= self._away_at:
            self._away_at = NEVER
            self._manual = False
            self._renew(now)
        if now >= self._hour_at:
            self._hours += 1
            self._hour_at = now + HOUR_MS
            self.device.keep("hours", self._hours)
        self._faults.timer(now)
        self._schedule()

    def timed(self, now: int) -> None:
        table = self.device.identity.data.get("calendar", b"")
        epoch_ms = self.device.uplink.clock.epoch(now)
        if epoch_ms is not None and len(table) == SIZE:
            self._sky, wait_ms = sky(table, epoch_ms)
            self._sky_at = now + wait_ms
            self._renew(now)
            self._schedule()

    def linked(self, now: int, up: bool) -> None:
        if up:
            self._away_at = NEVER
        elif self._manual and self._away_at == NEVER:
            self._away_at = now + AWAY_MS
        self._schedule()

    def configured(self, now: int) -> None:
        level = self.device.settings[codes.S_FAILURE_LEVEL]
        if level != self._failure_level:
            self._failure_level = level
            self.device.output("failure_level", level)
            self._renew(now)
            self._schedule()
        self._beat(now, self._faults.level)

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        if command == codes.CMD_SET_LEVEL:
            level = arguments.get(0, -1)
            if not 0 <= level <= FULL_LEVEL:
                return frame.INVALID
            self._manual = True
            self._light(now, level)
        elif command == codes.CMD_AUTOMATIC:
            self._manual = False
            self._renew(now)
        elif command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self.report())
        else:
            return frame.NOT_FOUND
        self._schedule()
        return frame.OK

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = {codes.Q_LAMP_LEVEL: self._faults.level, codes.Q_LAMP_HOURS: self._hours}
        for channel in range(0 if values[LUX] >= 0 and not self.device.faults & 1 else 1, len(MEASURED)):
            report[MEASURED[channel]] = values[channel]
        return report

    # ---- light

    def _turning(self, lux: int) -> bool:
        if lux < 0:
            return False
        return lux > OFF_ABOVE_LX if self._dusk else lux < ON_BELOW_LX

    def _sensor(self, now: int, lux: int) -> None:
        if (lux < 0) != self._blind:
            self._blind = lux < 0
            self._renew(now)
        self.device.fault(now, OWN_FAULT, self._blind, LUX)

    def _renew(self, now: int) -> None:
        """The level without a command."""
        if self._sky == NIGHT:
            lit = True
        elif not self._blind:
            lit = self._dusk
        else:
            lit = self._sky == TWILIGHT
        level = FULL_LEVEL if lit else 0
        if self._blind:
            if self._sky == UNKNOWN:
                level = self._failure_level
            self._dusk = level > 0  # a sensor that comes back is believed after its minute
        if not self._manual:
            self._light(now, level)

    def _light(self, now: int, level: int) -> None:
        device = self.device
        before = self._faults.level
        if level == before:
            return
        device.output("lamp", level)
        self._faults.switched(now, level)
        if level and self._hour_at == NEVER:
            self._hour_at = now + self._hour_left
        elif not level and self._hour_at != NEVER:
            self._hour_left = self._hour_at - now
            self._hour_at = NEVER
        self._beat(now, level)
        if before >= 0:
            device.event(now, codes.EVENT_LAMP_LEVEL, {codes.Q_LAMP_LEVEL: level})

    def _beat(self, now: int, level: int) -> None:
        device = self.device
        if device.identity.beat_s is None and not device.settings[codes.S_BEAT_S]:
            device.session.set_beat(now, LIT_BEAT_S if level else UNLIT_BEAT_S)

    def _schedule(self) -> None:
        self.deadline = min(self._dusk_at, self._sky_at, self._away_at, self._hour_at, self._faults.deadline())


RULES = Streetlight
