"""Carbon monoxide: the dose that a room's air has given, by the table of EN 50291.

The alarm must come at 30 ppm not before 120 min, at 50 ppm after 60 to 90 min, at 100 ppm after 10 to 40 min, at
300 ppm within 3 min. A dose that grows with the concentration, keeps what it has and decays in clean air meets
the table for steps and says something sensible for every other path.
"""

from .effects import NEVER

# Alarm times in the middle of what EN 50291 allows (ours): 150 min at 30 ppm, 75 at 50, 25 at 100, 2 at 300.
# As rates, in units of which FULL_PER_S seconds fill the dose; linear between the points and beyond the last.
_POINTS = ((30, 20), (50, 40), (100, 120), (300, 1_500))
_BEYOND_TENTHS = 69  # per ppm above 300, the slope of the last stretch
FULL = 180_000 * 1_000  # 150 min at rate 20, with time in ms
_DECAY = -20  # below 30 ppm: a full dose has gone after 150 min (ours)
LEAST_PPM = 30


def rate(ppm: int) -> int:
    """How fast the dose changes at a concentration."""
    if ppm < LEAST_PPM:
        return _DECAY
    low, low_rate = _POINTS[0]
    for high, high_rate in _POINTS:
        if ppm < high:
            return low_rate + (ppm - low) * (high_rate - low_rate) // (high - low)
        low, low_rate = high, high_rate
    return low_rate + (ppm - low) * _BEYOND_TENTHS // 10


class CoDose:
    """The dose at uptime `_at`, and the rate at which it has changed since."""

    __slots__ = ("_at", "_dose", "_rate")

    def __init__(self) -> None:
        self._at = 0
        self._dose = 0
        self._rate = _DECAY

    def follow(self, now: int, ppm: int) -> None:
        """From now on the air holds `ppm`."""
        new = rate(ppm)
        if new != self._rate:
            self._dose = min(max(self._dose + self._rate * (now - self._at), 0), FULL)
            self._at = now
            self._rate = new

    def follows(self, ppm: int) -> bool:
        """True when `follow` would change nothing."""
        return rate(ppm) == self._rate

    def full_at(self) -> int:
        """Uptime in ms at which the dose is full if the air stays so; NEVER when it is falling."""
        if self._rate <= 0:
            return NEVER
        return self._at + (FULL - self._dose + self._rate - 1) // self._rate
