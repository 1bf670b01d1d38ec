"""What must hold between the keys of an estate file: on the site, not overlapping, named once, adding up."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

from lilong_simulator.estate import geometry
from lilong_simulator.estate.model import Building, EstateFile
from lilong_simulator.estate.rules import BoundaryRule, FlatsRule, GatesRule, Row, RowsRule, Spot, SpotsRule
from lilong_simulator.toml_files.errors import Problem, nearest
from lilong_simulator.toml_files.lines import Path

ON_OUTLINE_M = 1.0
PERSONS_PER_FLAT = 12
ZONE_M = 40.0  # the longest zone of a fence (GA/T 1032 as quoted by vendors)


def problems_of(content: EstateFile, kinds: Collection[str]) -> list[Problem]:
    """Everything that is wrong with a well-formed estate file."""
    return [
        *_names(content),
        *_on_site(content),
        *_buildings(content),
        *_roads(content),
        *_population(content),
        *_rules(content, kinds),
        *_households(content),
        *_feeders(content),
        *_curves(content),
    ]


def points(corners: Iterable[list[float]]) -> list[geometry.Point]:
    """Coordinates as written (`[[x, y], ...]`) as points."""
    return [(x, y) for x, y in corners]


def flats_of(building: Building) -> int:
    """How many flats a building has."""
    return sum(core.flats_per_storey * (building.storeys - core.from_storey + 1) for core in building.cores)


def _names(content: EstateFile) -> Iterator[Problem]:
    spots = [
        (spot.id, ("devices", n, "spots", m, "id"))
        for n, rule in enumerate(content.devices)
        if isinstance(rule, SpotsRule)
        for m, spot in enumerate(rule.spots)
    ]
    cores = [
        (core.id, ("buildings", n, "cores", m, "id"))
        for n, building in enumerate(content.buildings)
        for m, core in enumerate(building.cores)
    ]
    yield from _twice([(b.id, ("buildings", n, "id")) for n, b in enumerate(content.buildings)])
    yield from _twice([(r.id, ("roads", n, "id")) for n, r in enumerate(content.roads)])
    yield from _twice([(g.id, ("gates", n, "id")) for n, g in enumerate(content.gates)])
    yield from _twice([(level.level, ("grid", n, "level")) for n, level in enumerate(content.grid)])
    yield from _twice(cores)
    kind_of_spot = [((content.devices[int(path[1])].kind, name), path) for name, path in spots]
    yield from _twice(kind_of_spot)


def _twice(named: Iterable[tuple[object, Path]]) -> Iterator[Problem]:
    seen = set()
    for name, path in named:
        if name in seen:
            shown = name[-1] if isinstance(name, tuple) else name
            yield Problem(path, f"{shown} is already taken", "give each its own")
        seen.add(name)


def _on_site(content: EstateFile) -> Iterator[Problem]:
    width, height = content.site.width_m, content.site.height_m
    placed: list[tuple[Path, float, float]] = []
    for n, building in enumerate(content.buildings):
        placed += [(("buildings", n, "polygon", m), *xy) for m, xy in enumerate(points(building.polygon))]
    for n, road in enumerate(content.roads):
        for k, line in enumerate(road.lines):
            placed += [(("roads", n, "lines", k, m), *xy) for m, xy in enumerate(points(line))]
    for n, green in enumerate(content.greens):
        placed += [(("greens", n, m), *xy) for m, xy in enumerate(points(green))]
    placed += [(("gates", n), gate.x, gate.y) for n, gate in enumerate(content.gates)]
    for n, rule in enumerate(content.devices):
        if isinstance(rule, SpotsRule):
            placed += [(("devices", n, "spots", m), spot.x, spot.y) for m, spot in enumerate(rule.spots)]
        elif isinstance(rule, RowsRule):
            for m, row in enumerate(rule.rows):
                placed += [(("devices", n, "rows", m, "line", k), *xy) for k, xy in enumerate(points(row.line))]
    for path, x, y in placed:
        if x > width or y > height:
            yield Problem(
                path, f"({x:g}, {y:g}) is outside the site of {width:g} x {height:g} m",
                "move it, or enlarge [site]",
            )  # fmt: skip


def _buildings(content: EstateFile) -> Iterator[Problem]:
    outlines = [points(building.polygon) for building in content.buildings]
    for n, (building, outline) in enumerate(zip(content.buildings, outlines, strict=True)):
        at: Path = ("buildings", n)
        if geometry.crosses_itself(outline) or geometry.area_m2(outline) < 1:
            yield Problem((*at, "polygon"), "is no outline of a building", "list its corners in order, all round")
            continue
        for m, other in enumerate(outlines[:n]):
            if geometry.overlap(outline, other):
                yield Problem(
                    (*at, "polygon"), f"{building.id} stands on {content.buildings[m].id}", "move one of them"
                )
        if building.use == "commercial" and building.cores:
            yield Problem((*at, "cores"), "a commercial building has no cores of flats", "leave `cores` out")
        if building.use == "residential" and not building.cores:
            yield Problem((*at, "cores"), "is missing", "a residential building needs at least one core")
        for m, core in enumerate(building.cores):
            here = (core.x, core.y)
            if not (geometry.inside(here, outline) or geometry.near_outline(here, outline, ON_OUTLINE_M)):
                yield Problem(
                    (*at, "cores", m), f"core {core.id} is not in or at building {building.id}",
                    "put x, y on its outline or inside",
                )  # fmt: skip
            if core.from_storey > building.storeys:
                yield Problem(
                    (*at, "cores", m, "from_storey"), f"{core.from_storey} is above the roof",
                    f"the building has {building.storeys} storeys",
                )  # fmt: skip


def _roads(content: EstateFile) -> Iterator[Problem]:
    for n, road in enumerate(content.roads):
        for m, line in enumerate(road.lines):
            for building in content.buildings:
                outline = points(building.polygon)
                walls = list(geometry.edges(outline))
                pieces = list(geometry.segments(points(line)))
                through = any(
                    geometry.cross(*piece, *wall) or geometry.inside(geometry.middle(piece), outline)
                    for piece in pieces
                    for wall in walls
                )
                if through:
                    yield Problem(("roads", n, "lines", m), f"goes through building {building.id}", "lead it round")


def _population(content: EstateFile) -> Iterator[Problem]:
    people, flats = content.population, sum(map(flats_of, content.buildings))
    if people.aged_60 > people.persons:
        yield Problem(
            ("population", "aged_60"), f"{people.aged_60} is more than all {people.persons} persons",
            "count those of 60 or more among the persons",
        )  # fmt: skip
    if people.aged_80 > people.aged_60:
        yield Problem(
            ("population", "aged_80"), f"{people.aged_80} is more than the {people.aged_60} aged 60 or more",
            "count those of 80 or more among them",
        )  # fmt: skip
    if not flats <= people.persons <= flats * PERSONS_PER_FLAT:
        yield Problem(
            ("population", "persons"), f"{people.persons} persons do not live in {flats} flats",
            f"give 1 to {PERSONS_PER_FLAT} persons a flat: {flats} to {flats * PERSONS_PER_FLAT}",
        )  # fmt: skip


def _flat_keys(content: EstateFile) -> set[str]:
    return {
        f"{core.id}/{storey:02d}{number:02d}"
        for building in content.buildings
        for core in building.cores
        for storey in range(core.from_storey, building.storeys + 1)
        for number in range(1, core.flats_per_storey + 1)
    }


def _no_flat(path: Path, key: str) -> Problem:
    return Problem(path, f'there is no flat "{key}"', "write core/flat as in 3/1203")


def _households(content: EstateFile) -> Iterator[Problem]:
    flats, wanted = _flat_keys(content), content.households
    for n, key in enumerate(wanted.confidential_flats):
        if key not in flats:
            yield _no_flat(("households", "confidential_flats", n), key)
    optional = {rule.kind for rule in content.devices if getattr(rule, "optional", False)}
    always = {(key, rule.kind) for rule in content.devices if isinstance(rule, FlatsRule) for key in rule.always}
    for key, refused in wanted.opted_out.items():
        at: Path = ("households", "opted_out", key)
        if key not in flats:
            yield _no_flat(at, key)
        for kind in refused:
            if kind not in optional:
                yield Problem(at, f'"{kind}" is not a kind that residents choose', nearest(kind, optional))
            elif (key, kind) in always:
                yield Problem(at, f"a device rule puts a {kind} there always", "take the flat out of one of them")


def _feeders(content: EstateFile) -> Iterator[Problem]:
    buildings = {building.id for building in content.buildings}
    yield from _twice([(feeder.id, ("feeders", n, "id")) for n, feeder in enumerate(content.feeders)])
    rest = [n for n, feeder in enumerate(content.feeders) if not feeder.buildings and not feeder.places]
    for n in rest[1:]:
        yield Problem(("feeders", n), "has the rest, which another feeder has", "give it buildings or places")
    if content.feeders and not rest:
        yield Problem(("feeders",), "nobody has the rest", "let the last feeder name neither buildings nor places")
    for n, feeder in enumerate(content.feeders):
        for m, building in enumerate(feeder.buildings):
            if building not in buildings:
                what = f'there is no building "{building}"'
                yield Problem(("feeders", n, "buildings", m), what, nearest(building, buildings))


def _rules(content: EstateFile, kinds: Collection[str]) -> Iterator[Problem]:
    flats = _flat_keys(content)
    buildings = {building.id for building in content.buildings}
    optional = {rule.kind for rule in content.devices if getattr(rule, "optional", False)}
    known = all(rule.kind in kinds for rule in content.devices)
    for kind in content.adoption:
        if kind not in optional and known:
            yield Problem(("adoption", kind), "is not a kind that residents choose", nearest(kind, optional))
    for n, rule in enumerate(content.devices):
        at: Path = ("devices", n)
        if rule.kind not in kinds:
            yield Problem((*at, "kind"), f'no kind of device is called "{rule.kind}"', nearest(rule.kind, kinds))
        if rule.beat_s and rule.offline_s and rule.offline_s <= rule.beat_s:
            yield Problem(
                (*at, "offline_s"), f"{rule.offline_s} s is not longer than the beat of {rule.beat_s} s",
                "make it about twice the beat",
            )  # fmt: skip
        if rule.fence and rule.kind != "fence_zone":
            yield Problem((*at, "fence"), f"a {rule.kind} is no fence", "leave it out")
        match rule:
            case FlatsRule():
                for m, key in enumerate(rule.always):
                    if key not in flats:
                        yield _no_flat((*at, "always", m), key)
            case SpotsRule():
                yield from _in_buildings(rule.spots, (*at, "spots"), buildings)
            case RowsRule():
                yield from _in_buildings(rule.rows, (*at, "rows"), buildings)
            case GatesRule() if (rule.each is None) == (not rule.ways):
                yield Problem(at, "needs `each` or `ways`, and not both", 'write `each = 2` or `ways = ["in", "out"]`')
            case BoundaryRule() if rule.kind == "fence_zone" and (long := _perimeter_m(content) / rule.count) > ZONE_M:
                yield Problem(
                    (*at, "count"), f"zones of {long:.0f} m are longer than {ZONE_M:g} m",
                    f"make it {math.ceil(_perimeter_m(content) / ZONE_M)} or more",
                )  # fmt: skip
            case _ if rule.where == "elders" and rule.count > content.population.aged_60:
                yield Problem(
                    (*at, "count"), f"{rule.count} is more than the {content.population.aged_60} aged 60 or more",
                    "lower it, or raise population.aged_60",
                )  # fmt: skip
            case _ if rule.where == "gates" and all(gate.use != rule.use for gate in content.gates):
                yield Problem((*at, "use"), f"there is no {rule.use} gate", "add one to [[gates]]")
            case _ if rule.where == "roads" and not content.roads:
                yield Problem((*at, "where"), "there are no roads", "add one to [[roads]]")


def _in_buildings(places: Sequence[Spot | Row], at: Path, buildings: Collection[str]) -> Iterator[Problem]:
    for m, place in enumerate(places):
        if place.building is not None and place.building not in buildings:
            what = f'there is no building "{place.building}"'
            yield Problem((*at, m, "building"), what, nearest(place.building, buildings))


def _perimeter_m(content: EstateFile) -> float:
    return 2 * (content.site.width_m + content.site.height_m)


def _curves(content: EstateFile) -> Iterator[Problem]:
    for key in type(content.curves).model_fields:
        total = sum(getattr(content.curves, key))
        if abs(total - 100) > 0.05:
            yield Problem(("curves", key), f"sums to {total:.2f}", "make the 24 shares sum to 100")
