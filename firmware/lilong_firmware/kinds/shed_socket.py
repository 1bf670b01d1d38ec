"""Charging socket in a bicycle shed: cuts its own power, and only a person lets it flow again.

It feeds nothing that it cannot watch: without a sensor it is off. What it has cut stays off until the cause has gone
and somebody has reset the alarm; then it waits to be switched on anew.
"""

from lilong_protocol import codes, frame

from ..effects import NEVER
from ..hold import Hold
from ..rules import Rules

CURRENT, TEMPERATURE, OBSCURATION, POWER = 0, 1, 2, 3  # channels

CURRENT_SAMPLE_MS = 1_000
TEMPERATURE_SAMPLE_MS = 2_000
SMOKE_SAMPLE_MS = 4_000
POWER_SAMPLE_MS = 5_000

OVER, HOT, SMOKE, NOT_CUT = 0, 1, 2, 3  # causes
# Of each cause: alarm, channel, level that trips, how long, level below which it ends, how long.
CAUSES = (
    # (ours) An e-bike's charger takes 1 to 4 A; what it draws in the first moment is no overload.
    (codes.ALARM_POWER_OVER_CURRENT, CURRENT, 6_000, 5_000, 6_000, 10_000),
    # A rise of 45 K at the terminals (IEC 60884-1, 19) on 25 Celsius; hold and hysteresis are (ours).
    (codes.ALARM_POWER_OVER_TEMPERATURE, TEMPERATURE, 7_000, 4_000, 5_000, 60_000),
    # As a smoke detector's: 0.23 dB/m (NIST TN 1455), two samples in a row; the end below 80 % for a minute.
    (codes.ALARM_SMOKE_ALARM, OBSCURATION, 231, SMOKE_SAMPLE_MS, 184, 60_000),
    # (ours) The relay has stuck: the shed has to be cut off elsewhere.
    (codes.ALARM_POWER_NOT_CUT, CURRENT, 100, 2_000, 100, 10_000),
)
AT_ONCE_MA = 16_000  # (ours) the socket's and its plug's rating, which nothing may pass for a moment
FULL_DW, FULL_MS = 100, 900_000  # (ours) a quarter of an hour below 10 W: the battery is full, or nothing is plugged in
LONGEST_MS = 36_000_000  # (ours) 10 h: no battery takes longer, but one that never gets full
DWMS_PER_WH = 36_000_000
TICK_MS = 60_000
KEPT_WH = 50  # (ours) what a power cut may cost of the meter
CHARGING_BEAT_S, IDLE_BEAT_S = 60, 300


