"""Charging pile for cars: plugged in, started by a person or by command, metered, and cut off by itself in any danger.

States and their order are OCPP 1.6's; so is what it may say after a boot, see `acceptance`.
"""

from lilong_firmware.effects import NEVER
from lilong_firmware.hold import Hold
from lilong_protocol import codes, frame

from .acceptance import Acceptance
from .base import SimulatedRules
from .meter import Meter
from .thresholds import Threshold, Thresholds

PLUG, START, STOP, CURRENT, VOLTAGE, POWER, TEMPERATURE, LEAKAGE = range(8)  # channels

AVAILABLE, PREPARING, CHARGING, SUSPENDED_EV, FINISHING, FAULTED = 0, 1, 2, 4, 5, 8  # of codes.Q_PILE_STATE
THRESHOLDS = (
    # (ours) A cable of mode 3 for one phase takes 32 A.
    Threshold(CURRENT, codes.ALARM_POWER_OVER_CURRENT, 36_000, 5_000, 33_000, 10_000),
    # A rise of 45 K at the terminals (IEC 60884-1, 19) on 45 Celsius in the sun; hold and hysteresis are (ours).
    Threshold(TEMPERATURE, codes.ALARM_POWER_OVER_TEMPERATURE, 9_000, 4_000, 6_000, 60_000),
    # 30 mA is what a residual current device for persons trips at (IEC 61008-1).
    Threshold(LEAKAGE, codes.ALARM_LAMP_LEAKAGE_DETECTED, 300, 0, 100, 10_000),
)
TAKES_MA = 1_000  # (ours) a car that takes less is full, or waits
FULL_MS = 60_000  # (ours)
PLUG_MS = 60_000  # (ours) OCPP's ConnectionTimeOut: started, and nothing is plugged in
METER_S = 60  # meter values while it charges
IDLE_BEAT_S = codes.link(codes.KIND_EV_PILE)[2]


