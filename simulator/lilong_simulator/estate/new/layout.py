"""Where things stand: slabs in rows that face south, a lane north of each row, avenues between columns, a ring road."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...random_streams import draw_below
from ..geometry import Point
from .asked import LOW, Asked, NewEstateError
from .homes import Homes, homes_of, nearest_homes

RING_M = 9.0  # from the boundary to the ring's middle
EDGE_M = 14.0  # from the boundary to the gardens
AISLE_M = 20.0  # between two columns, an avenue in the middle
YARD_M = 16.0  # from the lane to the doors
BESIDE_M = 4.0  # garden at either end of a slab
FLAT_M, STAIR_M = 8.5, 12.0  # of a slab's length, each flat of a storey; at least, each core
OFFICE = (22.0, 12.0)
ROUND_LOW, ROUND_HIGH = 0.5, 0.3  # of their height, between slabs: wished for, and at least
STOREY_M = 3.0


@dataclass(frozen=True, slots=True)
class Core:
    id: int
    x: float
    y: float
    homes: Homes


@dataclass(frozen=True, slots=True)
class Block:
    """A building: its north-west corner, and its size."""

    id: str
    x: float
    y: float
    width: float
    depth: float
    cores: tuple[Core, ...]

    @property
    def south(self) -> float:
        return self.y + self.depth


@dataclass(frozen=True, slots=True)
class Gate:
    id: str
    use: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """All of it, in metres. `cells`: west, north, east and south of each garden, row by row."""

    width: float
    height: float
    blocks: tuple[Block, ...]
    office: Block
    cells: tuple[tuple[float, float, float, float], ...]
    roads: dict[str, list[list[Point]]] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()


def layout_of(asked: Asked) -> Layout:
    """NewEstateError for what has no room or no solution."""
    groups = _groups(asked, _homes(asked))
    widths = [_width(group) for group in groups]
    depth = 12.0 if asked.storeys <= LOW else 15.0
    if max(homes.flats_per_storey for group in groups for homes in group) > 6:
        depth += 4.0  # flats on both sides of a corridor
    columns, width, height = _site(asked, [*widths, OFFICE[0]], depth)
    rows = -(-(len(groups) + 1) // columns)
    room = _column_widths([*widths, OFFICE[0]], columns)
    spare = (width - 2 * EDGE_M - sum(room) - AISLE_M * (columns - 1)) / columns
    pitch = (height - 2 * RING_M) / rows
    lefts = [EDGE_M + sum(room[:n]) + n * (AISLE_M + spare) for n in range(columns)]
    lanes = [round(RING_M + row * pitch, 1) for row in range(rows)]
    blocks, number = [], 1
    for n, group in enumerate(groups):
        row, column = divmod(n, columns)
        slack = room[column] + spare - widths[n]
        aside = slack * (35 + draw_below(31, asked.seed, asked.id, "aside", n)) / 100
        x, y = round(lefts[column] + aside), round(lanes[row] + YARD_M)
        part = widths[n] / len(group)
        cores = [Core(number + at, round(x + (at + 0.5) * part, 1), y, homes) for at, homes in enumerate(group)]
        blocks.append(Block(f"b{n + 1}", x, y, widths[n], depth, tuple(cores)))
        number += len(group)
    row, column = divmod(len(groups), columns)
    office = Block(
        f"b{len(groups) + 1}", round(lefts[column] + (room[column] + spare - OFFICE[0]) / 2),
        round(lanes[row] + YARD_M), *OFFICE, (),
    )  # fmt: skip
    cells = tuple(_cells(lefts, room, spare, lanes, pitch))
    avenues = [round(lefts[n] - AISLE_M / 2, 1) for n in range(1, columns)]
    main = avenues[len(avenues) // 2] if avenues else round(width / 2)
    gates = tuple(_gates(asked, width, height, main))
    roads = _roads(width, height, lanes, avenues, blocks, office, gates)
    return Layout(width, height, tuple(blocks), office, cells, roads, gates)


def _homes(asked: Asked) -> list[Homes]:
    found = homes_of(asked.households, asked.cores, asked.storeys)
    if found is None:
        near = nearest_homes(asked.households, asked.cores, asked.storeys)
        several = sorted(n for n, _ in zip(near, range(2), strict=False))
        many = f"{asked.cores} core{'s' if asked.cores > 1 else ''} of {asked.storeys} storeys"
        raise NewEstateError(
            f"--households {asked.households}: {many} cannot have just so many; give "
            f"{' or '.join(map(str, several)) or 'more'}, or other --cores or --storeys"
        )
    return found


def _groups(asked: Asked, homes: Sequence[Homes]) -> list[list[Homes]]:
    """Cores that stand in one slab: neighbours with as many flats a storey."""
    most = 4 if asked.storeys <= LOW else 2
    groups: list[list[Homes]] = []
    for one in homes:
        last = groups[-1] if groups else []
        alone = asked.storeys > LOW and draw_below(4, asked.seed, asked.id, "tower", len(groups)) == 0
        limit = 1 if alone else most
        if last and len(last) < limit and last[0].flats_per_storey == one.flats_per_storey:
            last.append(one)
        else:
            groups.append([one])
    return groups


def _width(group: Sequence[Homes]) -> float:
    flats = group[0].flats_per_storey
    along = flats if flats <= 6 else -(-flats // 2)
    return float(round(max(STAIR_M, FLAT_M * along)) * len(group))


def _column_widths(widths: Sequence[float], columns: int) -> list[float]:
    return [max(widths[n::columns]) + 2 * BESIDE_M for n in range(columns)]


def _site(asked: Asked, widths: Sequence[float], depth: float) -> tuple[int, float, float]:
    """Columns, and the sides of the site: as near to a square as may be."""

    def least(columns: int, share: float) -> tuple[float, float]:
        rows = -(-len(widths) // columns)
        gap = max(14.0, share * STOREY_M * asked.storeys)
        across = 2 * EDGE_M + sum(_column_widths(widths, columns)) + AISLE_M * (columns - 1)
        return max(across, 60.0), 2 * RING_M + rows * (YARD_M + depth + gap)

    choices = range(1, min(len(widths), 12) + 1)
    if asked.perimeter_m is None:
        columns = min(choices, key=lambda n: abs(math.log(least(n, ROUND_LOW)[0] / least(n, ROUND_LOW)[1] / 1.1)))
        width, height = least(columns, ROUND_LOW)
        return columns, float(round(width)), float(round(height))
    half = asked.perimeter_m / 2
    fits = [n for n in choices if sum(least(n, ROUND_HIGH)) <= half]
    if not fits:
        need = 2 * min(sum(least(n, ROUND_HIGH)) for n in choices)
        raise NewEstateError(
            f"--perimeter {asked.perimeter_m:g}: has no room for {asked.cores} cores; give {math.ceil(need)} m or more"
        )

    def grown(columns: int) -> tuple[float, float]:
        width, height = least(columns, ROUND_HIGH)
        return width + (half - width - height) * width / (width + height), 0.0

    columns = min(fits, key=lambda n: abs(math.log(grown(n)[0] / (half - grown(n)[0]) / 1.1)))
    width = round(grown(columns)[0], 1)
    return columns, width, round(half - width, 1)


def _cells(
    lefts: Sequence[float], room: Sequence[float], spare: float, lanes: Sequence[float], pitch: float
) -> Iterator[tuple[float, float, float, float]]:
    for lane in lanes:
        for left, wide in zip(lefts, room, strict=True):
            yield left, lane + 5, left + wide + spare, lane + pitch - 5


def _gates(asked: Asked, width: float, height: float, main: float) -> Iterator[Gate]:
    aside = 16.0 if main + 16 < width - RING_M else -16.0
    walks = (("south", main, height), ("west", 0.0, height * 0.4), ("north", main, 0.0), ("east", width, height * 0.3))
    drives = (
        ("south", main + aside, height), ("east", width, height * 0.65), ("west", 0.0, height * 0.7),
        ("north", main + aside, 0.0),
    )  # fmt: skip
    for side, x, y in walks[: asked.pedestrian_gates]:
        yield Gate(f"{side}_gate", "pedestrian", round(x, 1), round(y, 1))
    for side, x, y in drives[: asked.vehicle_gates]:
        yield Gate(f"{side}_drive", "vehicle", round(x, 1), round(y, 1))


def _roads(
    width: float, height: float, lanes: Sequence[float], avenues: Sequence[float], blocks: Sequence[Block],
    office: Block, gates: Sequence[Gate],
) -> dict[str, list[list[Point]]]:  # fmt: skip
    east, south = round(width - RING_M, 1), round(height - RING_M, 1)
    roads: dict[str, list[list[Point]]] = {
        "ring": [[(RING_M, RING_M), (east, RING_M), (east, south), (RING_M, south), (RING_M, RING_M)]]
    }
    for n, lane in enumerate(lanes[1:], 1):
        roads[f"lane{n}"] = [[(RING_M, lane), (east, lane)]]
    if avenues:
        roads["avenue"] = [[(x, RING_M), (x, south)] for x in avenues]
    roads["entries"] = [list(_entry(gate, width, height)) for gate in gates]
    doors = [(core.x, core.y) for block in blocks for core in block.cores]
    doors.append((round(office.x + office.width / 2, 1), office.y))
    roads["doorpaths"] = [[(x, round(max(lane for lane in lanes if lane < y), 1)), (x, y)] for x, y in doors]
    return roads


def _entry(gate: Gate, width: float, height: float) -> tuple[Point, Point]:
    """From the ring to the gate."""
    if gate.x in (0.0, width):
        return (RING_M if gate.x == 0.0 else round(width - RING_M, 1), gate.y), (gate.x, gate.y)
    return (gate.x, RING_M if gate.y == 0.0 else round(height - RING_M, 1)), (gate.x, gate.y)
