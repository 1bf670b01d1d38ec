"""One zone of a perimeter fence: a pulse line, tension wires or both, a panic button, siren and light.

It is given (`Identity.data`) "fence", a byte: 1 for a pulse line, 2 for tension wires, 3 for both, which holds when
nothing is given.
"""

from lilong_protocol import codes

from ..alarm_panel import AlarmPanel
from ..effects import NEVER
from ..fence_line import CUT, PEAK, PULSE_MS, RETURN, SHORTED, TOUCHED, WELL, Line
from ..fence_wire import SAMPLE_MS, USUAL_N, Wire
from ..hold import Hold

# Channels after those of the line. "position" is -1 where the front end of the wires does not know it.
EARTH, TENSION, POSITION, MAINS, BATTERY, TAMPER, PANIC = 5, 6, 7, 8, 9, 10, 11
PULSED, TENSIONED = 1, 2  # of "fence"

# (ours) At the earth stake, for longer than anybody hangs on a line: an insulator has broken, or grass has grown to it.
EARTH_V, EARTH_MS, EARTH_ENDS_V, EARTH_ENDS_MS = 500, 10_000, 250, 60_000
MAINS_MS, MAINS_ENDS_MS = 2_000, 10_000  # (ours) longer than a switch-over takes
BATTERY_MS = 60_000  # (ours) of the standby, which 8 h empty
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 20, 30  # (ours)


class FenceZone(AlarmPanel):
    """What line, wires, button and supply say, each for itself; a cut is a cut until line and wires are whole."""

    KIND = codes.KIND_FENCE_ZONE
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
        AlarmPanel.start(self, now)
        self._earth = Hold()
        self._mains = Hold()
        self._line = self._wire = None
        if given & PULSED:
            wrong = active(codes.ALARM_FENCE_CUT) or active(codes.ALARM_FENCE_SHORT) or active(codes.ALARM_FENCE_TOUCH)
            self._line = Line(device, not wrong)
        if given & TENSIONED:
            self._wire = Wire(device, values[TENSION])
        for channel in (MAINS, BATTERY, TAMPER, PANIC):
            if not device.faults >> channel & 1:
                self.sample(now, channel, values[channel])
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        active = self.device.active
        if channel == BATTERY:
            low = active(codes.ALARM_BATTERY_LOW)
            return value >= BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        if channel == TENSION:
            return self._wire is None or self._wire.follows(value, self._armed)
        line = self._line
        if line is None:
            return True
        if channel == EARTH:
            leaks = active(codes.ALARM_FENCE_EARTH_FAULT)
            return self._earth.follows((value >= (EARTH_ENDS_V if leaks else EARTH_V)) != leaks)
        # Without pulses, or when it is not known how high they are, nothing is known of the line.
        blind = channel == RETURN and (line.off or self.device.faults >> PEAK & 1)
        return bool(blind) or line.follows(channel, self.device.sampling.values)

    def sample(self, now: int, channel: int, value: int) -> None:
        active = self.device.active
        if channel == TENSION:
            if self._wire is not None:
                self._wire.follow(now, value, self._armed)
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
                leaks = active(codes.ALARM_FENCE_EARTH_FAULT)
                turning = (value >= (EARTH_ENDS_V if leaks else EARTH_V)) != leaks
                self._earth.follow(now, turning, EARTH_ENDS_MS if leaks else EARTH_MS)
            elif channel == PEAK:
                self._line.send(now, self.device.sampling.values)
            elif channel == RETURN and not self._line.off and not self.device.faults >> PEAK & 1:
                self._back(now, self._line.take(self.device.sampling.values))
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        active = self.device.active
        if channel == EARTH and active(codes.ALARM_FENCE_EARTH_FAULT):
            self._earth.at = NEVER
        elif channel == MAINS and active(codes.ALARM_POWER_MAINS_LOSS):
            self._mains.at = NEVER
        elif channel <= RETURN and self._line is not None:
            self._line.stop(channel == PEAK)
        elif channel == TENSION and self._wire is not None:
            self._wire.stop()
        self._again(now)  # nobody sees what goes on there
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
            wire.time(now, values[TENSION])
        if now >= self._silent_at:
            self._show(NEVER, self._lit)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        line, wire = self._line, self._wire
        if command == codes.CMD_RESET:
            if line is not None and line.off:  # a person has seen to it
                self.device.restore(now, codes.ALARM_FENCE_PULSE_FAULT, {})
            code = self.device.reset(now)
        else:
            if command == codes.CMD_ARM and line is not None and not self._armed:
                line.stop(False)  # who touches it now is an intruder now
            elif command == codes.CMD_DISARM and wire is not None:
                wire.pull.at = NEVER
            code = AlarmPanel.command(self, now, command, arguments)
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
            numbers = (
                codes.Q_PULSE_PEAK,
                codes.Q_PULSE_RETURN,
                codes.Q_PULSE_INTERVAL,
                codes.Q_PULSE_CHARGE,
                codes.Q_PULSE_ENERGY,
                codes.Q_EARTH_VOLTAGE,
            )  # of channels 0 to 5
            for channel in range(TENSION):
                report[numbers[channel]] = values[channel]
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
        whole = (self._line is None or self._line.quiet()) and (self._wire is None or self._wire.taut)
        if there or whole:
            self._turn(now, codes.ALARM_FENCE_CUT, there, values)

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
