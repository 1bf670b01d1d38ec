"""What a run did in each stretch of time, in a bounded number of stretches: counts, gauges, latencies.

Latencies of a stretch are kept as counts by size, eight sizes an octave (9 % apart), so that stretches and shards add
up exactly. A run longer than MOST seconds has stretches of 2, 4, 8 ... s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2
from typing import Any

MOST = 1_800  # stretches
SIZES_AN_OCTAVE = 8
LOWEST_MS = 0.001


class Stretch:
    """One stretch: `counts` by name, latencies by name as {size: count}, and the highest of each in ms."""

    __slots__ = ("counts", "highest", "sizes")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.sizes: dict[str, dict[int, int]] = {}
        self.highest: dict[str, float] = {}

    def add(self, other: Stretch) -> None:
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        for name, sizes in other.sizes.items():
            mine = self.sizes.setdefault(name, {})
            for size, count in sizes.items():
                mine[size] = mine.get(size, 0) + count
        for name, ms in other.highest.items():
            self.highest[name] = max(ms, self.highest.get(name, 0.0))

    def percentile(self, name: str, percent: float) -> float | None:
        """The upper bound of the size at a percentile, in ms, never above the highest; None: nothing was recorded."""
        sizes = self.sizes.get(name)
        if not sizes:
            return None
        left = sum(sizes.values()) * percent / 100
        for size in sorted(sizes):
            left -= sizes[size]
            if left <= 0:
                break
        return min(LOWEST_MS * 2 ** ((size + 1) / SIZES_AN_OCTAVE), self.highest[name])


class Series:
    """Stretches from the run's clock 0 on, each `width_s` long."""

    def __init__(self) -> None:
        self.width_s = 1
        self.stretches: dict[int, Stretch] = {}
        self._at = -1
        self._now = Stretch()

    def count(self, at_ms: float, name: str, by: int = 1) -> None:
        counts = self._stretch(at_ms).counts
        counts[name] = counts.get(name, 0) + by

    def record(self, at_ms: float, name: str, ms: float) -> None:
        """A latency that ended at `at_ms`; what lies below a microsecond counts as one."""
        stretch = self._stretch(at_ms)
        size = int(log2(ms / LOWEST_MS) * SIZES_AN_OCTAVE) if ms > LOWEST_MS else 0
        sizes = stretch.sizes.get(name)
        if sizes is None:
            sizes = stretch.sizes[name] = {}
        sizes[size] = sizes.get(size, 0) + 1
        if ms > stretch.highest.get(name, 0.0):
            stretch.highest[name] = ms

    def rows(self) -> Iterator[tuple[int, Stretch]]:
        """(second at which it begins, stretch), in order; a stretch without anything is left out."""
        for number in sorted(self.stretches):
            yield number * self.width_s, self.stretches[number]

    def merge(self, other: Series) -> None:
        """Take in another's; both then have the longer stretches."""
        while self.width_s < other.width_s:
            self._coarsen()
        step = self.width_s // other.width_s
        for number, stretch in other.stretches.items():
            self.stretches.setdefault(number // step, Stretch()).add(stretch)
        self._at = -1
        while len(self.stretches) > MOST:
            self._coarsen()

    def to_json(self, first: int = -1) -> dict[str, Any]:
        """Plain values, for another process, of the stretches from the `first` on."""
        rows = [
            [number, one.counts, {name: list(sizes.items()) for name, sizes in one.sizes.items()}, one.highest]
            for number, one in self.stretches.items()
            if number >= first
        ]
        return {"width_s": self.width_s, "stretches": rows}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Series:
        """What `to_json` gave."""
        series = cls()
        series.width_s = values["width_s"]
        for number, counts, sizes, highest in values["stretches"]:
            stretch = series.stretches[number] = Stretch()
            stretch.counts = dict(counts)
            stretch.sizes = {name: {size: count for size, count in rows} for name, rows in sizes.items()}
            stretch.highest = dict(highest)
        return series

    def _stretch(self, at_ms: float) -> Stretch:
        number = int(at_ms / 1000) // self.width_s
        if number != self._at:
            if number not in self.stretches and len(self.stretches) >= MOST:
                self._coarsen()
                number = int(at_ms / 1000) // self.width_s
            self._now = self.stretches.setdefault(number, Stretch())
            self._at = number
        return self._now

    def _coarsen(self) -> None:
        """Stretches twice as long."""
        self.width_s *= 2
        old, self.stretches = self.stretches, {}
        for number, stretch in old.items():
            self.stretches.setdefault(number // 2, Stretch()).add(stretch)
        self._at = -1
