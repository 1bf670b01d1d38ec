"""Wristband of an elderly resident: SOS, falls, vital signs, whereabouts. Not a medical device."""

from lilong_protocol import codes, frame

from ..fall import Fall
from ..hold import Hold
from ..rules import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sleep import Naps

# Channels. Heart rate and blood oxygen read 0 while there is no reading.
ACCEL, MOTION, SOS, CANCEL, HEART_RATE, SPO2, WORN, CHARGING, OUTSIDE, LATITUDE, LONGITUDE, BATTERY = range(12)

# All thresholds below are (ours): EN 50134 was not at hand, and this is no medical device.
ACCEL_MS = 20
# At rest, for a minute, below "heart_rate_low" or above "heart_rate_high"; ends so far inside, for a minute.
HEART_RATE_LOW_ENDS, HEART_RATE_HIGH_ENDS = 5, 10
HEART_RATE_HOLD_MS = 60_000
HEART_RATE_MS = 5_000
SPO2_LOW_PERCENT, SPO2_ENDS_PERCENT = 88, 90
SPO2_HOLD_MS, SPO2_ENDS_MS = 120_000, 60_000
SPO2_MS = 10_000
INACTIVE_MS = 43_200_000  # 12 h; nobody lies so still so long in a night's sleep, so day and night count alike
OUTSIDE_HOLD_MS, OUTSIDE_ENDS_MS = 120_000, 30_000
OUTSIDE_MS = 30_000
POSITION_MS = 60_000
REMOVED_MS = 900_000
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 20, 25
BATTERY_MS = 600_000


