"""Where the places of a device rule lie, each with the name that it gives to the device there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lilong_simulator.estate import geometry
from lilong_simulator.estate.checks import points
from lilong_simulator.estate.model import Building, Gate, Site
from lilong_simulator.estate.rules import BoundaryRule, FacadesRule, GatesRule, Row

LEAF_M = 1.6  # from one leaf of a gate to the next
LANE_M = 3.5  # from one lane of a drive to the next


def gate_places(rule: GatesRule, gate: Gate, site: Site) -> Iterator[tuple[str, geometry.Point]]:
    """Side by side along whichever edge of the site the gate is nearest to."""
    names: Sequence[str] = rule.ways or [f"leaf{n + 1}" for n in range(rule.each or 0)]
    apart_m = LANE_M if gate.use == "vehicle" else LEAF_M
    for n, name in enumerate(names):
        offset = (n - (len(names) - 1) / 2) * apart_m
        if min(gate.y, site.height_m - gate.y) <= min(gate.x, site.width_m - gate.x):
            yield f"{gate.id}/{name}", (min(max(gate.x + offset, 0), site.width_m), gate.y)
        else:
            yield f"{gate.id}/{name}", (gate.x, min(max(gate.y + offset, 0), site.height_m))


def boundary_places(rule: BoundaryRule, site: Site) -> Iterator[tuple[str, geometry.Point]]:
    """The middle of each stretch."""
    width, height = site.width_m, site.height_m
    edge = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0)]
    stretch_m = stretch(rule, site)
    for n in range(rule.count):
        yield f"fence/zone{n + 1:02d}", geometry.along(edge, (n + 0.5) * stretch_m)


def stretch(rule: BoundaryRule, site: Site) -> float:
    """How long each of them is, in metres."""
    return 2 * (site.width_m + site.height_m) / rule.count


def facade_places(rule: FacadesRule, building: Building) -> Iterator[tuple[str, geometry.Point]]:
    """Spread along each side by its length."""
    sides = [list(side) for side in geometry.edges(points(building.polygon))]
    number = 0
    for side, count in zip(sides, share_out(rule.each, [geometry.length_m(side) for side in sides]), strict=True):
        for n in range(count):
            number += 1
            yield f"{building.id}/facade{number}", geometry.along(side, (n + 0.5) * geometry.length_m(side) / count)


def row_places(row: Row) -> Iterator[geometry.Point]:
    """From one end of its line to the other; a single one in the middle."""
    line = points(row.line)
    length_m = geometry.length_m(line)
    for n in range(row.count):
        yield geometry.along(line, length_m * n / (row.count - 1) if row.count > 1 else length_m / 2)


def share_out(count: int, weights: Sequence[float]) -> list[int]:
    """`count` seats by weight, one more seat never moving another (Webster's method of highest averages)."""
    seats = [0] * len(weights)
    for _ in range(count):
        seats[max(range(len(weights)), key=lambda n: (weights[n] / (2 * seats[n] + 1), -n))] += 1
    return seats
