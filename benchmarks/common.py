"""What the benchmarks share: a broker of their own, medians, and the machine's noise."""

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable


def machine() -> str:
    """The machine in one line, with its load: figures from a busy machine are not figures."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}, load {load:.2f}"


def best_us(work: Callable[[], object], number: int, repeats: int = 7) -> tuple[float, float]:
    """(median µs of a call, spread in percent: half of the range of the middle five runs)."""
    runs = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(number):
            work()
        runs.append((time.perf_counter() - start) / number * 1e6)
    middle = sorted(runs)[1:-1]
    median = statistics.median(runs)
    return median, (middle[-1] - middle[0]) / 2 / median * 100


def rss_kb() -> int:
    """Resident memory of this process now, in KB (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table that also reads as Markdown."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, tuple("-" * width for width in widths), *rows]:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("| " + " | ".join(cells) + " |")
