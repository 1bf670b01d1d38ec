"""World time and local time: ms since the world began, days, hours and weekends of the estate."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MINUTE_MS = 60_000


class LocalTime:
    """The local clock of a world that begins at `start` (naive; the estates have no summer time)."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is not None:
            raise ValueError(f"start {start} has a time zone; give the estate's local time without one")
        self.start = start
        midnight = datetime.combine(start.date(), time())
        self._since_midnight = (start - midnight) // timedelta(milliseconds=1)

    def midnight(self, day: int) -> int:
        """World time of the midnight that begins a day; day 0 is the day of the start (so that is 0 or less)."""
        return day * DAY_MS - self._since_midnight

    def day(self, at_ms: int) -> int:
        """The day of a world time."""
        return (at_ms + self._since_midnight) // DAY_MS

    def hour(self, at_ms: int) -> int:
        """The hour 0..23 of a world time."""
        return (at_ms + self._since_midnight) % DAY_MS // HOUR_MS

    def date(self, day: int) -> date:
        """The date of a day."""
        return self.start.date() + timedelta(days=day)

    def ordinal(self, day: int) -> int:
        """A number of the date that does not depend on the start: it keys the draws of a day."""
        return self.date(day).toordinal()

    def weekend(self, day: int) -> bool:
        """Whether a day is Saturday or Sunday."""
        return self.date(day).weekday() >= 5

    def next(self, at: time) -> int:
        """World time of the first `at` o'clock at or after the start."""
        since_midnight = (datetime.combine(date.min, at) - datetime.min) // timedelta(milliseconds=1)
        return (since_midnight - self._since_midnight) % DAY_MS