class ShedSocket(Rules):
    """off > on > off; cut by an alarm until its reset."""

    KIND = codes.KIND_SHED_SOCKET
    CHANNELS = (
        ("current", CURRENT_SAMPLE_MS, 0), ("temperature", TEMPERATURE_SAMPLE_MS, 2_500),
        ("obscuration", SMOKE_SAMPLE_MS, 5), ("power", POWER_SAMPLE_MS, 0),
    )  # fmt: skip

    __slots__ = (
        "_drawn", "_feeding", "_full", "_holds", "_kept_wh", "_latest", "_metered_at", "_part_wh",
        "_tick_at", "_wh",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        self._holds = [Hold() for _ in CAUSES]  # a cause comes, or goes: when that counts
        self._full = Hold()
        self._wh = self._kept_wh = device.kept("wh")
        self._part_wh = 0  # of a Wh, in 0.1 W ms
        self._drawn = 0  # since `_metered_at`
        self._metered_at = now
        self._tick_at = NEVER
        self._latest = NEVER
        self._feeding = 0
        if device.kept("fed") and not self._locked() and not device.faults:
            self._feed(now)
        else:
            device.output("relay", 0)
            if device.kept("fed"):
                device.keep("fed", 0)
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel == POWER:
            return value == self._drawn and self._full.follows(self._idle(value))
        if channel == CURRENT and value >= AT_ONCE_MA and not self.device.active(codes.ALARM_POWER_OVER_CURRENT):
            return False
        for at in range(len(CAUSES)):
            if CAUSES[at][1] == channel and not self._holds[at].follows(self._on_the_way(at, value)):
                return False
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == POWER:
            if value != self._drawn:
                self._meter(now)
                self._drawn = value
                self._tick_at = now + TICK_MS if value else NEVER
            self._full.follow(now, self._idle(value), FULL_MS)
        else:
            if channel == CURRENT and value >= AT_ONCE_MA and not self.device.active(codes.ALARM_POWER_OVER_CURRENT):
                self._trip(now, OVER)
            self._follow(now, channel, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        if self._feeding:
            self._cut(now, codes.ENDED_BY_SENSOR)
        for at in range(len(CAUSES)):
            if CAUSES[at][1] == channel and self.device.active(CAUSES[at][0]):
                self._holds[at].follow(now, False, 0)  # nothing ends for what it last said
        self._schedule()

    def timer(self, now: int) -> None:
        if now >= self._tick_at:
            self._tick_at = now + TICK_MS
            self._meter(now)
        for at in range(len(CAUSES)):
            if self._holds[at].over(now):
                if self.device.active(CAUSES[at][0]):
                    self.device.restore(now, CAUSES[at][0], self.report())
                else:
                    self._trip(now, at)
        if self._full.over(now):
            self._cut(now, codes.ENDED_BY_FULL)
        if now >= self._latest:
            self._cut(now, codes.ENDED_BY_TIME)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        code = frame.OK
        if command == codes.CMD_SWITCH_ON:
            if self._locked() or device.faults:
                return frame.CONFLICT
            if not self._feeding:
                self._feed(now)
                device.keep("fed", 1)
                device.event(now, codes.EVENT_SOCKET_ON, self._meters())
        elif command == codes.CMD_SWITCH_OFF:
            if self._feeding:
                self._cut(now, codes.ENDED_BY_COMMAND)
        elif command == codes.CMD_RESET:
            code = device.reset(now)
        elif command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
        else:
            code = frame.NOT_FOUND
        self._schedule()
        return code

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = self._meters()
        report[codes.Q_CURRENT] = values[CURRENT]
        report[codes.Q_POWER] = values[POWER]
        report[codes.Q_TEMPERATURE] = values[TEMPERATURE]
        report[codes.Q_OBSCURATION] = values[OBSCURATION]
        return report

    def _meters(self) -> "dict[int, int]":
        return {codes.Q_SWITCHED_ON: self._feeding, codes.Q_ENERGY: self._wh}

    # ---- causes

    def _locked(self) -> bool:
        """An alarm that nobody has reset: the cause is there, or was and has not been seen to."""
        return bool([True for cause in CAUSES if self.device.episodes.get(cause[0]) is not None])

    def _on_the_way(self, at: int, value: int) -> bool:
        code, channel, trips, _, ends, _ = CAUSES[at]
        if self.device.active(code):
            return value < ends and not self.device.faults >> channel & 1
        return value >= trips and (at != NOT_CUT or not self._feeding)

    def _follow(self, now: int, channel: int, value: int) -> None:
        for at in range(len(CAUSES)):
            if CAUSES[at][1] == channel:
                hold_ms = CAUSES[at][5] if self.device.active(CAUSES[at][0]) else CAUSES[at][3]
                self._holds[at].follow(now, self._on_the_way(at, value), hold_ms)

    def _trip(self, now: int, at: int) -> None:
        """The relay first, though it were open already: it may not have been."""
        self._holds[at].follow(now, False, 0)
        was_on = self._feeding
        self._open(now)
        self.device.alarm(now, CAUSES[at][0], self.report())
        if was_on:
            self._tell_off(now, codes.ENDED_BY_ALARM)

    # ---- the relay

    def _feed(self, now: int) -> None:
        self._feeding = 1
        self._latest = now + LONGEST_MS
        self._holds[NOT_CUT].follow(now, False, 0)
        self.device.output("relay", 1)
        self._full.follow(now, self._idle(self.device.sampling.values[POWER]), FULL_MS)
        self._beat(now, CHARGING_BEAT_S)

    def _cut(self, now: int, why: int) -> None:
        self._open(now)
        self._tell_off(now, why)

    def _open(self, now: int) -> None:
        self.device.output("relay", 0)
        self._meter(now)
        if self._feeding:
            self._feeding = 0
            self.device.keep("fed", 0)
            self._keep_meter()
        self._latest = NEVER
        self._full.follow(now, False, 0)

    def _tell_off(self, now: int, why: int) -> None:
        values = self._meters()
        values[codes.Q_ENDED_BY] = why
        self.device.event(now, codes.EVENT_SOCKET_OFF, values)
        self._beat(now, IDLE_BEAT_S)

    def _idle(self, power: int) -> bool:
        return self._feeding == 1 and power < FULL_DW

    # ---- the meter

    def _meter(self, now: int) -> None:
        """What has flowed since it was last looked at."""
        self._part_wh += self._drawn * (now - self._metered_at)
        self._metered_at = now
        self._wh += self._part_wh // DWMS_PER_WH
        self._part_wh %= DWMS_PER_WH
        if self._wh >= self._kept_wh + KEPT_WH:
            self._keep_meter()

    def _keep_meter(self) -> None:
        if self._wh != self._kept_wh:
            self._kept_wh = self._wh
            self.device.keep("wh", self._wh & 0xFFFFFFFF)

    def _beat(self, now: int, beat_s: int) -> None:
        device = self.device
        if device.identity.beat_s is None and not device.settings[codes.S_BEAT_S]:
            device.session.set_beat(now, beat_s)

    def _schedule(self) -> None:
        deadline = min(self._tick_at, self._full.at, self._latest)
        for hold in self._holds:
            deadline = min(deadline, hold.at)
        self.deadline = deadline


RULES = ShedSocket
