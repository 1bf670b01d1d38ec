"""What stands for a kind of device on a plan: a colour for its category, a shape and a shade of its own."""

from __future__ import annotations

from collections.abc import Callable

from lilong_protocol.registry import KIND

# One colour a spatial category; kinds of a category differ by shape, and where that is not enough by shade.
COLOURS = {
    "access_control": ("#1d5fa8", "#5b93cf", "#123a66"),
    "video_intercom": ("#0f8a8a", "#59b5b5", "#0a5555"),
    "vehicle_management": ("#6b4aa0", "#9d83c8", "#432d69", "#b07fd6"),
    "perimeter_alarm": ("#b3261e", "#dc6b62", "#7a1813"),
    "video_surveillance": ("#4a4f58", "#878d97", "#2a2d33"),
    "smart_home": ("#d2691e", "#c79a00", "#b03a6b"),
    "infrastructure": ("#2e7d32", "#6d4c2f", "#d09a12", "#7cb342", "#3f6f6a"),
}
OTHER = ("#777777",)


def _circle(x: float, y: float, r: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"'


def _square(x: float, y: float, r: float) -> str:
    return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}"'


def _polygon(*corners: tuple[float, float]) -> Callable[[float, float, float], str]:
    def shape(x: float, y: float, r: float) -> str:
        points = " ".join(f"{x + r * dx:.1f},{y + r * dy:.1f}" for dx, dy in corners)
        return f'<polygon points="{points}"'

    return shape


SHAPES: tuple[Callable[[float, float, float], str], ...] = (
    _circle,
    _square,
    _polygon((0, -1.25), (1.15, 0.8), (-1.15, 0.8)),
    _polygon((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    _polygon((-1.2, -0.7), (1.2, -0.7), (0, 1.3)),
)


def mark(kind: str, x: float, y: float, r: float, below: bool = False) -> str:
    """A kind's mark at a place; hollow for what is below ground."""
    alike = [one.name for one in KIND.values() if one.category == _category(kind)] or [kind]
    at = alike.index(kind)
    colours = COLOURS.get(_category(kind), OTHER)
    colour = colours[at % len(colours)]
    fill, line, width = ("#fff", colour, 1.2) if below else (colour, "#fff", 0.6)
    return f'{SHAPES[at % len(SHAPES)](x, y, r)} fill="{fill}" stroke="{line}" stroke-width="{width}"/>'


def _category(kind: str) -> str:
    return KIND[kind].category if kind in KIND else ""
