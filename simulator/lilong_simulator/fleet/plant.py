"""What hangs on a device's outputs and is seen by its sensors again: a lamp, a barrier's arm, a fence's line, phones.

A plant is the hardware beyond the pins. It answers an output with the new values of sensor channels, at once but for an
arm (`arm`), which comes to its end switch when it is `due`: whoever runs devices then asks for its `step`.
"""

from collections.abc import Iterable

from lilong_firmware.call import RINGS
from lilong_firmware.effects import NEVER

from .arm import Arm

SUPPLY_DV = 2_200  # 220.0 V
LAMP_DW = 600  # a 60 W LED lamp, in 0.1 W
STANDBY_DW = 5  # what the controller draws itself
POWER_FACTOR = 95  # of an LED driver from half load upwards
STANDBY_POWER_FACTOR = 50
PULSE_V, RETURN_V = 6_500, 6_200  # of a fence in order, at either end of its line
LOAD = "load"  # what the world says of it, in mA: no channel of a device
ANSWERED = frozenset(  # the outputs that are felt by a sensor
    ("barrier", "contactor", "failure_level", "lamp", "pulse", "relay", "ring")
)


class Plant:
    """The outside of one device: a relay that feeds DALI gear, and its lamp; a motor and an arm; a fence's energizer; a
    unit controller, which lets a side ring that an intercom asks for; what is plugged in behind a socket's relay or a
    pile's contactor, and takes `load` mA while it is fed.

    What may be wrong with it: `broken`, the lamp has burnt out; `stuck`, where the relay has stuck (0 open, 1
    closed, None: it moves); `silent`, the gear does not hear, and lights at the system failure level that it was told;
    `arm.jammed`, it stays where it is; `cut`, nothing comes back on the fence's line.
    """

    __slots__ = ("_arm", "_failure_level", "_fed", "_level", "_load", "_pulsing", "broken", "cut", "silent", "stuck")

    def __init__(self) -> None:
        self._arm: Arm | None = None
        self.broken = self.cut = False
        self.silent = False
        self.stuck: int | None = None
        self._level = 0
        self._failure_level = 100
        self._pulsing = 1
        self._fed = self._load = 0

    @property
    def arm(self) -> Arm:
        """The arm of a barrier."""
        if self._arm is None:
            self._arm = Arm()
        return self._arm

    @property
    def due(self) -> int:
        """When a step is to be asked for, by the clock of `answer`."""
        return NEVER if self._arm is None else self._arm.due

    def step(self, now: int) -> Iterable[tuple[str, int]]:
        """The (channel, value) pairs of what has come to its end by now."""
        return () if self._arm is None else self._arm.step(now)

    def answer(self, output: str, value: int, now: int = 0) -> Iterable[tuple[str, int]]:
        """The (channel, value) pairs that follow from an output at once; `now`: ms, for what takes its time."""
        if output == "failure_level":
            if not self.silent:
                self._failure_level = value
        elif output == "lamp":
            self._level = value
            return self.felt()
        elif output == "barrier":
            return self.arm.drive(now, value)
        elif output == "pulse" and value != self._pulsing:
            self._pulsing = value
            back = 0 if self.cut else RETURN_V
            return (("pulse_peak", PULSE_V * value), ("pulse_return", back * value))
        elif output == "ring" and value:
            return (("callee", value * 8 + RINGS),)
        elif output in ("relay", "contactor") and value != self._fed:
            self._fed = value
            return self._drawn()
        return ()

    def loaded(self, load: int) -> Iterable[tuple[str, int]]:
        """What is plugged in takes so many mA from now on, once it is fed; 0: nothing is."""
        self._load = load
        return self._drawn()

    def _drawn(self) -> Iterable[tuple[str, int]]:
        current = self._load * self._fed
        return (("current", current), ("power", current * SUPPLY_DV // 1_000))

    def felt(self) -> tuple[tuple[str, int], ...]:
        """What the sensors of a streetlight read now."""
        relay = int(self._level > 0) if self.stuck is None else self.stuck
        gear_level = self._failure_level if self.silent else self._level
        lit = gear_level if relay and not self.broken else 0
        power = STANDBY_DW + LAMP_DW * lit // 100
        factor = min(POWER_FACTOR, STANDBY_POWER_FACTOR + lit)
        current = power * 10_000 // (SUPPLY_DV // 10 * factor)
        return (
            ("relay", relay), ("gear", int(not self.silent)), ("power", power), ("current", current),
            ("power_factor", factor),
        )  # fmt: skip
