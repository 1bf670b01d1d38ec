"""The zones of a fence as pieces of the boundary: each reaches half way to its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .. import Device
from ..geometry import Point, along


@dataclass(frozen=True, slots=True)
class Zone:
    """`label`: its number as its name has it."""

    label: str
    line: tuple[Point, ...]
    middle: Point


def zones(devices: Sequence[Device], width_m: float, height_m: float) -> list[Zone]:
    """Clockwise from the north-west corner."""
    if not devices:
        return []
    whole = 2 * (width_m + height_m)
    placed = sorted((_round(device.x, device.y, width_m, height_m), n) for n, device in enumerate(devices))
    found = []
    for at, (here, n) in enumerate(placed):
        before = placed[at - 1][0] - (whole if at == 0 else 0)
        after = placed[(at + 1) % len(placed)][0] + (whole if at == len(placed) - 1 else 0)
        name = devices[n].name.split("/")[-2]
        number = re.search(r"\d+$", name)
        line = _piece((before + here) / 2, (here + after) / 2, width_m, height_m)
        found.append(Zone(number[0] if number else name, line, _at(here, width_m, height_m)))
    return found


def _round(x: float, y: float, width: float, height: float) -> float:
    """How far round the boundary, clockwise from the north-west corner, the point of it nearest to x, y is."""
    sides = (
        (y, x), (width - x, width + y), (height - y, width + height + width - x), (x, 2 * width + height + height - y),
    )  # fmt: skip
    return min(sides)[1]


def _at(metres: float, width: float, height: float) -> Point:
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height), (0.0, 0.0))
    return along(corners, metres % (2 * (width + height)))


def _piece(begins: float, ends: float, width: float, height: float) -> tuple[Point, ...]:
    """The boundary from one place to another, with the corners between them."""
    whole = 2 * (width + height)
    once = (0.0, width, width + height, 2 * width + height)
    between = [corner + lap for lap in (-whole, 0.0, whole) for corner in once if begins < corner + lap < ends]
    return tuple(_at(metres, width, height) for metres in (begins, *between, ends))
