"""The figures of report.json: what histograms, counts and series of a run come to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..fleet.observer import CONNACK, ONLINE
from ..latency import Latency
from ..load.measures import CLASS_NAMES, Measures, together
from ..score import CLOCKS, Judged
from ..score.clock_skew import RESOLUTION_MS

SERIES = ("sent", "lost", "skipped", "raised")
SERIES_MS = ("puback", "lag", "connect", "stored")


def series(measures: Measures) -> dict[str, Any]:
    """What a run did over time: counts a second, devices connected at its end, p50, p99 and max of latencies."""
    names = [f"{name}_{figure}_ms" for name in SERIES_MS for figure in ("p50", "p99", "max")]
    rows: list[list[float | None]] = []
    online = 0
    width_s = measures.series.width_s
    for second, stretch in measures.series.rows():
        counts = stretch.counts
        online += counts.get("up", 0) - counts.get("down", 0)
        row: list[float | None] = [second, online, *(counts.get(name, 0) / width_s for name in SERIES)]
        for name in SERIES_MS:
            row += [rounded(stretch.percentile(name, percent)) for percent in (50, 99)]
            row.append(rounded(stretch.highest.get(name)))
        rows.append(row)
    return {"width_s": width_s, "columns": ["second", "online", *SERIES, *names], "rows": rows}


def latency_of(rows: Iterable[Judged]) -> dict[str, Any]:
    """Each clock of these alarms: local from the crossing, the others from the decision."""
    histograms = {clock: Latency() for clock in CLOCKS}
    for one in rows:
        for clock, histogram in histograms.items():
            ms = one.after_crossing(clock) if clock == "local" else one.after_decision(clock)
            if ms is not None:
                histogram.record(max(ms, 0.0) if ms > -RESOLUTION_MS else ms)
    return {clock: histogram.summary() for clock, histogram in histograms.items()}


def broker_of(measures: Measures) -> dict[str, Any]:
    """What the broker did, from the due time."""
    return {
        "connack": measures.connect[CONNACK].summary(),
        "online": measures.connect[ONLINE].summary(),
        "puback": together(measures.puback.values()).summary(),
        "by_class": {CLASS_NAMES[cls]: one.summary() for cls, one in sorted(measures.puback.items())},
    }


def unexplained(measures: Measures | None) -> list[str]:
    """What does not reconcile, in words."""
    counts = {} if measures is None else measures.counts
    return [
        f"counts do not reconcile: {one.unexplained} frames of class {CLASS_NAMES[cls]} are neither acknowledged nor "
        "lost nor in flight: this is an error of the generator"
        for cls, one in counts.items()
        if one.unexplained
    ]


def rounded(ms: float | None) -> float | None:
    """To a microsecond."""
    return None if ms is None else round(ms, 3)
