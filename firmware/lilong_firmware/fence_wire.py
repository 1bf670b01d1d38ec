"""The wires of a tension fence: pulled for longer than a cat does, slack because they are cut, or only the weather."""

from lilong_protocol import codes

from .effects import NEVER
from .hold import Hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

SAMPLE_MS = 500  # (ours)
PULLED_MS = 2_000  # GA/T 1032 products: a change above the threshold for more than 2 s is an intrusion
CALM_MS = 5_000  # (ours)
CUT_MS = 1_000  # (ours) with the time to a sample below the 2 s that a cut may take
TAUT_MS = 5_000  # (ours)
SLACK_N = 20  # (ours)
# (ours) What stays below half the threshold for ten minutes is heat or cold, and what the wires are compared with from
# then on; within limits, so that nobody pulls them down little by little.
WEATHER_MS = 600_000
LEAST_N, MOST_N = 60, 400
USUAL_N = 150


class Wire:
    """`taut`: not cut. `base`: N, what the tension is compared with. `pull`, `turn`: a climb, a cut begins or ends."""

    __slots__ = ("_device", "base", "pull", "taut", "turn", "weather")

    def __init__(self, device: "Device", value: int) -> None:
        """`value`: of the tension now, which counts when none is known."""
        self._device = device
        self.taut = not device.active(codes.ALARM_FENCE_CUT)
        self.pull = Hold()
        self.turn = Hold()
        self.weather = Hold()
        self.base = device.kept("tension")
        if not self.base:
            self.base = min(max(value, LEAST_N), MOST_N)
            device.keep("tension", self.base)

    def follow(self, now: int, value: int, armed: bool) -> None:
        """A sample in N; armed: so that a pull may be a climb."""
        climbed = self._device.active(codes.ALARM_FENCE_CLIMB)
        self.pull.follow(now, self._pulling(value, armed), CALM_MS if climbed else PULLED_MS)
        self.turn.follow(now, (value < SLACK_N) == self.taut, CUT_MS if self.taut else TAUT_MS)
        self.weather.follow(now, self._drifts(value), WEATHER_MS)

    def follows(self, value: int, armed: bool) -> bool:
        """True when `follow` would change nothing."""
        return (
            self.pull.follows(self._pulling(value, armed))
            and self.turn.follows((value < SLACK_N) == self.taut)
            and self.weather.follows(self._drifts(value))
        )

    def time(self, now: int, value: int) -> None:
        """Whether it is the weather."""
        if self.weather.over(now) and self._drifts(value):
            self.base = value
            self._device.keep("tension", value)

    def stop(self) -> None:
        """Nobody sees the wires: no alarm ends, and a cut one has to be seen taut anew."""
        if self._device.active(codes.ALARM_FENCE_CLIMB):
            self.pull.at = NEVER
        if self._device.active(codes.ALARM_FENCE_CUT):
            self.taut = False
            self.turn.at = NEVER
        self.weather.at = NEVER

    def _pulling(self, value: int, armed: bool) -> bool:
        trip = self._device.settings[codes.S_FENCE_TRIP]
        change = abs(value - self.base)
        if self._device.active(codes.ALARM_FENCE_CLIMB):
            return change <= trip // 2
        return armed and change >= trip and value >= SLACK_N

    def _drifts(self, value: int) -> bool:
        change = abs(value - self.base)
        if not 0 < change <= self._device.settings[codes.S_FENCE_TRIP] // 2:
            return False
        return LEAST_N <= value <= MOST_N and not self._device.active(codes.ALARM_FENCE_CLIMB)
