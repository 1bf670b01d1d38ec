"""The sheet: to the left the site with its greens, roads, buildings and devices, to the right title, legend, scale."""

from __future__ import annotations

from collections import Counter
from xml.sax.saxutils import escape

from lilong_protocol.registry import KINDS

from .. import Estate, geometry
from .fence import zones
from .marks import mark

LONG_SIDE = 1000.0  # of the site, in units of the drawing
MARGIN, LEGEND = 36.0, 330.0
ROAD_M, PATH_M = 5.0, 2.2  # (ours) the file gives middle lines alone
MARK = 4.2
CROWDED = 6.5  # marks nearer than this are moved apart
NAME = 170.0  # of gates on one side nearer than this, one has its name to the left and one to the right
STYLE = """
text { font-family: "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; fill: #2b2b2b; }
.halo { paint-order: stroke; stroke: #fffdf8; stroke-width: 3px; stroke-linejoin: round; }
.count { paint-order: stroke; stroke: #dfe3ea; stroke-width: 3px; }
.small { font-size: 9px; fill: #565656; }
"""


def drawn(estate: Estate) -> str:
    """The SVG; the same estate gives the same text."""
    return _Sheet(estate).svg()


class _Sheet:
    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._plan = estate.plan()
        self._k = LONG_SIDE / max(estate.width_m, estate.height_m)
        self._width, self._height = estate.width_m * self._k, estate.height_m * self._k
        self._taken: list[tuple[float, float]] = []
        # Within a core all is counted beside its number, but what stands at its door.
        self._inside = [one for one in estate.devices if one.core is not None and "/ground/" not in one.name]
        hidden = {one.id for one in self._inside}
        self._shown = [one for one in estate.devices if one.id not in hidden and one.kind != "fence_zone"]

    def svg(self) -> str:
        width = self._width + LEGEND + 3 * MARGIN
        height = max(self._height + 2 * MARGIN, 210 + 17 * len(self._estate.counts) + 2 * MARGIN)
        body = [
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fffdf8"/>',
            f'<g transform="translate({MARGIN},{MARGIN})">',
            *self._ground(), *self._buildings(), *self._fence(), *self._devices(), *self._cores(), *self._gates(),
            "</g>",
            f'<g transform="translate({self._width + 2 * MARGIN:.0f},{MARGIN})">', *self._legend(), "</g>",
        ]  # fmt: skip
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}">'
        )
        title = f"<title>{escape(self._estate.name['en'])}</title>"
        return "\n".join([head, title, f"<style>{STYLE}</style>", *body, "</svg>", ""])

    # ---- the site

    def _xy(self, x: float, y: float) -> str:
        return f"{x * self._k:.1f},{y * self._k:.1f}"

    def _ground(self) -> list[str]:
        found = [
            f'<rect width="{self._width:.1f}" height="{self._height:.1f}" fill="#f1ede3" stroke="#8d8778" '
            'stroke-width="1.5"/>'
        ]
        for green in self._plan["greens"]:
            found.append(f'<polygon points="{" ".join(self._xy(*xy) for xy in green)}" fill="#d7e8c8"/>')
        clip = f'<clipPath id="site"><rect width="{self._width:.1f}" height="{self._height:.1f}"/></clipPath>'
        found.append(f'<g clip-path="url(#site)" fill="none" stroke-linejoin="round" stroke-linecap="butt">{clip}')
        doors = {(core["x"], core["y"]) for building in self._plan["buildings"] for core in building["cores"]}
        for colour, wider in (("#cfc8b8", 0.8), ("#ffffff", 0.0)):
            for line in self._plan["roads"]:
                path = any(tuple(end) in doors for end in (line[0], line[-1]))
                width = ((PATH_M if path else ROAD_M) + wider) * self._k
                points = " ".join(self._xy(*xy) for xy in line)
                shape = "polygon" if line[0] == line[-1] else "polyline"  # a ring has no ends
                found.append(f'<{shape} points="{points}" stroke="{colour}" stroke-width="{width:.1f}"/>')
        return [*found, "</g>"]

    def _buildings(self) -> list[str]:
        found = []
        for building in self._plan["buildings"]:
            fill, line = ("#dfe3ea", "#7b8494") if building["use"] == "residential" else ("#efe2c9", "#a98d57")
            points = " ".join(self._xy(*xy) for xy in building["polygon"])
            found.append(f'<polygon points="{points}" fill="{fill}" stroke="{line}" stroke-width="1.2"/>')
            box = geometry.box([tuple(xy) for xy in building["polygon"]])
            west, north, east, south = (side * self._k for side in box)
            y = (north + south) / 2 if not building["cores"] and east - west > NAME else south + 12
            name = f"{building['name']['en']} {building['name']['zh']}, {building['storeys']} storeys"
            found.append(
                f'<text class="halo" x="{(west + east) / 2:.1f}" y="{y:.1f}" font-size="10" '
                f'text-anchor="middle">{escape(name)}</text>'
            )
        return found

    def _cores(self) -> list[str]:
        return [line for building in self._plan["buildings"] for line in self._cores_of(building)]

    def _cores_of(self, building: dict[str, object]) -> list[str]:
        """The number of each core, and what is in its flats and on its storeys, by kind."""
        found: list[str] = []
        cores: list[dict[str, float]] = building["cores"]  # type: ignore[assignment]
        outline = [tuple(xy) for xy in building["polygon"]]  # type: ignore[attr-defined]
        west, north, east, south = (side * self._k for side in geometry.box(outline))
        across = east - west >= south - north
        part = ((east - west) if across else (south - north)) / max(1, len(cores))
        for core in cores:
            x, y = core["x"] * self._k, core["y"] * self._k
            left = min(max(x - part / 2, west), east - part) if across else west
            top = north if across else min(max(y - part / 2, north), south - part)
            room = (part if across else east - west, south - north if across else part)
            counts = Counter(one.kind for one in self._inside if one.core == core["id"])
            found.append(
                f'<text x="{left + 6:.1f}" y="{top + 14:.1f}" font-size="12" font-weight="700">{core["id"]}#</text>'
            )
            columns = max(1, int((room[0] - 10) // 46))
            kinds = [kind.name for kind in KINDS if counts[kind.name]]
            for n, kind in enumerate(kinds):
                cx, cy = left + 11 + (n % columns) * 46, top + 26 + (n // columns) * 12
                if cy > top + room[1] - 3:
                    break  # a small building; the legend counts it all the same
                found.append(mark(kind, cx, cy, 3.4))
                found.append(f'<text class="small count" x="{cx + 6:.1f}" y="{cy + 3.2:.1f}">{counts[kind]:,}</text>')
        return found

    # ---- what stands in it

    def _fence(self) -> list[str]:
        """The zones along the boundary in turn light and dark, each with its number."""
        found = []
        site = (self._estate.width_m, self._estate.height_m)
        for n, zone in enumerate(zones(self._estate.of_kind("fence_zone"), *site)):
            points = " ".join(self._xy(*xy) for xy in zone.line)
            colour = "#b3261e" if n % 2 else "#e08a83"
            found.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="4"/>')
            x, y = zone.middle[0] * self._k, zone.middle[1] * self._k
            x += 11 if x < 4 else -11 if x > self._width - 4 else 0
            y += 13 if y < 4 else -6 if y > self._height - 4 else 3
            found.append(
                f'<text class="small halo" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(zone.label)}</text>'
            )
        return found

    def _devices(self) -> list[str]:
        order = {kind.name: number for number, kind in enumerate(KINDS)}
        found = []
        for one in sorted(self._shown, key=lambda one: order.get(one.kind, len(order))):
            x, y = self._free(one.x * self._k, one.y * self._k)
            shape = mark(one.kind, x, y, MARK, one.z < 0)
            found.append(f"{shape[:-2]}><title>{escape(one.name)}</title>{_closing(shape)}")
        return found

    def _free(self, x: float, y: float) -> tuple[float, float]:
        """The place itself, or the first free one around it, ring by ring."""
        places = [(x, y)]
        for ring in range(1, 7):
            r = ring * CROWDED
            places += [(x + dx * r, y + dy * r) for dx, dy in _AROUND]
        for place in places:
            px, py = min(max(place[0], 0), self._width), min(max(place[1], 0), self._height)
            if all((px - a) ** 2 + (py - b) ** 2 >= CROWDED**2 for a, b in self._taken):
                break
        self._taken.append((px, py))
        return px, py

    def _gates(self) -> list[str]:
        gates = [(gate, gate["x"] * self._k, gate["y"] * self._k) for gate in self._plan["gates"]]
        found = []
        for gate, x, y in gates:
            side = _side(x, y, self._width, self._height)
            beside = [a - x for _, a, b in gates if _side(a, b, self._width, self._height) == side and a != x]
            anchor, dx, dy = _BESIDE[side]
            if side in ("north", "south") and (near := min(beside, key=abs, default=NAME)) and abs(near) < NAME:
                anchor, dx = ("end", -11.0) if near > 0 else ("start", 11.0)
            found.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="#2b2b2b" stroke-width="1.5"/>')
            name = f"{gate['name']['en']} {gate['name']['zh']}"
            found.append(
                f'<text class="halo" x="{x + dx:.1f}" y="{y + dy:.1f}" font-size="11" font-weight="600" '
                f'text-anchor="{anchor}">{escape(name)}</text>'
            )
        return found

    # ---- beside it

    def _legend(self) -> list[str]:
        estate, y = self._estate, 22.0
        found = [f'<text y="{y}" font-size="22" font-weight="700">{escape(estate.name["en"])}</text>']
        if estate.name["zh"] != estate.name["en"]:  # one that has no name in Chinese has its own there
            found.append(f'<text y="{y + 24}" font-size="17">{escape(estate.name["zh"])}</text>')
        facts = (
            f"{len(estate.flats):,} homes, {len(estate.residents):,} people, {estate.bays:,} bays",
            f"{estate.width_m:g} x {estate.height_m:g} m; {len(estate.devices):,} devices",
        )
        for n, fact in enumerate(facts):
            found.append(f'<text y="{y + 46 + 16 * n}" font-size="12">{escape(fact)}</text>')
        y += 92
        found.append(f'<text class="small" x="218" y="{y}" text-anchor="end">on the plan</text>')
        found.append(f'<text class="small" x="{LEGEND - 30}" y="{y}" text-anchor="end">in the cores</text>')
        inside, shown = Counter(one.kind for one in self._inside), Counter(one.kind for one in self._shown)
        shown["fence_zone"] = len(estate.of_kind("fence_zone"))
        for kind in [kind for kind in KINDS if estate.counts.get(kind.name)]:
            y += 17
            found.append(mark(kind.name, 6, y - 4, 5))
            label = f"{kind.label.en} {kind.label.zh}"
            found.append(f'<text x="18" y="{y}" font-size="11">{escape(label)}</text>')
            for x, count in ((218, shown[kind.name]), (LEGEND - 30, inside[kind.name])):
                if count:
                    found.append(f'<text x="{x}" y="{y}" font-size="11" text-anchor="end">{count:,}</text>')
        y += 20
        note = "hollow: below ground; a fence zone is a piece of the boundary"
        found.append(f'<text class="small" y="{y}">{note}</text>')
        return [*found, *self._scale(y + 30)]

    def _scale(self, y: float) -> list[str]:
        metres = next((m for m in (10, 20, 50, 100, 200, 500) if m * self._k >= 130), 1000)
        long = metres * self._k
        return [
            f'<path d="M0 {y} h{long:.1f} m0 -5 v10 M0 {y - 5} v10 M{long / 2:.1f} {y - 3} v6" stroke="#2b2b2b" '
            'fill="none" stroke-width="1.5"/>',
            f'<text class="small" y="{y + 18}">0</text>',
            f'<text class="small" x="{long:.1f}" y="{y + 18}" text-anchor="middle">{metres} m</text>',
            f'<g transform="translate({LEGEND - 50},{y})"><path d="M0 12 V-14 M-5 -7 L0 -16 L5 -7" stroke="#2b2b2b" '
            'fill="none" stroke-width="1.5"/><text x="-4" y="-20" font-size="12">N</text></g>',
        ]


_AROUND = ((1, 0), (0, 1), (-1, 0), (0, -1), (0.8, 0.8), (-0.8, 0.8), (-0.8, -0.8), (0.8, -0.8))


def _closing(shape: str) -> str:
    return f"</{shape[1:].partition(' ')[0]}>"


def _side(x: float, y: float, width: float, height: float) -> str:
    sides = {"west": x, "east": width - x, "north": y, "south": height - y}
    return min(sides, key=sides.__getitem__)


_BESIDE = {
    "west": ("start", 12.0, -12.0), "east": ("end", -12.0, -12.0), "north": ("middle", 0.0, 26.0),
    "south": ("middle", 0.0, -16.0),
}  # fmt: skip
"""Where the name of a gate stands, inwards of the boundary: anchor, and how far from the gate."""
