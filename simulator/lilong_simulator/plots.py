"""Small SVG drawings for the report: alarms in time, what a run did over time, how long things took."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10

INK = {"local": "#c2410c", "ingest": "#2563eb", "shown": "#7c3aed", "acknowledged": "#15803d"}
SIZES = {"local": 8, "ingest": 6, "shown": 4, "acknowledged": 5}  # what comes at one instant is seen as rings
WIDTH, LEFT, RIGHT, ROW = 900, 250, 70, 34
AXIS = 62  # left of a drawing over time
LINEAR_MS = 120_000.0  # what took longer would press all else into one point
TICKS_S = (0, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
APART = 40  # between two ticks of a root's axis
FAINT, STRONG, WARN = "#93b4f5", "#2563eb", "#dc2626"

Point = tuple[float, float | None]
Line = tuple[str, str, Sequence[Point]]
"""Label, ink, points; a y of None breaks the line."""


def span(ms: float) -> str:
    """A time as people say it: 0.4 ms, 12 ms, 1.5 s, 25 min, 1.5 h."""
    if ms < 100:
        return f"{ms:.3g} ms"
    if ms < 600_000:
        return f"{ms:.0f} ms" if ms < 1_000 else f"{ms / 1000:.3g} s"
    return f"{ms / 60_000:.3g} min" if ms < 5_400_000 else f"{ms / 3_600_000:.3g} h"


def said(seconds: float) -> str:
    """Seconds at an axis: 0.5 s, 2 min, 1 h."""
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3_600 else f"{seconds / 3_600:g} h"


def root_of(longest_ms: float) -> float:
    """The power by which times up to this are drawn, so that a second and the longest are both seen."""
    return 0.5 if longest_ms <= 300_000 else 1 / 3 if longest_ms <= 7_200_000 else 0.25


def root_ticks(longest_ms: float, across: Callable[[float], float]) -> Iterator[tuple[float, float]]:
    """(seconds, x) of an axis by a root; across: x of a time in ms."""
    last = -float(APART)
    for second in TICKS_S:
        x = across(second * 1000)
        if second * 1000 <= longest_ms and x - last >= APART:
            yield second, x
            last = x


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
    """One line an alarm from its crossing: (label, {clock: ms after the crossing}, {clock: limit in ms}).

    Of INK's clocks: an officer's way, or an end, takes so long that beside it all of these would be one point. Where
    one of these does too, as the answer that a sleeping detector fetches hours later, the axis is by a root.
    """
    rows = [(label, _drawn(clocks), _drawn(limits)) for label, clocks, limits in rows]
    seen = [ms for _, clocks, limits in rows for ms in (*clocks.values(), *limits.values()) if ms is not None]
    longest = max(seen, default=1000.0)
    even = _ticks(longest / 1000)
    power, end_ms = (1.0, even[-1] * 1000) if longest <= LINEAR_MS else (root_of(longest), longest)

    def across(ms: float) -> float:
        share: float = (max(ms, 0.0) / end_ms) ** power
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    ticks = ((tick, across(tick * 1000)) for tick in even) if power == 1 else root_ticks(longest, across)
    height = ROW * len(rows) + 50
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="alarms in time">']
    for tick, x in ticks:
        told = f"{tick:g} s" if power == 1 else said(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="12" x2="{x:.1f}" y2="{height - 34}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 18}">{told}</text>')
    parts.append(f'<text class="label" x="{LEFT - 12}" y="{height - 18}">since the crossing</text>')
    for i, (label, clocks, limits) in enumerate(rows):
        y = 26 + i * ROW
        parts.append(f'<text class="label" x="{LEFT - 12}" y="{y + 4}">{escape(label)}</text>')
        reached = [max(ms, 0.0) for ms in clocks.values() if ms is not None]
        end = across(max(reached, default=0.0))
        parts.append(f'<line class="path" x1="{LEFT}" y1="{y}" x2="{end:.1f}" y2="{y}"/>')
        parts.append(f'<circle class="crossing" cx="{LEFT}" cy="{y}" r="4"><title>crossing</title></circle>')
        for clock, limit in limits.items():
            if limit is not None:
                x = across(limit)
                parts.append(
                    f'<line stroke="{INK[clock]}" class="limit" x1="{x:.1f}" y1="{y - 9}" x2="{x:.1f}" y2="{y + 9}">'
                    f"<title>{clock}: limit {limit / 1000:g} s</title></line>"
                )
        for clock, ms in clocks.items():
            if ms is not None:
                x = across(ms)
                told = f"<title>{clock}: {span(ms)}</title>"
                parts.append(f'<circle fill="{INK[clock]}" cx="{x:.1f}" cy="{y}" r="{SIZES[clock]}">{told}</circle>')
    parts.append("</svg>")
    return "".join(parts)


def _drawn(clocks: dict[str, float | None]) -> dict[str, float | None]:
    return {clock: ms for clock, ms in clocks.items() if clock in INK}


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


def over_time(
    name: str,
    lines: Sequence[Line],
    seconds: float,
    log: bool = False,
    limit: float | None = None,
    marks: float = 0.0,
    spans: Sequence[tuple[float, float, str]] = (),
) -> str:
    """Lines over the seconds of a run. log: y in ms on decades, else counts from 0. limit: a level, in the unit of y.

    marks: the second at which the worlds began. spans: (from, to, what) of faults, in s.
    """
    height, top, bottom = 190, 14, 160
    values = [y for _, _, points in lines for _, y in points if y is not None]
    if limit is not None:
        values.append(limit)
    right = WIDTH - 20
    across = (right - AXIS) / max(seconds, 1.0)
    if log:
        low = floor(log10(max(min((v for v in values if v > 0), default=0.1), 0.01)))
        high = max(ceil(log10(max([*values, 0.01]))), low + 1)
        ticks = [10.0**power for power in range(low, high + 1)]

        def up(value: float) -> float:
            within = min(max(value, ticks[0]), ticks[-1])
            return bottom - (log10(within) - low) / (high - low) * (bottom - top)
    else:
        ticks = _ticks(max(values, default=1.0), 4)

        def up(value: float) -> float:
            return bottom - value / ticks[-1] * (bottom - top)

    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(name)} over time">']
    for begins, ends_s, what in spans:
        x = AXIS + min(begins, seconds) * across
        wide = max((min(ends_s, seconds) - begins) * across, 1.5)
        shade = f'x="{x:.1f}" y="{top}" width="{wide:.1f}" height="{bottom - top}" fill="{WARN}" fill-opacity="0.13"'
        parts.append(f"<rect {shade}><title>{escape(what)}</title></rect>")
    for tick in ticks:
        y = up(tick)
        parts.append(f'<line class="grid" x1="{AXIS}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        text = span(tick) if log else f"{tick:,g}"
        parts.append(f'<text class="label" x="{AXIS - 8}" y="{y + 4:.1f}">{text}</text>')
    for tick in _ticks(max(seconds, 1.0), 8):
        if tick <= seconds:
            parts.append(f'<text class="tick" x="{AXIS + tick * across:.1f}" y="{bottom + 20}">{tick:g} s</text>')
    if 0 < marks < seconds:
        x = AXIS + marks * across
        told = "<title>all online</title>"
        parts.append(f'<line class="mark" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}">{told}</line>')
    if limit is not None:
        y = up(limit)
        ends = f'x1="{AXIS}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"'
        parts.append(f'<line class="limit" stroke="{WARN}" stroke-dasharray="5 4" {ends}/>')
    for label, ink, points in lines:
        told = f"<title>{escape(label)}</title>"
        for piece in _pieces(points):
            path = [(AXIS + min(x, seconds) * across, up(y)) for x, y in piece]
            if len(path) == 1:
                (x, y) = path[0]
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="{ink}">{told}</circle>')
                continue
            text = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
            parts.append(f'<polyline class="line" stroke="{ink}" points="{text}">{told}</polyline>')
    parts.append("</svg>")
    return "".join(parts)


def ranges(rows: Sequence[tuple[str, str, dict[str, float | None]]]) -> str:
    """How long things took, a row each on decades: (label, ink, {p50, p90, p99, max in ms}); null rows are left out."""
    shown = [(label, ink, figures) for label, ink, figures in rows if figures["p50"] is not None]
    if not shown:
        return ""
    values = [max(ms, 0.01) for _, _, figures in shown for ms in figures.values() if ms is not None]
    low, high = floor(log10(min(values))), max(ceil(log10(max(values))), floor(log10(min(values))) + 1)
    height = 26 * len(shown) + 34
    scale = (WIDTH - LEFT - RIGHT) / (high - low)

    def across(ms: float) -> float:
        return LEFT + (log10(max(ms, 10.0**low)) - low) * scale

    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="percentiles">']
    for power in range(low, high + 1):
        x = LEFT + (power - low) * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="6" x2="{x:.1f}" y2="{height - 26}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 10}">{span(10.0**power)}</text>')
    for i, (label, ink, figures) in enumerate(shown):
        y = 20 + i * 26
        p50, p90, p99, top = (float(figures[name] or 0.0) for name in ("p50", "p90", "p99", "max"))
        told = f"<title>p50 {span(p50)}, p90 {span(p90)}, p99 {span(p99)}, max {span(top)}</title>"
        parts.append(f'<text class="label" x="{LEFT - 12}" y="{y + 4}">{escape(label)}</text>')
        first, last = across(p50), across(top)
        wide = max(across(p99) - first, 1)
        parts.append(f'<line class="whisker" stroke="{ink}" x1="{first:.1f}" y1="{y}" x2="{last:.1f}" y2="{y}"/>')
        box = f'x="{first:.1f}" y="{y - 6}" width="{wide:.1f}" height="12" rx="2"'
        parts.append(f'<rect fill="{ink}" opacity=".35" {box}>{told}</rect>')
        parts.append(f'<circle fill="{ink}" cx="{first:.1f}" cy="{y}" r="5">{told}</circle>')
        ends = f'x1="{last:.1f}" y1="{y - 6}" x2="{last:.1f}" y2="{y + 6}"'
        parts.append(f'<line stroke="{ink}" stroke-width="2" {ends}/>')
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


def _pieces(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """Unbroken runs of points."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]
