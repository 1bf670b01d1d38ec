"""Manhole cover: moved, flooded, or gas in the shaft."""

from lilong_protocol import codes, frame

from ..hold import Hold
from ..rules import Rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..sleep import Naps

TILT, SHOCK, WATER, GAS, H2S, BATTERY = 0, 1, 2, 3, 4, 5  # channels; shock is the accelerometer's own interrupt

# Cover sensors alarm at 5 to 15 degrees; 10 is the usual setting, and the default of "tilt_trip".
TILT_LESS_DDEG = 20  # hysteresis (ours)
TILT_MS = 2_000  # (ours) a wheel rocks a cover for less
TILT_SAMPLE_MS = 500
SHOCK_MG = 500  # (ours)
NEW_ATTITUDE_DDEG = 50  # (ours) after a shock this is a cover that has been lifted; back within it, it lies again
SHOCK_WINDOW_MS = 10_000  # (ours)
BACK_MS = 60_000  # (ours)
# (ours) 0.5 m below the rim is a warning, the default of "water_warn"; 0.1 m is overflowing.
LEVEL_MORE_MM = 100  # hysteresis
OVERFULL_MM, OVERFULL_ENDS_MM = 100, 200
LEVEL_SAMPLE_MS = 10_000  # GB/T 41401-2022: with the system within 30 s
METHANE_DLEL, METHANE_ENDS_DLEL = 100, 50  # 10 %LEL; hysteresis (ours)
H2S_DPPM, H2S_ENDS_DPPM = 70, 50  # 10 mg/m3, the workplace limit; hysteresis (ours)
GAS_SAMPLE_MS = 10_000
BATTERY_MS = 86_400_000
BATTERY_LOW_PERCENT = 20  # (ours) three years of battery leave months from here
BATTERY_GOOD_PERCENT = 25


