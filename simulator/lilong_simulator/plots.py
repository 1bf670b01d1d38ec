"""Small SVG drawings for the report: the path of each alarm in time, and a distribution as a curve."""

from collections.abc import Sequence
from html import escape
from math import log10

INK = {"local": "#c2410c", "ingest": "#2563eb", "shown": "#7c3aed", "acknowledged": "#15803d"}
WIDTH, LEFT, RIGHT, ROW = 900, 250, 70, 34


def _ticks(highest: float, count: int = 6) -> list[float]:
    """Round steps from 0 to just above `highest`."""
    step = 1.0
    while highest / step > count:
        for factor in (2, 2.5, 2):
            step *= factor
            if highest / step <= count:
                break
    return [step * i for i in range(int(highest / step) + 2)]


def timelines(rows: Sequence[tuple[str, dict[str, float | None], dict[str, float | None]]]) -> str:
    """One line an alarm from its crossing: (label, {clock: ms after the crossing}, {clock: limit in ms})."""
    seen = [ms for _, clocks, limits in rows for ms in (*clocks.values(), *limits.values()) if ms is not None]
    highest = max(seen, default=1000.0) / 1000
    ticks = _ticks(highest)
    scale = (WIDTH - LEFT - RIGHT) / ticks[-1]
    height = ROW * len(rows) + 50
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="alarms in time">']
    for tick in ticks:
        x = LEFT + tick * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="12" x2="{x:.1f}" y2="{height - 34}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 18}">{tick:g} s</text>')
    parts.append(f'<text class="tick" x="{LEFT}" y="{height - 3}" text-anchor="start">since the crossing</text>')
    for i, (label, clocks, limits) in enumerate(rows):
        y = 26 + i * ROW
        parts.append(f'<text class="label" x="{LEFT - 12}" y="{y + 4}">{escape(label)}</text>')
        reached = [ms for ms in clocks.values() if ms is not None]
        end = LEFT + max(reached, default=0) / 1000 * scale
        parts.append(f'<line class="path" x1="{LEFT}" y1="{y}" x2="{end:.1f}" y2="{y}"/>')
        parts.append(f'<circle class="crossing" cx="{LEFT}" cy="{y}" r="4"><title>crossing</title></circle>')
        for clock, limit in limits.items():
            if limit is not None:
                x = LEFT + limit / 1000 * scale
                parts.append(
                    f'<line stroke="{INK[clock]}" class="limit" x1="{x:.1f}" y1="{y - 9}" x2="{x:.1f}" y2="{y + 9}">'
                    f"<title>{clock}: limit {limit / 1000:g} s</title></line>"
                )
        for clock, ms in clocks.items():
            if ms is not None:
                x = LEFT + ms / 1000 * scale
                told = f"<title>{clock}: {ms:.1f} ms</title>"
                parts.append(f'<circle fill="{INK[clock]}" cx="{x:.1f}" cy="{y}" r="5">{told}</circle>')
    parts.append("</svg>")
    return "".join(parts)


def bars(rows: Sequence[tuple[str, int]]) -> str:
    """Counts as horizontal bars: (label, count)."""
    highest = max((count for _, count in rows), default=1) or 1
    height = 26 * len(rows) + 8
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="counts">']
    for i, (label, count) in enumerate(rows):
        y = 6 + i * 26
        width = (WIDTH - LEFT - RIGHT) * count / highest
        parts.append(f'<text class="label" x="{LEFT - 12}" y="{y + 13}">{escape(label)}</text>')
        parts.append(f'<rect class="bar" x="{LEFT}" y="{y}" width="{max(width, 1):.1f}" height="17" rx="2"/>')
        parts.append(f'<text class="count" x="{LEFT + width + 8:.1f}" y="{y + 13}">{count:,}</text>')
    parts.append("</svg>")
    return "".join(parts)


def curve(points: Sequence[tuple[float, float]], unit: str) -> str:
    """A percentile curve: (percentile 0 to 100, value), drawn with the tail stretched (0.9, 0.99, 0.999 ...)."""
    if not points:
        return ""
    height = 190
    highest = max(value for _, value in points) or 1.0
    ticks = _ticks(highest, 4)
    left = 70

    def across(percent: float) -> float:
        nines = 4.0 if percent >= 99.99 else -log10(1 - percent / 100)
        return left + nines / 4 * (WIDTH - left - RIGHT)

    def up(value: float) -> float:
        return 150 - value / ticks[-1] * 135

    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="percentiles">']
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{left}" y1="{up(tick):.1f}" x2="{WIDTH - RIGHT}" y2="{up(tick):.1f}"/>')
        parts.append(f'<text class="label" x="{left - 8}" y="{up(tick) + 4:.1f}">{tick:g} {unit}</text>')
    for percent in (0, 90, 99, 99.9):
        parts.append(f'<text class="tick" x="{across(percent):.1f}" y="172">{percent:g} %</text>')
    path = " ".join(f"{across(percent):.1f},{up(value):.1f}" for percent, value in points)
    parts.append(f'<polyline class="curve" points="{path}"/></svg>')
    return "".join(parts)