class EvPile(SimulatedRules):
    """available > preparing > charging, or suspended by the car > finishing > available; faulted until a reset."""

    KIND = codes.KIND_EV_PILE
    CHANNELS = (
        ("plug", 0, 0), ("start", 0, 0), ("stop", 0, 0), ("current", 1_000, 0), ("voltage", 60_000, 2_200),
        ("power", 5_000, 0), ("temperature", 2_000, 2_500), ("leakage", 1_000, 0),
    )  # fmt: skip

    __slots__ = (
        "_acceptance", "_done", "_feeding", "_full", "_meter", "_started_at", "_suspended", "_thresholds", "_tick_at",
        "state",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        self._acceptance = Acceptance(device)
        self._thresholds = Thresholds(device, THRESHOLDS)
        self._meter = Meter(device, now)
        self._full = Hold()
        self._tick_at = NEVER  # when the meter is looked at again
        self._suspended = False
        self._feeding = 0
        self._started_at = NEVER  # by a person who has not plugged in yet: until then
        self._done = 0  # why the session of the car that is still plugged in has ended
        self.state = AVAILABLE
        device.output("contactor", 0)
        if device.kept("fed"):  # the power went in a session, which that ends
            device.keep("fed", 0)
            self._done = codes.ENDED_BY_POWER if device.sampling.values[PLUG] else 0
            self._tell(now, codes.ENDED_BY_POWER)
        self._settle(now)

    def quiet(self, channel: int, value: int) -> bool:
        if self._state() != self.state:
            return False
        if channel == POWER:
            return value == self._meter.power
        if channel == CURRENT and not self._full.follows(self._turning(value)):
            return False
        return self._thresholds.quiet(channel, value)

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == PLUG:
            self._plugged(now, value)
        elif channel == START:
            if value:
                self._begin(now)
        elif channel == STOP:
            if value:
                self._stop(now, codes.ENDED_BY_PERSON)
        elif channel == POWER:
            if value != self._meter.power:
                self._meter.follow(now, value)
                self._tick_at = now + METER_S * 1000 if value else NEVER
        else:
            if channel == CURRENT:
                self._full.follow(now, self._turning(value), 0 if self._suspended else FULL_MS)
            self._thresholds.follow(now, channel, value)
        self._settle(now)

    def silent(self, now: int, channel: int) -> None:
        """It feeds nothing that it cannot watch."""
        if self._feeding and channel in (CURRENT, TEMPERATURE, LEAKAGE):
            self._end(now, codes.ENDED_BY_SENSOR)
        self._thresholds.silent(now, channel)
        self._settle(now)

    def linked(self, now: int, up: bool) -> None:
        self._acceptance.linked(now, up)
        self._schedule()

    def timed(self, now: int) -> None:
        self._acceptance.accepted(now)
        self._schedule()

    def timer(self, now: int) -> None:
        self._acceptance.time(now)
        for code in self._thresholds.turned(now):
            if self.device.active(code):
                self.device.restore(now, code, self.report())
            else:
                self._trip(now, code)
        if self._full.over(now):
            self._suspended = not self._suspended
        if now >= self._started_at:
            self._started_at = NEVER
        if now >= self._tick_at:
            self._tick_at = now + METER_S * 1000
            self._meter.follow(now, self._meter.power)
        self._settle(now)

    def command(self, now: int, command: int, arguments: dict[int, int]) -> int:
        code = frame.OK
        if command == codes.CMD_SWITCH_ON:
            if not self._begin(now):
                code = frame.CONFLICT
        elif command == codes.CMD_SWITCH_OFF:
            self._stop(now, codes.ENDED_BY_COMMAND)
        else:
            code = SimulatedRules.command(self, now, command, arguments)
        self._settle(now)
        return code

    def report(self) -> dict[int, int]:
        values = self.device.sampling.values
        return {
            codes.Q_PILE_STATE: self.state, codes.Q_ENERGY: self._meter.wh, codes.Q_CURRENT: values[CURRENT],
            codes.Q_VOLTAGE: values[VOLTAGE], codes.Q_POWER: values[POWER], codes.Q_TEMPERATURE: values[TEMPERATURE],
            codes.Q_LEAKAGE: values[LEAKAGE],
        }  # fmt: skip

    # ---- a session

    def _locked(self) -> bool:
        """An alarm that cuts, and that nobody has reset, or a sensor that is silent."""
        open_ = [row for row in THRESHOLDS if self.device.episodes.get(row.alarm) is not None]
        return bool(open_) or self.device.faults != 0

    def _begin(self, now: int) -> bool:
        """Somebody wants to charge; False when that cannot be."""
        if self._locked() or self._feeding:
            return False
        self._done = 0
        if self.device.sampling.values[PLUG]:
            self._feed(now)
        else:
            self._started_at = now + PLUG_MS
        return True

    def _stop(self, now: int, why: int) -> None:
        self._started_at = NEVER
        if self._feeding:
            self._end(now, why)

    def _plugged(self, now: int, value: int) -> None:
        if value and self._started_at != NEVER and not self._locked():
            self._feed(now)
        elif not value:
            if self._feeding:
                self._end(now, codes.ENDED_BY_UNPLUGGED)
            self._done = 0

    def _feed(self, now: int) -> None:
        self._started_at = NEVER
        self._feeding = 1
        self._suspended = False
        self.device.keep("fed", 1)
        self.device.output("contactor", 1)
        self._full.follow(now, self._turning(self.device.sampling.values[CURRENT]), FULL_MS)
        self._beat(now, METER_S)

    def _end(self, now: int, why: int) -> None:
        """The contactor first."""
        self._open(now)
        self._done = why
        self._tell(now, why)

    def _open(self, now: int) -> None:
        self.device.output("contactor", 0)
        if self._feeding:
            self._feeding = 0
            self._full.follow(now, False, 0)
            self.device.keep("fed", 0)
            self._meter.follow(now, 0)
            self._meter.keep()
            self._beat(now, 0)

    def _trip(self, now: int, code: int) -> None:
        fed = self._feeding
        self._open(now)
        self.state = FAULTED
        self.device.alarm(now, code, self.report())
        if fed:
            self._done = codes.ENDED_BY_ALARM
            self._tell(now, codes.ENDED_BY_ALARM)

    def _turning(self, current: int) -> bool:
        """The car has stopped taking, or takes again."""
        return self._feeding == 1 and (current < TAKES_MA) != self._suspended

    # ---- what it says

    def _state(self) -> int:
        if self._locked():
            return FAULTED
        if self._feeding:
            return SUSPENDED_EV if self._suspended else CHARGING
        if self.device.sampling.values[PLUG]:
            return FINISHING if self._done else PREPARING
        return AVAILABLE if self._started_at == NEVER else PREPARING

    def _settle(self, now: int) -> None:
        """The state that follows, told when it is another."""
        state = self._state()
        if state != self.state:
            self.state = state
            self._tell(now, 0)
        self._schedule()

    def _tell(self, now: int, why: int) -> None:
        """`why` a session has ended; 0: none has."""
        self.state = self._state()
        self._meter.follow(now, self._meter.power)
        values = {codes.Q_PILE_STATE: self.state, codes.Q_ENERGY: self._meter.wh}
        if why:
            values[codes.Q_ENDED_BY] = why
        self.device.event(now, codes.EVENT_PILE_STATE, values)

    def _beat(self, now: int, beat_s: int) -> None:
        """0: as when nothing is charged."""
        device = self.device
        if not device.settings[codes.S_BEAT_S]:
            device.session.set_beat(now, beat_s or device.identity.beat_s or IDLE_BEAT_S)

    def _schedule(self) -> None:
        self.deadline = min(
            self._thresholds.at, self._full.at, self._started_at, self._tick_at, self._acceptance.at,
        )  # fmt: skip


RULES = EvPile
