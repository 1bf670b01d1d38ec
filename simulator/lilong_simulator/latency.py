"""Latency: HdrHistograms in microseconds that also count what fell outside their range, and that merge exactly."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate, compress
from time import sleep
from typing import Any

from hdrh.histogram import HdrHistogram

HIGHEST_US = 24 * 3_600_000_000
NEW_MOST = 4_096
PERCENTILES = (50, 90, 99, 99.9)


_SHAPE = HdrHistogram(1, HIGHEST_US, 3)  # of all of them


@cache
def _upper_ms(number: int) -> float:
    """The upper bound of what the histogram's `number`-th count holds."""
    return float(_SHAPE.get_highest_equivalent_value(_SHAPE.get_value_from_index(number))) / 1000


class Latency:
    """A histogram of milliseconds; three significant digits up to a day."""

    __slots__ = ("_highest", "_histogram", "_new", "_turn", "beyond", "earliest", "negative")

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, HIGHEST_US, 3)
        self._new: dict[int, int] = {}  # microseconds that the histogram does not have yet, and how often: 10 x faster
        self._turn = 0  # odd while they are on their way into it
        self.negative = 0  # clocks that disagree: counted, never hidden
        self.earliest = 0.0  # the most negative of them
        self.beyond = 0
        self._highest = 0.0  # in the range; the histogram knows it to three digits only

    def record(self, ms: float) -> None:
        if ms < 0:
            self.negative += 1
            self.earliest = min(self.earliest, ms)
            return
        us = int(ms * 1000 + 0.5) or 1
        if us > HIGHEST_US:
            self.beyond += 1
            return
        new = self._new
        new[us] = new.get(us, 0) + 1
        if ms > self._highest:
            self._highest = ms
        if len(new) >= NEW_MOST:
            self._fold()

    @property
    def count(self) -> int:
        return self.within + self.negative + self.beyond

    @property
    def within(self) -> int:
        """How many were in the range: of these the percentiles tell."""
        return int(self._histogram.get_total_count()) + sum(self._new.copy().values())

    @property
    def maximum(self) -> float | None:
        return round(self._highest, 3) if self.within else None

    def percentile(self, percent: float) -> float | None:
        """Milliseconds, or None when nothing was recorded: what was not observed is null."""
        self._fold()
        if not self.within:
            return None
        wanted = self._histogram.get_target_count_at_percentile(percent)
        so_far = [*accumulate(array("Q", bytes(self._histogram.counts)))]  # 5 x faster than the histogram's own search
        number = bisect_left(so_far, wanted)
        found = _upper_ms(number) if percent else float(_SHAPE.get_value_from_index(number)) / 1000
        return round(min(found, self._highest), 3)

    def summary(self) -> dict[str, float | int | None]:
        """{p50, p90, p99, p999, max, count} in ms; `negative` and `beyond` only where there were any."""
        result: dict[str, float | int | None] = {
            f"p{percent:g}".replace(".", ""): self.percentile(percent) for percent in PERCENTILES
        }
        result["max"] = self.maximum
        result["count"] = self.count
        if self.negative:
            result["negative"] = self.negative
        if self.beyond:
            result["beyond"] = self.beyond
        return result

    def counts(self) -> list[tuple[float, int]]:
        """(upper bound in ms, how many) of each size that was recorded, ascending.

        Fast, and it does not mind that another thread goes on recording.
        """
        histogram = self._histogram
        while True:  # until nothing has moved from one to the other meanwhile
            turn = self._turn
            counts = array("Q", bytes(histogram.counts))
            new = self._new.copy()
            if turn == self._turn and not turn % 2:
                break
            sleep(0)
        sizes = [(_upper_ms(number), counts[number]) for number in compress(range(len(counts)), counts)]
        sizes += [(us / 1000, count) for us, count in new.items()]
        return sorted(sizes)

    def add(self, other: Latency) -> None:
        """Take in what another has recorded; the same as if all had been recorded here."""
        other._fold()
        self._histogram.add(other._histogram)
        self._highest = max(self._highest, other._highest)
        self.negative += other.negative
        self.earliest = min(self.earliest, other.earliest)
        self.beyond += other.beyond

    def to_json(self) -> dict[str, Any]:
        """Everything, for another process: the histogram in HdrHistogram's V2 compressed form, base64."""
        self._fold()
        return {
            "histogram": self._histogram.encode().decode("ascii"),
            "highest": self._highest,
            "negative": self.negative,
            "earliest": self.earliest,
            "beyond": self.beyond,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Latency:
        """What `to_json` gave."""
        latency = cls()
        latency._histogram = HdrHistogram.decode(values["histogram"])
        latency._highest = values["highest"]
        latency.negative = values["negative"]
        latency.earliest = values["earliest"]
        latency.beyond = values["beyond"]
        return latency

    def _fold(self) -> None:
        """Into the histogram; only by the thread that records."""
        self._turn += 1
        for us, count in self._new.items():
            self._histogram.record_value(us, count)
        self._new = {}
        self._turn += 1


def percentiles(latencies: Iterable[Latency], percents: Iterable[float]) -> list[float | None]:
    """Percentiles of what several have recorded together, in ms, while they go on; None: nothing was recorded."""
    together: Counter[float] = Counter()
    top = 0.0
    for one in latencies:
        for ms, count in one.counts():
            together[ms] += count
        top = max(top, one.maximum or 0.0)
    sizes = sorted(together.items())
    total = sum(together.values())
    found: list[float | None] = []
    for percent in percents:
        left = max(1, int(total * percent / 100 + 0.5))  # the rank that the histograms themselves take
        value = None
        for ms, count in sizes:
            value = round(min(ms, top), 3)
            left -= count
            if left <= 0:
                break
        found.append(value)
    return found
