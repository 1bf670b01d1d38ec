"""Points, polygons and lines of a site plan, in metres: x to the right, y down, origin at the top left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]


def area_m2(polygon: Sequence[Point]) -> float:
    """The area inside a polygon, whichever way round its corners are listed."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(polygon))) / 2


def edges(polygon: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    """The sides of a closed polygon."""
    return zip(polygon, [*polygon[1:], polygon[0]], strict=True)


def segments(line: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    """The pieces of an open line."""
    return pairwise(line)


def _side(a: Point, b: Point, p: Point) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments ab and cd cross at a point inside both (touching ends do not count)."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point is inside a polygon (even-odd rule; a point on the outline may be either)."""
    x, y = point
    within = False
    for (ax, ay), (bx, by) in edges(polygon):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            within = not within
    return within


def distance_m(point: Point, a: Point, b: Point) -> float:
    """The distance from a point to the segment ab."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0 else ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square
    along = min(1.0, max(0.0, along))
    ex, ey = point[0] - a[0] - along * dx, point[1] - a[1] - along * dy
    return float((ex * ex + ey * ey) ** 0.5)


def near_outline(point: Point, polygon: Sequence[Point], within_m: float) -> bool:
    """Whether a point lies on, or within `within_m` of, the outline of a polygon."""
    return any(distance_m(point, a, b) <= within_m for a, b in edges(polygon))


def crosses_itself(polygon: Sequence[Point]) -> bool:
    """Whether two sides of a polygon cross."""
    sides = list(edges(polygon))
    return any(cross(*one, *other) for n, one in enumerate(sides) for other in sides[n + 1 :])


def middle(polygon: Sequence[Point]) -> Point:
    """The middle of the bounding box."""
    west, north, east, south = box(polygon)
    return (west + east) / 2, (north + south) / 2


def box(polygon: Sequence[Point]) -> tuple[float, float, float, float]:
    """The bounding box: west, north, east, south."""
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def overlap(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether two polygons share ground (a common wall is not an overlap)."""
    if any(cross(*a, *b) for a in edges(one) for b in edges(other)):
        return True
    return _shares(one, other) or _shares(other, one)


def _shares(one: Sequence[Point], other: Sequence[Point]) -> bool:
    probes = [*one, middle(one), *(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in edges(one))]
    return any(inside(p, other) and not near_outline(p, other, 1e-6) for p in probes)


def length_m(line: Sequence[Point]) -> float:
    """The length of an open line."""
    return float(sum(((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in segments(line)))


def along(line: Sequence[Point], metres: float, aside_m: float = 0.0) -> Point:
    """The point `metres` along a line, moved `aside_m` to its right hand (negative: left)."""
    left = metres
    for a, b in segments(line):
        piece = length_m([a, b])
        if piece == 0:
            continue
        if left <= piece:
            ux, uy = (b[0] - a[0]) / piece, (b[1] - a[1]) / piece
            return a[0] + ux * left - uy * aside_m, a[1] + uy * left + ux * aside_m
        left -= piece
    return line[-1]