class Manhole(Rules):
    """Attitude, water, gas and battery, each by itself; what is raised stays raised while the cover is silent."""

    KIND = codes.KIND_MANHOLE
    CHANNELS = (
        ("tilt", TILT_SAMPLE_MS, 0),
        ("shock", 0, 0),
        ("water", LEVEL_SAMPLE_MS, 2_000),
        ("gas", GAS_SAMPLE_MS, 0),
        ("h2s", GAS_SAMPLE_MS, 0),
        ("battery", BATTERY_MS, 100),
    )

    __slots__ = ("_attitude", "_shaken_until", "_tilting")

    def start(self, now: int) -> None:
        self._attitude = self.device.kept("attitude")  # as it lay after the last reset
        self._shaken_until = 0
        self._tilting = Hold()  # tilted: when that is a moved cover; back: when that is the end
        if not self.device.faults >> BATTERY & 1:
            self._battery(now, self.device.sampling.values[BATTERY])

    def quiet(self, channel: int, value: int) -> bool:
        device = self.device
        if channel == TILT:
            if self._shaken_until and self._away(value):
                return False
            return self._tilting.follows(self._tilt_turning(value))
        if channel == WATER:
            warn = device.settings[codes.S_WATER_WARN]
            return self._level_stays(
                value, codes.ALARM_MANHOLE_LEVEL, warn, warn + LEVEL_MORE_MM
            ) and self._level_stays(value, codes.ALARM_MANHOLE_OVERFULL, OVERFULL_MM, OVERFULL_ENDS_MM)
        if channel in (GAS, H2S):
            return not self._gas_turning()
        if channel == BATTERY:
            low = device.active(codes.ALARM_BATTERY_LOW)
            return value >= BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == TILT:
            self._tilt(now, value)
        elif channel == SHOCK:
            if value > SHOCK_MG:
                self._shaken_until = now + SHOCK_WINDOW_MS
                self._tilt(now, self.device.sampling.values[TILT])
        elif channel == WATER:
            warn = self.device.settings[codes.S_WATER_WARN]
            self._level(now, value, codes.ALARM_MANHOLE_LEVEL, warn, warn + LEVEL_MORE_MM)
            self._level(now, value, codes.ALARM_MANHOLE_OVERFULL, OVERFULL_MM, OVERFULL_ENDS_MM)
        elif channel == BATTERY:
            self._battery(now, value)
        elif self._gas_turning():
            if self.device.active(codes.ALARM_MANHOLE_GAS):
                self.device.restore(now, codes.ALARM_MANHOLE_GAS, self._gases())
            else:
                self.device.alarm(now, codes.ALARM_MANHOLE_GAS, self._gases())
        self.deadline = self._tilting.at

    def silent(self, now: int, channel: int) -> None:
        if channel == TILT and self.device.active(codes.ALARM_MANHOLE_MOVED):
            self._tilting.follow(now, False, 0)
        self.deadline = self._tilting.at

    def timer(self, now: int) -> None:
        if self._tilting.over(now):
            if self.device.active(codes.ALARM_MANHOLE_MOVED):
                self.device.restore(now, codes.ALARM_MANHOLE_MOVED, self._movement())
            else:
                self._moved(now)
        self.deadline = self._tilting.at

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        if command == codes.CMD_RESET:
            tilt = device.sampling.values[TILT]
            if self._lies(tilt):
                self._attitude = tilt
                device.keep("attitude", tilt)
            return device.reset(now)
        if command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
            return frame.OK
        return frame.NOT_FOUND

    def naps(self, started: bool = False) -> "Naps":
        from ..sleep_manhole import Naps  # noqa: PLC0415  by need

        return Naps(self)

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = {
            codes.Q_TILT: values[TILT],
            codes.Q_WATER_BELOW_RIM: values[WATER],
            codes.Q_GAS: values[GAS],
            codes.Q_H2S: values[H2S],
            codes.Q_BATTERY: values[BATTERY],
        }
        if self.device.awake:
            report[codes.Q_AWAKE], report[codes.Q_WAKES] = self.device.awake
        return report

    # ---- attitude

    def _away(self, tilt: int) -> bool:
        return abs(tilt - self._attitude) > NEW_ATTITUDE_DDEG

    def _lies(self, tilt: int) -> bool:
        return tilt <= self.device.settings[codes.S_TILT_TRIP] - TILT_LESS_DDEG and not self._away(tilt)

    def _tilt_turning(self, tilt: int) -> bool:
        if self.device.active(codes.ALARM_MANHOLE_MOVED):
            return self._lies(tilt) and not self.device.faults >> TILT & 1
        return tilt > self.device.settings[codes.S_TILT_TRIP]

    def _tilt(self, now: int, tilt: int) -> None:
        active = self.device.active(codes.ALARM_MANHOLE_MOVED)
        if self._shaken_until and self._away(tilt):
            if now <= self._shaken_until and not active:
                self._tilting.follow(now, False, 0)
                self._moved(now)
                return
            self._shaken_until = 0
        self._tilting.follow(now, self._tilt_turning(tilt), BACK_MS if active else TILT_MS)

    def _moved(self, now: int) -> None:
        self._shaken_until = 0
        self.device.alarm(now, codes.ALARM_MANHOLE_MOVED, self._movement())

    def _movement(self) -> "dict[int, int]":
        values = self.device.sampling.values
        return {codes.Q_TILT: values[TILT], codes.Q_ACCELERATION: values[SHOCK]}

    # ---- water, gas, battery

    def _level_stays(self, below_rim: int, code: int, trip: int, ends: int) -> bool:
        return below_rim < ends if self.device.active(code) else below_rim > trip

    def _level(self, now: int, below_rim: int, code: int, trip: int, ends: int) -> None:
        if below_rim <= trip:
            self.device.alarm(now, code, {codes.Q_WATER_BELOW_RIM: below_rim})
        elif below_rim >= ends:
            self.device.restore(now, code, {codes.Q_WATER_BELOW_RIM: below_rim})

    def _gas_turning(self) -> bool:
        values = self.device.sampling.values
        if self.device.active(codes.ALARM_MANHOLE_GAS):
            silent = self.device.faults & (1 << GAS | 1 << H2S)
            return not silent and values[GAS] < METHANE_ENDS_DLEL and values[H2S] < H2S_ENDS_DPPM
        return values[GAS] >= METHANE_DLEL or values[H2S] >= H2S_DPPM

    def _gases(self) -> "dict[int, int]":
        values = self.device.sampling.values
        return {codes.Q_GAS: values[GAS], codes.Q_H2S: values[H2S]}

    def _battery(self, now: int, value: int) -> None:
        if value < BATTERY_LOW_PERCENT:
            self.device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        elif value >= BATTERY_GOOD_PERCENT:
            self.device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})


RULES = Manhole
