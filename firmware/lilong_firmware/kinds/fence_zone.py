"""One zone of a perimeter fence: a pulse line, tension wires or both, a panic button, siren and light.

It is given (`Identity.data`) "fence", a byte: 1 for a pulse line, 2 for tension wires, 3 for both, which holds when
nothing is given.
"""

from lilong_protocol import codes, frame

from ..alarm_panel import AlarmPanel
from ..effects import NEVER
from ..fence_line import CUT, PEAK, PULSE_MS, RETURN, SHORTED, TOUCHED, WELL, Line, judge
from ..fence_wire import SAMPLE_MS, USUAL_N, Wire, sound
from ..hold import Hold

# Channels after those of the line. "position" is -1 where the front end of the wires does not know it.
EARTH, TENSION, POSITION, MAINS, BATTERY, TAMPER, PANIC = 5, 6, 7, 8, 9, 10, 11
PULSED, TENSIONED = 1, 2  # of "fence"

# (ours) At the earth stake, for longer than anybody hangs on a line: an insulator has broken, or grass has grown to it.
EARTH_V, EARTH_MS, EARTH_ENDS_V, EARTH_ENDS_MS = 500, 10_000, 250, 60_000
MAINS_MS, MAINS_ENDS_MS = 2_000, 10_000  # (ours) longer than a switch-over takes
BATTERY_MS = 60_000  # (ours) of the standby, which 8 h empty
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 20, 30  # (ours)
LINE_QUANTITIES = (
    codes.Q_PULSE_PEAK,
    codes.Q_PULSE_RETURN,
    codes.Q_PULSE_INTERVAL,
    codes.Q_PULSE_CHARGE,
    codes.Q_PULSE_ENERGY,
    codes.Q_EARTH_VOLTAGE,
)  # of channels 0 to 5


