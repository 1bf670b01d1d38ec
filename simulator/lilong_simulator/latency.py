"""Latency: HdrHistograms in microseconds that also count what fell outside their range."""

from hdrh.histogram import HdrHistogram

HIGHEST_US = 24 * 3_600_000_000


class Latency:
    """A histogram of milliseconds; three significant digits up to a day."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, HIGHEST_US, 3)
        self.negative = 0  # clocks that disagree: counted, never hidden
        self.beyond = 0
        self._highest = 0.0  # in the range; the histogram knows it to three digits only

    def record(self, ms: float) -> None:
        if ms < 0:
            self.negative += 1
        elif self._histogram.record_value(max(1, round(ms * 1000))):
            self._highest = max(self._highest, ms)
        else:
            self.beyond += 1

    @property
    def count(self) -> int:
        return int(self._histogram.get_total_count()) + self.negative + self.beyond

    def percentile(self, percent: float) -> float | None:
        """Milliseconds, or None when nothing was recorded: what was not observed is null."""
        if not self._histogram.get_total_count():
            return None
        return round(min(float(self._histogram.get_value_at_percentile(percent)) / 1000, self._highest), 3)

    def summary(self) -> dict[str, float | int | None]:
        """{p50, p90, p99, max, count} in ms; `negative` and `beyond` only where there were any."""
        result: dict[str, float | int | None] = {
            "p50": self.percentile(50),
            "p90": self.percentile(90),
            "p99": self.percentile(99),
            "max": round(self._highest, 3) if self._histogram.get_total_count() else None,
            "count": self.count,
        }
        if self.negative:
            result["negative"] = self.negative
        if self.beyond:
            result["beyond"] = self.beyond
        return result
