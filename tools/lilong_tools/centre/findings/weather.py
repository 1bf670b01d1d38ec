"""Rain, by what the weather service tells of the last hour: a finding for each warning level, one at a time."""

from lilong_protocol.pc.findings import RAIN_LEVEL
from lilong_protocol.registry.tables import BLUE, ORANGE, RED, YELLOW

from .book import Book

# 0.1 mm in an hour, from which on a warning stands: Shanghai's; the red one is recalled.
WARNINGS = ((1_000, RED), (800, ORANGE), (500, YELLOW), (350, BLUE))
MOST_MM_H = 500  # (ours) more than ever fell in an hour anywhere
SUBJECT = "rain"


class Weather:
    """Findings from rain: another level is another finding, and ends the one before."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def rain(self, now_ms: int, tenths: int) -> None:
        """So much fell in the last hour, in 0.1 mm."""
        level = next((level for least, level in WARNINGS if tenths >= least), None)
        found = self._book.open_of(RAIN_LEVEL, SUBJECT)
        if found is not None:
            if found.detail["level"] == level:
                return
            self._book.clear(now_ms, found)
        if level is not None:
            self._book.begin(now_ms, RAIN_LEVEL, SUBJECT, now_ms, level=level, rain_mm_h=tenths / 10)
