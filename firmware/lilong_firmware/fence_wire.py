"""The wires of a tension fence: pulled for longer than a cat does, slack because they are cut, or only the weather."""

from .effects import NEVER
from .hold import Hold

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

    __slots__ = ("base", "pull", "taut", "turn", "weather")

    def __init__(self, base: int, taut: bool) -> None:
        self.base = base
        self.taut = taut
        self.pull = Hold()
        self.turn = Hold()
        self.weather = Hold()

    def follow(self, now: int, value: int, trip: int, armed: bool, climbed: bool) -> None:
        """A sample in N. trip: the change that counts; armed: so that it may be an alarm; climbed: it is one."""
        self.pull.follow(now, self._pulling(value, trip, armed, climbed), CALM_MS if climbed else PULLED_MS)
        self.turn.follow(now, (value < SLACK_N) == self.taut, CUT_MS if self.taut else TAUT_MS)
        self.weather.follow(now, self.drifts(value, trip, climbed), WEATHER_MS)

    def follows(self, value: int, trip: int, armed: bool, climbed: bool) -> bool:
        """True when `follow` would change nothing."""
        return (
            self.pull.follows(self._pulling(value, trip, armed, climbed))
            and self.turn.follows((value < SLACK_N) == self.taut)
            and self.weather.follows(self.drifts(value, trip, climbed))
        )

    def drifts(self, value: int, trip: int, climbed: bool) -> bool:
        """It is the weather, if it stays."""
        return not climbed and 0 < abs(value - self.base) <= trip // 2 and sound(value)

    def unseen(self, climbed: bool, cut: bool) -> None:
        """Nobody sees the wires: no alarm ends, and a cut one has to be seen taut anew."""
        if climbed:
            self.pull.at = NEVER
        if cut:
            self.taut = False
            self.turn.at = NEVER
        self.weather.at = NEVER

    def _pulling(self, value: int, trip: int, armed: bool, climbed: bool) -> bool:
        change = abs(value - self.base)
        if climbed:
            return change <= trip // 2
        return armed and change >= trip and value >= SLACK_N


def sound(value: int) -> bool:
    """A tension that wires at rest may have."""
    return LEAST_N <= value <= MOST_N
