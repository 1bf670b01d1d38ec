"""Wall time from the backend's time message (kind 21): an offset to uptime, and how good it is."""

from lilong_protocol.frame import CLOCK_1_S, CLOCK_50_MS

MAX_ROUND_TRIP_MS = 5_000  # an older answer is refused: its request is nobody's any more
GOOD_ROUND_TRIP_MS = 100  # half of it is the error: 50 ms


class Clock:
    """None until set; epoch_ms = uptime_ms + offset."""

    __slots__ = ("_offset", "_quality")

    def __init__(self) -> None:
        self._offset: int | None = None
        self._quality: int | None = None

    def set(self, now: int, asked: int, epoch_ms: int) -> bool:
        """Take the answer to a request made at uptime `asked`; False when it came too late to be used."""
        round_trip = now - asked
        if round_trip < 0 or round_trip > MAX_ROUND_TRIP_MS:
            return False
        self._offset = epoch_ms + round_trip // 2 - now
        self._quality = CLOCK_50_MS if round_trip <= GOOD_ROUND_TRIP_MS else CLOCK_1_S
        return True

    def epoch(self, now: int) -> "int | None":
        return None if self._offset is None else now + self._offset

    def quality(self) -> "int | None":
        return self._quality
