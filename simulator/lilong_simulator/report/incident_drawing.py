"""An incident as one SVG: its story on the left, on the right how long each thing took against its limit.

A lane each for an alarm, a finding, what had to follow, what must not be. A pale bar is the time allowed, a full one
the time taken; what came later is red beyond the pale one, what never came is a cross at its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..plots import root_of, root_ticks, said, span
from .incident_lanes import Lane, Track, lanes

WIDTH, ROW, PINS, TOP = 1000, 40, 46, 20  # TOP: of the lanes, PINS: where there are pins above them
LABEL, STORY, RESPONSE, VERDICT = 234, (248, 474), (516, 896), 908  # where each part begins and ends
TRACK = 5  # height of one clock
INITIAL = {"local": "L", "ingest": "I", "shown": "S", "acknowledged": "H", "on_site": "A", "ended": "E"}
FOLLOWS = {"report": "↩", "denied": "↩", "repeated": "↻"}  # what else has to follow: →
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200)
LONGEST_LABEL = 34


class _Scales:
    """Where times lie: the story linear, the response by a root, so that a second and a minute are both seen."""

    def __init__(self, rows: Sequence[Lane], steps: Sequence[Mapping[str, Any]]) -> None:
        instants = [at for lane in rows for at in (*lane.begins, *lane.acknowledged)]
        instants += [lane.to_ms for lane in rows if lane.to_ms is not None and lane.kind != "must_not"]
        instants += [step["at_ms"] for step in steps if step["at_ms"] is not None]
        self.begin, self.end = min(instants), max(instants)
        self.end = max(self.end, self.begin + 1_000.0)
        took = [ms for lane in rows for track in lane.tracks for ms in (*track.times, track.limit or 0.0)]
        self.longest = max([*took, 1_000.0])
        self.power = root_of(self.longest)

    def story(self, at: float) -> float:
        share = (min(max(at, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return STORY[0] + share * (STORY[1] - STORY[0])

    def response(self, ms: float) -> float:
        share: float = (min(max(ms, 0.0), self.longest) / self.longest) ** self.power
        return RESPONSE[0] + share * (RESPONSE[1] - RESPONSE[0])


def draw(incident: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], linkage: Sequence[Mapping[str, Any]]) -> str:
    """The drawing of one of `by_incident`; `rows`, `linkage`: its own of the report. Empty: nothing to draw."""
    drawn = lanes(rows, linkage)
    if not drawn:
        return ""
    scales = _Scales(drawn, incident["steps"])
    top = PINS if any(step["at_ms"] is not None for step in incident["steps"]) else TOP
    bottom = top + ROW * len(drawn)
    height = bottom + 26
    name = escape(incident["name"])
    parts = [f'<svg class="incident" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name} in time">']
    parts.append(f'<text class="head" x="{STORY[0]}" y="12">what happened</text>')
    parts.append(f'<text class="head" x="{RESPONSE[0]}" y="12">how long it took, against its limit</text>')
    for number in range(0, len(drawn), 2):
        parts.append(f'<rect class="stripe" x="0" y="{top + ROW * number}" width="{WIDTH}" height="{ROW}" rx="4"/>')
    parts += _axes(scales, top, bottom)
    parts += _steps(incident["steps"], scales, bottom)
    for number, lane in enumerate(drawn):
        parts += _lane(lane, top + ROW * number, scales)
    parts.append("</svg>")
    return "".join(parts)


def _axes(scales: _Scales, top: float, bottom: float) -> list[str]:
    parts = []
    lasts = (scales.end - scales.begin) / 1000
    step = next((one for one in STEPS_S if lasts / one <= 5), 86_400)
    for number in range(int(lasts / step) + 1):
        x = scales.story(scales.begin + number * step * 1000)
        parts.append(_line("grid", x, top, x, bottom))
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 16}">{said(number * step)}</text>')
    for second, x in root_ticks(scales.longest, scales.response):
        parts.append(_line("grid", x, top, x, bottom))
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 16}">{said(second)}</text>')
    return parts


def _steps(steps: Sequence[Mapping[str, Any]], scales: _Scales, bottom: float) -> list[str]:
    """A numbered pin each; pins that would lie upon one another stand side by side."""
    parts = []
    last = -100.0
    for number, step in enumerate(steps, 1):
        if step["at_ms"] is None:
            continue
        at = scales.story(step["at_ms"])
        x = min(max(at, last + 15), STORY[1] + 8)
        last = x
        told = f"<title>{escape(step['what'])}</title>"
        parts.append(_line("pin", at, 36, at, bottom))
        parts.append(f'<circle class="pin" cx="{x:.1f}" cy="29" r="7">{told}</circle>')
        parts.append(f'<text class="pin" x="{x:.1f}" y="32.5">{number}{told}</text>')
    return parts


def _lane(lane: Lane, top: float, scales: _Scales) -> list[str]:
    middle = top + ROW / 2
    parts = [
        f'<text class="label" x="{LABEL}" y="{middle - 2}">{_short(lane.title)}</text>',
        f'<text class="about" x="{LABEL}" y="{middle + 12}">{_short(lane.about)}</text>',
    ]
    parts += _told(lane, middle, scales)
    height = len(lane.tracks) * (TRACK + 2) - 2
    for number, track in enumerate(lane.tracks):
        parts += _track(track, middle - height / 2 + number * (TRACK + 2), scales)
    tone = {True: "good", False: "bad", None: "null"}[lane.good]
    details = "".join(f"{escape(text)}\n" for text in lane.details[:12])
    told = f"<title>{details}</title>" if details else ""
    said = middle + (4 if not lane.figure else -2)
    parts.append(f'<text class="said {tone}" x="{VERDICT}" y="{said}">{escape(lane.verdict)}{told}</text>')
    if lane.figure:
        parts.append(f'<text class="figure" x="{VERDICT}" y="{middle + 12}">{escape(lane.figure)}</text>')
    return parts


def _told(lane: Lane, middle: float, scales: _Scales) -> list[str]:
    """Of the story: since when, until when, and when somebody answered."""
    first, last = scales.story(min(lane.begins)), scales.story(scales.end if lane.to_ms is None else lane.to_ms)
    shape = f'x="{first:.1f}" y="{middle - 5}" width="{max(last - first, 5):.1f}" height="10" rx="5"'
    parts = [f'<rect class="lasts {lane.kind} {"broken" if lane.good is False else ""}" {shape}/>']
    for at in dict.fromkeys(round(scales.story(one), 1) for one in lane.begins):
        if lane.kind == "linkage":
            corners = f"M{at} {middle - 6}l6 6l-6 6l-6 -6z"
            parts.append(f'<path class="begins linkage" d="{corners}"><title>called for</title></path>')
        elif lane.kind != "must_not":
            parts.append(f'<circle class="begins" cx="{at}" cy="{middle}" r="4.5"><title>crossing</title></circle>')
    for at in dict.fromkeys(round(scales.story(one), 1) for one in lane.acknowledged):
        parts.append(f'<circle class="acknowledged" cx="{at}" cy="{middle}" r="3.5"><title>answered</title></circle>')
    return parts


def _track(track: Track, top: float, scales: _Scales) -> list[str]:
    """One clock: what was allowed, what it took, the spread of several."""
    zero = RESPONSE[0]
    parts = []
    kind = track.clock if track.clock in INITIAL else "follows"
    edge = scales.response(track.limit) if track.limit is not None else zero
    if track.limit is not None:
        told = f"<title>{track.clock}: limit {span(track.limit)}</title>"
        parts.append(_bar(f"allowed {kind}", zero, edge, top, told))
    if track.earliest is not None:
        x = scales.response(track.earliest)
        parts.append(_line("earliest", x, top - 2, x, top + TRACK + 2))
    if track.times:
        slowest, fastest = max(track.times), min(track.times)
        end = scales.response(slowest)
        often = "" if len(track.times) == 1 else f", {len(track.times)} of them from {span(fastest)}"
        told = f"<title>{track.clock}: {span(slowest)}{often}</title>"
        parts.append(_bar(f"took {kind}", zero, min(end, edge) if track.late else end, top, told))
        if track.late:
            parts.append(_bar("took over", edge, end, top, told))
    if track.missing:
        told = f"<title>{track.clock}: never seen</title>"
        x, y = edge, top + TRACK / 2
        parts.append(f'<path class="never" d="M{x - 3.5:.1f} {y - 3.5}l7 7m0 -7l-7 7">{told}</path>')
    initial = INITIAL.get(track.clock) or FOLLOWS.get(track.clock, "→")
    parts.append(f'<text class="initial" x="{zero - 4}" y="{top + TRACK}">{initial}</text>')
    return parts


def _bar(name: str, first: float, last: float, top: float, told: str) -> str:
    shape = f'x="{first:.1f}" y="{top:.1f}" width="{max(last - first, 1.5):.1f}" height="{TRACK}" rx="2"'
    return f'<rect class="{name}" {shape}>{told}</rect>'


def _line(name: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _short(text: str) -> str:
    """What fits beside the drawing, the rest when one points at it."""
    if len(text) <= LONGEST_LABEL:
        return escape(text)
    return f"{escape(text[: LONGEST_LABEL - 1])}…<title>{escape(text)}</title>"