class Wristband(Rules):
    """An alarm for each danger, by itself. SOS asks nothing first; a fall can be cancelled for 20 s."""

    KIND = codes.KIND_WRISTBAND
    PRIVATE = True
    CHANNELS = (
        ("accel", ACCEL_MS, 1_000),
        ("motion", 0, 1),
        ("sos", 0, 0),
        ("cancel", 0, 0),
        ("heart_rate", HEART_RATE_MS, 72),
        ("spo2", SPO2_MS, 97),
        ("worn", 0, 1),
        ("charging", 0, 0),
        ("outside", OUTSIDE_MS, 0),
        ("latitude", POSITION_MS, 0),
        ("longitude", POSITION_MS, 0),
        ("battery", BATTERY_MS, 80),
    )

    __slots__ = (
        "_buzzing", "_fall", "_heart", "_inactive", "_moving", "_muted", "_outside", "_oxygen", "_removed",
        "_vibrating", "_worn",
    )  # fmt: skip

    def start(self, now: int) -> None:
        values = self.device.sampling.values
        self._fall = Fall()
        self._heart = Hold()
        self._oxygen = Hold()
        self._outside = Hold()
        self._inactive = Hold()
        self._removed = Hold()
        self._buzzing = False
        self._vibrating = False
        self._muted = False
        self._worn = values[WORN]
        self._moving = values[MOTION]
        if self.device.faults >> WORN & 1 and self.device.active(codes.ALARM_BAND_REMOVED):
            self._worn = 0  # as it was
        if self.device.faults >> MOTION & 1 and self.device.active(codes.ALARM_BAND_INACTIVE):
            self._moving = 0
        if not self.device.faults >> BATTERY & 1:
            self._battery(now, values[BATTERY])
        self._presence(now)
        self._signal()
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel == ACCEL:
            return not self._worn or self._fall.ignores(value)
        if channel == HEART_RATE:
            return self._heart.follows(self._heart_turning(value))
        if channel == SPO2:
            return self._oxygen.follows(self._oxygen_turning(value))
        if channel == OUTSIDE:
            return self._outside.follows(self._outside_turning(value))
        if channel == BATTERY:
            low = self.device.active(codes.ALARM_BATTERY_LOW)
            return value >= BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        active = self.device.active
        if channel == ACCEL:
            if self._worn:
                self._follow_fall(now, self._fall.feel(now, value, not self._moving))
        elif channel == SOS:
            if value:
                self._call(now, codes.ALARM_BAND_SOS)
        elif channel == CANCEL:
            if value and self._fall.cancel():
                self._signal()
                self.device.event(now, codes.EVENT_BAND_FALL_CANCELLED, self._person())
        elif channel == MOTION:
            self._motion(now, value)
        elif channel == HEART_RATE:
            self._heart.follow(now, self._heart_turning(value), HEART_RATE_HOLD_MS)
        elif channel == SPO2:
            ends = active(codes.ALARM_BAND_SPO2)
            self._oxygen.follow(now, self._oxygen_turning(value), SPO2_ENDS_MS if ends else SPO2_HOLD_MS)
        elif channel == OUTSIDE:
            ends = active(codes.ALARM_BAND_GEOFENCE)
            self._outside.follow(now, self._outside_turning(value), OUTSIDE_ENDS_MS if ends else OUTSIDE_HOLD_MS)
        elif channel == WORN:
            if value != self._worn:
                self._worn = value
                self.device.event(now, codes.EVENT_BAND_WORN if value else codes.EVENT_BAND_TAKEN_OFF, {})
                self._presence(now)
        elif channel == CHARGING:
            self._presence(now)
        elif channel == BATTERY:
            self._battery(now, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        active = self.device.active
        for its_channel, code, hold in (
            (HEART_RATE, codes.ALARM_BAND_HEART_RATE, self._heart),
            (SPO2, codes.ALARM_BAND_SPO2, self._oxygen),
            (OUTSIDE, codes.ALARM_BAND_GEOFENCE, self._outside),
        ):
            if its_channel == channel and active(code):
                hold.follow(now, False, 0)
        self._schedule()

    def timer(self, now: int) -> None:
        self._follow_fall(now, self._fall.timer(now))
        if self._heart.over(now):
            self._turn(now, codes.ALARM_BAND_HEART_RATE, {codes.Q_HEART_RATE: self._value(HEART_RATE)})
        if self._oxygen.over(now):
            self._turn(now, codes.ALARM_BAND_SPO2, {codes.Q_SPO2: self._value(SPO2)})
        if self._outside.over(now):
            self._turn(now, codes.ALARM_BAND_GEOFENCE, self._place())
        if self._inactive.over(now):
            self.device.alarm(now, codes.ALARM_BAND_INACTIVE, self._person())
        if self._removed.over(now):
            self.device.alarm(now, codes.ALARM_BAND_REMOVED, {codes.Q_BATTERY: self._value(BATTERY)})
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        if command == codes.CMD_MUTE:
            if not self._buzzing:
                return frame.CONFLICT
            self._muted = True
            self._signal()
            device.event(now, codes.EVENT_MUTED, {})
            return frame.OK
        if command == codes.CMD_RESET:
            return device.reset(now)
        if command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
            return frame.OK
        return frame.NOT_FOUND

    def naps(self, started: bool = False) -> "Naps | None":
        if self._worn and not started:
            return None
        from ..sleep_wristband import Naps  # noqa: PLC0415  by need

        return Naps(self)

    def acknowledged(self, now: int, code: int) -> None:
        """Somebody is coming: that ends a call for help, and the wearer is told by the silence."""
        if code in (codes.ALARM_BAND_SOS, codes.ALARM_BAND_FALL):
            self.device.restore(now, code, self._person())
            self._signal()

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = self._place()
        report[codes.Q_HEART_RATE] = values[HEART_RATE]
        report[codes.Q_SPO2] = values[SPO2]
        report[codes.Q_WORN] = self._worn
        report[codes.Q_BATTERY] = values[BATTERY]
        if self.device.awake:
            report[codes.Q_AWAKE], report[codes.Q_WAKES] = self.device.awake
        return report

    # ---- calls for help

    def _call(self, now: int, code: int) -> None:
        device = self.device
        self._muted = False
        if not self._vibrating:
            self._vibrating = True
            device.output("vibrate", 1)
        if not self._buzzing:
            self._buzzing = True
            device.output("buzzer", 1)
        device.alarm(now, code, self._person())

    def _follow_fall(self, now: int, news: int) -> None:
        if news == Fall.CANDIDATE:
            self.device.event(now, codes.EVENT_BAND_FALL_CANDIDATE, self._person())
        elif news == Fall.FALLEN:
            self._call(now, codes.ALARM_BAND_FALL)
        self._signal()

    def _signal(self) -> None:
        """Vibrates and sounds while a call has no answer; the window in which a fall may be cancelled vibrates."""
        active = self.device.active
        calling = active(codes.ALARM_BAND_SOS) or active(codes.ALARM_BAND_FALL)
        vibrating = calling or self._fall.asking()
        if vibrating != self._vibrating:
            self._vibrating = vibrating
            self.device.output("vibrate", 1 if vibrating else 0)
        buzzing = calling and not self._muted
        if buzzing != self._buzzing:
            self._buzzing = buzzing
            self.device.output("buzzer", 1 if buzzing else 0)

    # ---- the wearer

    def _motion(self, now: int, value: int) -> None:
        if value == self._moving:
            return
        self._moving = value
        self._follow_fall(now, self._fall.motion(now, value != 0))
        if value and not self.device.active(codes.ALARM_BAND_HEART_RATE):
            self._heart.follow(now, False, 0)  # no longer at rest
        self._presence(now)

    def _presence(self, now: int) -> None:
        """Worn or not, moving or not."""
        device = self.device
        charging = device.sampling.values[CHARGING] != 0
        worn = self._worn != 0
        still = worn and not self._moving
        self._inactive.follow(now, still and not device.active(codes.ALARM_BAND_INACTIVE), INACTIVE_MS)
        if not still and not device.faults & (1 << WORN | 1 << MOTION):
            device.restore(now, codes.ALARM_BAND_INACTIVE, {})
        off = not worn and not charging
        self._removed.follow(now, off and not device.active(codes.ALARM_BAND_REMOVED), REMOVED_MS)
        if not off and not device.faults & (1 << WORN | 1 << CHARGING):
            device.restore(now, codes.ALARM_BAND_REMOVED, {codes.Q_WORN: self._worn})

    def _heart_turning(self, rate: int) -> bool:
        low, high = self.device.settings[codes.S_HEART_RATE_LOW], self.device.settings[codes.S_HEART_RATE_HIGH]
        if self.device.active(codes.ALARM_BAND_HEART_RATE):
            return not self._worn or low + HEART_RATE_LOW_ENDS <= rate <= high - HEART_RATE_HIGH_ENDS
        if not self._worn or self._moving or rate <= 0:
            return False
        return rate < low or rate > high

    def _oxygen_turning(self, percent: int) -> bool:
        if self.device.active(codes.ALARM_BAND_SPO2):
            return not self._worn or percent >= SPO2_ENDS_PERCENT
        return self._worn != 0 and 0 < percent < SPO2_LOW_PERCENT

    def _outside_turning(self, metres: int) -> bool:
        margin = self.device.settings[codes.S_FENCE_MARGIN]
        if self.device.active(codes.ALARM_BAND_GEOFENCE):
            return metres <= margin * 2 // 5
        return metres > margin

    def _turn(self, now: int, code: int, values: "dict[int, int]") -> None:
        if self.device.active(code):
            self.device.restore(now, code, values)
        else:
            self.device.alarm(now, code, values)

    # ---- inside

    def _battery(self, now: int, value: int) -> None:
        if value < BATTERY_LOW_PERCENT:
            self.device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        elif value >= BATTERY_GOOD_PERCENT:
            self.device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})

    def _value(self, channel: int) -> int:
        return self.device.sampling.values[channel]

    def _place(self) -> "dict[int, int]":
        return {
            codes.Q_LATITUDE: self._value(LATITUDE),
            codes.Q_LONGITUDE: self._value(LONGITUDE),
            codes.Q_OUTSIDE_FENCE: self._value(OUTSIDE),
        }

    def _person(self) -> "dict[int, int]":
        values = self._place()
        values[codes.Q_HEART_RATE] = self._value(HEART_RATE)
        return values

    def _schedule(self) -> None:
        self.deadline = min(
            self._fall.deadline,
            self._heart.at,
            self._oxygen.at,
            self._outside.at,
            self._inactive.at,
            self._removed.at,
        )


RULES = Wristband
