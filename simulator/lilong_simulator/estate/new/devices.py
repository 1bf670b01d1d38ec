"""Which devices an estate of a profile has and where, as rules of its file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..geometry import Point, length_m
from .asked import LOW, Asked
from .layout import Layout

LIGHT_M = 19.4  # of drives and paths, each lamp
COVER_M = (22.2, 31.1)  # storm and foul water; power, telecom, water, fire
ZONE_M = 40.0  # of a fence, at most
SHED, MOST_SHEDS = 20, 10  # sockets in one
BAYS_PER_VIEW = 13  # a camera of a garage


def rules_of(asked: Asked, layout: Layout) -> Iterator[str]:
    """Tables `[[devices]]`, each with its comment."""
    yield from _doors(asked, layout)
    yield from _homes(asked)
    yield from _grounds(layout)
    yield from _vehicles(asked, layout)
    kind = asked.kind_of_estate
    if kind.fence:
        around = 2 * (layout.width + layout.height)
        yield _rule("fence_zone", "boundary", f"count = {math.ceil(around / ZONE_M)}")
    yield from _cameras(asked, layout)
    yield from _boxes(asked, layout)
    yield _rule("gateway", "cores", note="one in each core's riser, and one for what stands in the open")
    x, y = _main(layout)
    office = layout.office
    yield _spots("gateway", [
        ("perimeter", x + 8, y - 6, 0, None), ("control_room", office.x + 6, office.y + 6, 0, office.id),
    ])  # fmt: skip


def _doors(asked: Asked, layout: Layout) -> Iterator[str]:
    lobbies = '["ground", "basement"]' if asked.garage else '["ground"]'
    yield _rule("door", "lobbies", f"lobbies = {lobbies}")
    yield _rule("door", "gates", 'use = "pedestrian"', "each = 2")
    x, y = _main(layout)
    office, first, last = layout.office, layout.blocks[0], layout.blocks[-1]
    below = -1 if asked.storeys > LOW else 0
    yield _spots("door", [
        ("control_room", office.x + 4, office.south, 0, office.id), ("guard_house", x + 5, y - 4, 0, None),
        ("pump_room", first.x + 3, first.south - 3, below, first.id),
        ("substation", last.x + last.width - 3, last.south - 3, below, last.id),
    ], "rooms of the staff")  # fmt: skip
    if asked.kind_of_estate.intercom:
        yield _rule("intercom", "lobbies", f"lobbies = {lobbies}", note="panels at the lobbies, and the guards' desk")
        yield _spots("intercom", [("control_room", office.x + 5, office.south - 2, 0, office.id)])
    if asked.kind_of_estate.indoor:
        yield _rule("indoor_station", "flats")


def _homes(asked: Asked) -> Iterator[str]:
    kind = asked.kind_of_estate
    yield _rule("smoke", "flats", "optional = true", "beat_s = 86400", "offline_s = 180000")
    yield _rule(
        "smoke", "corridors", "beat_s = 3600", "offline_s = 7200", note="linked to the gateway of their core"
    )
    yield _rule("gas", "flats", f"share = {kind.gas:g}", "optional = true")
    _, elders, _ = asked.people()
    yield _rule("wristband", "elders", f"count = {round(kind.bands * elders)}", "optional = true")


def _grounds(layout: Layout) -> Iterator[str]:
    metres = sum(length_m(line) for lines in layout.roads.values() for line in lines)
    lamps, wet, dry = (max(1, round(metres / each)) for each in (LIGHT_M, *COVER_M))
    yield _rule("streetlight", "roads", f"count = {lamps}", "aside_m = 3", "both_sides = true")
    yield _rule("manhole", "roads", f"count = {wet}", "aside_m = 1", 'types = ["storm", "foul"]')
    yield _rule("manhole", "roads", f"count = {dry}", "aside_m = -1", 'types = ["power", "telecom", "water", "fire"]')


def _vehicles(asked: Asked, layout: Layout) -> Iterator[str]:
    kind = asked.kind_of_estate
    if asked.vehicle_gates:
        yield _rule("vehicle_lane", "gates", 'use = "vehicle"', 'ways = ["in", "out"]')
    if kind.cycles:
        yield _rule("cycle_gate", "gates", 'use = "pedestrian"', 'ways = ["in", "out"]')
    if kind.lift_readers and asked.storeys > LOW:
        before = "before the lifts: bicycles may go up, e-bikes may not"
        yield _rule("cycle_gate", "lobbies", 'lobbies = ["ground"]', note=before)
    sheds = _sheds(asked, layout)
    if sheds:
        yield _spots("cycle_gate", [(f"shed{n}", w - 2, y, 0, None) for n, (w, y, _, _) in enumerate(sheds, 1)],
                     "at the doors of the bicycle sheds")  # fmt: skip
        yield _rows("shed_socket", "socket", [
            (f"shed{n}", [(w, y), (e, y)], 0, count) for n, (w, y, e, count) in enumerate(sheds, 1)
        ])  # fmt: skip
    piles = round(kind.piles * asked.bays_there)
    if piles:
        where, z = ("garage", -1) if asked.garage else ("bays", 0)
        rows = [(where, line, z, count) for line, count in _bays(layout, piles)]
        yield _rows("ev_pile", "pile", rows, f"{kind.piles:.0%} of the bays")


def _cameras(asked: Asked, layout: Layout) -> Iterator[str]:
    kind = asked.kind_of_estate
    beside = {"doors": "door", "lanes": "vehicle_lane", "fence": "fence_zone"}
    for where, of in beside.items():
        if where in kind.cameras and (of != "vehicle_lane" or asked.vehicle_gates):
            yield _rule("camera", "beside", f'of = "{of}"')
    if asked.storeys > LOW and "lifts" in kind.cameras:
        yield _rule("camera", "cores", 'label = "lift"', "each = 2")
    if asked.storeys > LOW and "facades" in kind.cameras:
        yield _rule("camera", "facades", "each = 4", note="looking up")
    if asked.garage and "garage" in kind.cameras:
        views = max(2, asked.bays_there // BAYS_PER_VIEW)
        yield _rows("camera", "view", [("garage", line, -1, count) for line, count in _bays(layout, views, 9.0)])
    if "open" in kind.cameras:
        east, south = layout.width - 12, layout.height - 12
        yield _spots("camera", [
            ("ring_north_west", 12, 12, 0, None), ("ring_north_east", east, 12, 0, None),
            ("ring_south_west", 12, south, 0, None), ("ring_south_east", east, south, 0, None),
        ], "open ground")  # fmt: skip


def _boxes(asked: Asked, layout: Layout) -> Iterator[str]:
    gates = [gate for gate in layout.gates if gate.use == "pedestrian"]
    for kind, count, aside in (
        ("locker", asked.kind_of_estate.lockers, 6.0), ("bin", asked.kind_of_estate.bins, 9.0),
    ):  # fmt: skip
        spots = []
        for n in range(count):
            gate, turn = gates[n % len(gates)], n // len(gates)
            x = min(max(gate.x, 4.0), layout.width - 4) - (aside + 4 * turn if gate.x not in (0.0, layout.width) else 0)
            y = min(max(gate.y, 4.0), layout.height - 4) - (aside + 4 * turn if gate.x in (0.0, layout.width) else 0)
            spots.append((f"{gate.id}{turn + 1}" if turn else gate.id, x, y, 0, None))
        if spots:
            yield _spots(kind, spots)


def _main(layout: Layout) -> Point:
    """The south gate."""
    return layout.gates[0].x, layout.gates[0].y


def _sheds(asked: Asked, layout: Layout) -> list[tuple[float, float, float, int]]:
    """West end, line, east end and sockets of each: behind buildings, one after the other."""
    wanted = round(asked.kind_of_estate.sockets * asked.households)
    many = min(MOST_SHEDS, len(layout.blocks), math.ceil(wanted / SHED))
    found = []
    for n in range(many):
        block = layout.blocks[n * len(layout.blocks) // many]
        count = wanted // many + (n < wanted % many)
        found.append((block.x + 3, block.south + 6, block.x + min(block.width - 2, 3 + 2.0 * count), count))
    return found


def _bays(layout: Layout, wanted: int, back: float = 4.0) -> Iterator[tuple[list[Point], int]]:
    """Rows along the south of the gardens, `back` from their edge, shared out from the largest."""
    cells = sorted(layout.cells, key=lambda cell: cell[0] - cell[2])[: max(1, min(4, math.ceil(wanted / 20)))]
    for n, (west, _, east, south) in enumerate(cells):
        count = wanted // len(cells) + (n < wanted % len(cells))
        if count:
            yield [(round(west + 3, 1), round(south - back, 1)), (round(east - 3, 1), round(south - back, 1))], count


# ---- TOML


def _rule(kind: str, where: str, *keys: str, note: str = "") -> str:
    comment = f"  # {note}" if note else ""
    return "\n".join([f"[[devices]]{comment}", f'kind = "{kind}"', f'where = "{where}"', *keys, ""])


Spot = tuple[str, float, float, int, str | None]


def _spots(kind: str, spots: Sequence[Spot], note: str = "") -> str:
    rows = []
    for id_, x, y, z, building in spots:
        more = (f", z = {z}" if z else "") + (f', building = "{building}"' if building else "")
        rows.append(f'    {{ id = "{id_}", x = {round(x, 1):g}, y = {round(y, 1):g}{more} }},')
    return _rule(kind, "spots", "spots = [", *rows, "]", note=note)


def _rows(kind: str, label: str, rows: list[tuple[str, list[Point], int, int]], note: str = "") -> str:
    shown = []
    for id_, line, z, count in rows:
        ends = ", ".join(f"[{round(x, 1):g}, {round(y, 1):g}]" for x, y in line)
        below = f", z = {z}" if z else ""
        shown.append(f'    {{ id = "{id_}", line = [{ends}]{below}, count = {count} }},')
    return _rule(kind, "rows", f'label = "{label}"', "rows = [", *shown, "]", note=note)