class FenceZone(AlarmPanel):
    """What line, wires, button and supply say, each for itself; a cut is a cut until line and wires are whole."""

    KIND = codes.KIND_FENCE_ZONE
    INTRUSION = (codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_TOUCH)
    SECURITY = (
        codes.ALARM_FENCE_CLIMB,
        codes.ALARM_FENCE_TOUCH,
        codes.ALARM_FENCE_SHORT,
        codes.ALARM_FENCE_CUT,
        codes.ALARM_PANIC,
        codes.ALARM_TAMPER,
    )
    CHANNELS = (
        ("pulse_peak", PULSE_MS, 6_500),
        ("pulse_return", PULSE_MS, 6_200),
        ("pulse_interval", 0, 1_000),
        ("pulse_charge", 0, 600),
        ("pulse_energy", 0, 2_000),
        ("earth_voltage", PULSE_MS, 0),
        ("tension", SAMPLE_MS, USUAL_N),
        ("position", 0, -1),
        ("mains", 0, 1),
        ("battery", BATTERY_MS, 100),
        ("tamper", 0, 0),
        ("panic", 0, 0),
    )

    __slots__ = ("_earth", "_line", "_mains", "_wire")

    def start(self, now: int) -> None:
        device = self.device
        active = device.active
        values = device.sampling.values
        given = (device.identity.data.get("fence") or b"\x03")[0]
        cut = active(codes.ALARM_FENCE_CUT)
        self._begin(now)
        self._earth = Hold()
        self._mains = Hold()
        self._line = self._wire = None
        if given & PULSED:
            self._line = Line(device, not (cut or active(codes.ALARM_FENCE_SHORT) or active(codes.ALARM_FENCE_TOUCH)))
        if given & TENSIONED:
            base = device.kept("tension")
            if not base:
                base = values[TENSION] if sound(values[TENSION]) else USUAL_N
                device.keep("tension", base)
            self._wire = Wire(base, not cut)
        for channel in (MAINS, BATTERY, TAMPER, PANIC):
            if not device.faults >> channel & 1:
                self.sample(now, channel, values[channel])
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        values = self.device.sampling.values
        active = self.device.active
        if channel == BATTERY:
            low = active(codes.ALARM_BATTERY_LOW)
            return value >= BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        if channel == TENSION:
            return self._wire is None or self._wire.follows(value, *self._wanted())
        line = self._line
        if line is None:
            return True
        if channel == EARTH:
            return self._earth.follows(self._earth_turning(value))
        if channel == PEAK:
            return line.expects(values)
        if self._unmeasured():
            return True
        untold = self._armed and judge(values) == TOUCHED and not active(codes.ALARM_FENCE_TOUCH)
        return not untold and line.follows(values)

    def sample(self, now: int, channel: int, value: int) -> None:
        active = self.device.active
        if channel == TENSION:
            if self._wire is not None:
                self._wire.follow(now, value, *self._wanted())
        elif channel == MAINS:
            lost = active(codes.ALARM_POWER_MAINS_LOSS)
            self._mains.follow(now, (value != 0) == lost, MAINS_ENDS_MS if lost else MAINS_MS)
        elif channel == BATTERY:
            if value < BATTERY_LOW_PERCENT or value >= BATTERY_GOOD_PERCENT:
                self._turn(now, codes.ALARM_BATTERY_LOW, value < BATTERY_LOW_PERCENT, {codes.Q_BATTERY: value})
        elif channel == TAMPER:
            self._turn(now, codes.ALARM_TAMPER, value != 0, {})
        elif channel == PANIC:
            self._panic(now, value)
        elif self._line is not None:
            if channel == EARTH:
                ends = active(codes.ALARM_FENCE_EARTH_FAULT)
                self._earth.follow(now, self._earth_turning(value), EARTH_ENDS_MS if ends else EARTH_MS)
            elif channel == PEAK:
                self._line.sent(now, self.device.sampling.values)
            elif channel == RETURN and not self._unmeasured():
                self._back(now, self._line.back(self.device.sampling.values))
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        active = self.device.active
        if channel == EARTH and active(codes.ALARM_FENCE_EARTH_FAULT):
            self._earth.at = NEVER
        elif channel == MAINS and active(codes.ALARM_POWER_MAINS_LOSS):
            self._mains.at = NEVER
        elif channel <= RETURN and self._line is not None:
            self._line.unseen(channel == PEAK)
        elif channel == TENSION and self._wire is not None:
            self._wire.unseen(active(codes.ALARM_FENCE_CLIMB), active(codes.ALARM_FENCE_CUT))
        if self._muted and self._in_alarm():  # nobody sees what goes on there
            self._signal(now)
        self._schedule()

    def timer(self, now: int) -> None:
        device = self.device
        values = device.sampling.values
        if self._earth.over(now):
            code = codes.ALARM_FENCE_EARTH_FAULT
            self._turn(now, code, not device.active(code), {codes.Q_EARTH_VOLTAGE: values[EARTH]})
        if self._mains.over(now):
            code = codes.ALARM_POWER_MAINS_LOSS
            self._turn(now, code, not device.active(code), {codes.Q_MAINS: values[MAINS]})
        wire = self._wire
        if wire is not None:
            if wire.pull.over(now):
                self._turn(now, codes.ALARM_FENCE_CLIMB, not device.active(codes.ALARM_FENCE_CLIMB), self._at_wire({}))
            if wire.turn.over(now):
                wire.taut = not wire.taut
                self._cut(now, not wire.taut, self._at_wire({}))
            trip, _, climbed = self._wanted()
            if wire.weather.over(now) and wire.drifts(values[TENSION], trip, climbed):
                wire.base = values[TENSION]
                device.keep("tension", wire.base)
        if now >= self._silent_at:
            self._hush()
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        code = frame.OK
        if command == codes.CMD_ARM:
            self._arm(now, True)
        elif command == codes.CMD_DISARM:
            if self._wire is not None:
                self._wire.pull.at = NEVER
            self._arm(now, False)
        elif command == codes.CMD_MUTE:
            code = self._mute(now)
        elif command == codes.CMD_RESET:
            if self._line is not None and self._line.off:  # a person has seen to it
                device.restore(now, codes.ALARM_FENCE_PULSE_FAULT, {})
            code = device.reset(now)
        elif command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
        else:
            code = frame.NOT_FOUND
        self._schedule()
        return code

    def acknowledged(self, now: int, code: int) -> None:
        if code == codes.ALARM_PANIC and not self.device.faults >> PANIC & 1:
            self._panic(now, self.device.sampling.values[PANIC])

    def cleared(self, now: int, code: int) -> None:
        if code == codes.ALARM_FENCE_PULSE_FAULT and self._line is not None:
            self._line.reset()
        self._settle()

    def report(self) -> "dict[int, int]":
        values = self.device.sampling.values
        report = {codes.Q_ARMED: int(self._armed), codes.Q_MAINS: values[MAINS], codes.Q_BATTERY: values[BATTERY]}
        if self._line is not None:
            for channel in range(TENSION):
                report[LINE_QUANTITIES[channel]] = values[channel]
        return report if self._wire is None else self._at_wire(report)

    # ---- the line and the wires

    def _back(self, now: int, says: int) -> None:
        """What is certain of the line."""
        values = self.device.sampling.values
        at_line = {codes.Q_PULSE_PEAK: values[PEAK], codes.Q_PULSE_RETURN: values[RETURN]}
        if says == WELL:
            self._turn(now, codes.ALARM_FENCE_TOUCH, False, at_line)
            self._turn(now, codes.ALARM_FENCE_SHORT, False, at_line)
            self._cut(now, False, at_line)
        elif says == SHORTED:
            self._turn(now, codes.ALARM_FENCE_SHORT, True, at_line)
        elif says == CUT:
            self._cut(now, True, at_line)
        elif says == TOUCHED and self._armed:
            self._turn(now, codes.ALARM_FENCE_TOUCH, True, at_line)

    def _cut(self, now: int, there: bool, values: "dict[int, int]") -> None:
        whole = (self._line is None or self._line.calm()) and (self._wire is None or self._wire.taut)
        if there or whole:
            self._turn(now, codes.ALARM_FENCE_CUT, there, values)

    def _unmeasured(self) -> bool:
        """There are no pulses, or it is not known how high they are."""
        return self._line is None or self._line.off or self.device.faults >> PEAK & 1 != 0

    def _earth_turning(self, volts: int) -> bool:
        return volts < EARTH_ENDS_V if self.device.active(codes.ALARM_FENCE_EARTH_FAULT) else volts >= EARTH_V

    def _wanted(self) -> "tuple[int, bool, bool]":
        """What the wires are judged by: the change that counts, whether it may be an alarm, whether it is one."""
        trip = self.device.settings[codes.S_FENCE_TRIP]
        return trip, self._armed, self.device.active(codes.ALARM_FENCE_CLIMB)

    def _at_wire(self, values: "dict[int, int]") -> "dict[int, int]":
        present = self.device.sampling.values
        values[codes.Q_TENSION] = present[TENSION]
        if present[POSITION] >= 0:
            values[codes.Q_POSITION] = present[POSITION]
        return values

    def _schedule(self) -> None:
        at = min(self._earth.at, self._mains.at, self._silent_at)
        wire = self._wire
        self.deadline = at if wire is None else min(at, wire.pull.at, wire.turn.at, wire.weather.at)


RULES = FenceZone
