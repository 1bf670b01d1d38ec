"""From the device rules of an estate file to its devices, each with a name that no other device changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from lilong_simulator.estate import geometry
from lilong_simulator.estate.checks import points
from lilong_simulator.estate.model import Building, EstateFile
from lilong_simulator.estate.parts import BASEMENT, GROUND, Device, Flat, Resident, device_id
from lilong_simulator.estate.people import place_in
from lilong_simulator.estate.places import boundary_places, facade_places, gate_places, row_places, share_out
from lilong_simulator.estate.rules import (
    BesideRule,
    BoundaryRule,
    CoresRule,
    CorridorsRule,
    EldersRule,
    FacadesRule,
    FlatsRule,
    GatesRule,
    LobbiesRule,
    RoadsRule,
    RowsRule,
    SpotsRule,
)
from lilong_simulator.kinds import on_mains
from lilong_simulator.random_streams import draw
from lilong_simulator.toml_files.errors import Problem

Item = TypeVar("Item")
PHASES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
ROADWAY_M = 2.5  # what stands farther aside stands beside the road, not in it
CLEAR_M = 12.0  # devices of one rule farther apart than this are far enough
RISER = 0.25  # how deep in its part of a building a core's riser and its lifts are
_ESTATE = 0


class Devices:
    """Collects the devices of one estate; `problems` holds what could not be placed."""

    def __init__(
        self, content: EstateFile, flats: Sequence[Flat], people: Sequence[Resident], adoption: Mapping[str, float]
    ) -> None:
        self.devices: list[Device] = []
        self.wearers: dict[str, Resident] = {}
        self.problems: list[Problem] = []
        self._content = content
        self._flats = flats
        self._people = people
        self._adoption = adoption
        self.declined: dict[str, set[str]] = {}
        """By flat key the kinds that its household could have had and has not taken, or refuses."""
        self._grid = tuple(level.id for level in content.grid)
        self._names: set[str] = set()
        self._rule = 0
        for self._rule, rule in enumerate(content.devices):
            self._first = len(self.devices)  # of this rule
            match rule:
                case FlatsRule():
                    self._in_flats(rule)
                case EldersRule():
                    self._on_elders(rule)
                case CorridorsRule():
                    self._in_corridors()
                case LobbiesRule():
                    self._at_lobbies(rule)
                case CoresRule():
                    self._in_cores(rule)
                case FacadesRule():
                    self._before_facades(rule)
                case GatesRule():
                    self._at_gates(rule)
                case BoundaryRule():
                    for stem, place in boundary_places(rule, content.site):
                        self._add(stem, *place, GROUND)
                case RoadsRule():
                    self._along_roads(rule)
                case RowsRule():
                    self._in_rows(rule)
                case SpotsRule():
                    self._at_spots(rule)
                case BesideRule():
                    self._beside(rule)

    def _add(
        self, stem: str, x: float, y: float, z: int, building: str | None = None,
        core: int | None = None, unit: str | None = None,
    ) -> Device | None:  # fmt: skip
        rule = self._content.devices[self._rule]
        name = f"{stem}/{rule.kind}"
        if name in self._names:
            self.problems.append(
                Problem(("devices", self._rule), f"puts a second {rule.kind} at {stem}", "drop one of the two rules")
            )
            return None
        self._names.add(name)
        grid = (*self._grid, *(part for part in (building, unit) if part is not None))
        mains = on_mains(rule.kind) if rule.mains is None else rule.mains
        fence = rule.fence[(len(self.devices) - self._first) % len(rule.fence)] if rule.fence else None
        device = Device(
            device_id(self._content.id, name), rule.kind, name, round(x, 1), round(y, 1), z,
            building, core, unit, grid, rule.beat_s, rule.offline_s, mains, fence,
            self._feeder(stem, building) if mains else None,
        )  # fmt: skip
        self.devices.append(device)
        return device

    def _feeder(self, stem: str, building: str | None) -> str | None:
        """The first that names where it is, else the one that has the rest."""
        rest = None
        for feeder in self._content.feeders:
            if building in feeder.buildings or stem.partition("/")[0] in feeder.places:
                return feeder.id
            if not feeder.buildings and not feeder.places:
                rest = feeder.id
        return rest

    def _taken(self, rule: FlatsRule | EldersRule, ranked: Sequence[Item], flat: Callable[[Item], str]) -> set[Item]:
        """Those of `ranked`, who could all have it, that take the device; the others decline it.

        An adoption that grows keeps everything that a smaller one had.
        """
        refused = self._content.households.opted_out
        adoption = self._adoption.get(rule.kind, 1.0) if rule.optional else 1.0
        willing = [one for one in ranked if rule.kind not in refused.get(flat(one), ())]
        taken = set(willing[: int(len(ranked) * adoption + 0.5)])
        for one in ranked:
            if one not in taken:
                self.declined.setdefault(flat(one), set()).add(rule.kind)
        return taken

    def _in_flats(self, rule: FlatsRule) -> None:
        always = set(rule.always)

        def rank(flat: Flat) -> tuple[bool, int]:
            return flat.key not in always, draw(_ESTATE, self._content.id, rule.kind, flat.key)

        ranked = sorted(self._flats, key=rank)[: int(len(self._flats) * rule.share + 0.5)]
        taken = self._taken(rule, ranked, lambda flat: flat.key)
        for flat in self._flats:
            if flat in taken:
                self._add(flat.stem, flat.x, flat.y, flat.storey, flat.building, flat.core, flat.unit)

    def _on_elders(self, rule: EldersRule) -> None:
        elders = [person for person in self._people if person.age >= 60]

        def rank(person: Resident) -> int:
            return draw(_ESTATE, self._content.id, rule.kind, person.key) // (3 if person.age >= 80 else 1)

        taken = self._taken(rule, sorted(elders, key=rank)[: rule.count], lambda person: person.flat.key)
        for person in elders:
            if person in taken:
                flat, number = person.flat, person.key.rsplit("/", 1)[1]
                device = self._add(
                    f"{flat.stem}/{number}", flat.x, flat.y, flat.storey, flat.building, flat.core, flat.unit
                )
                if device is not None:
                    self.wearers[device.id] = person

    def _in_corridors(self) -> None:
        for building in self._content.buildings:
            for core in building.cores:
                x, y = place_in(building, core.x, core.y, 0.0, 0.35)
                for storey in range(1, building.storeys + 1):
                    self._add(f"core{core.id}/{storey:02d}F/corridor", x, y, storey, building.id, core.id)

    def _at_lobbies(self, rule: LobbiesRule) -> None:
        for building in self._content.buildings:
            for core in building.cores:
                for lobby in rule.lobbies:
                    inward = 0.0 if lobby == "ground" else 0.18
                    x, y = (core.x, core.y) if not inward else place_in(building, core.x, core.y, 0.0, inward)
                    storey = GROUND if lobby == "ground" else BASEMENT
                    self._add(f"core{core.id}/{lobby}", x, y, storey, building.id, core.id)

    def _in_cores(self, rule: CoresRule) -> None:
        for building in self._content.buildings:
            for core in building.cores:
                x, y = place_in(building, core.x, core.y, 0.0, RISER)
                names = [f"/{rule.label}{n + 1}" for n in range(rule.each)] if rule.label else [""]
                for name in names:
                    self._add(f"core{core.id}{name}", x, y, GROUND, building.id, core.id)

    def _before_facades(self, rule: FacadesRule) -> None:
        for building in self._content.buildings:
            if building.use == "residential":
                for stem, place in facade_places(rule, building):
                    self._add(stem, *place, GROUND, building.id)

    def _at_gates(self, rule: GatesRule) -> None:
        for gate in self._content.gates:
            if gate.use == rule.use:
                for stem, place in gate_places(rule, gate, self._content.site):
                    self._add(stem, *place, GROUND)

    def _along_roads(self, rule: RoadsRule) -> None:
        lines = [(road.id, points(line)) for road in self._content.roads for line in road.lines]
        seats = share_out(rule.count, [geometry.length_m(line) for _, line in lines])
        numbers: dict[str, int] = {}
        placed: list[geometry.Point] = []
        outlines = [(building, points(building.polygon)) for building in self._content.buildings]
        for (road, line), count in zip(lines, seats, strict=True):
            tries = [self._spread(rule, line, count, phase) for phase in PHASES]
            beside = [piece for _, other in lines if other is not line for piece in geometry.segments(other)]
            pieces = beside if rule.aside_m >= ROADWAY_M else []
            best = max(range(len(tries)), key=[_clearance(spread, placed, pieces) for spread in tries].__getitem__)
            for n, (x, y) in enumerate(tries[best]):
                label = rule.types[n % len(rule.types)] if rule.types else ""
                numbers[road] = number = numbers.get(road, 0) + 1
                placed.append((x, y))
                if blocked := [building for building, outline in outlines if geometry.inside((x, y), outline)]:
                    self._blocked(rule, blocked[0])
                self._add(f"{road}/{label}{number:02d}", x, y, GROUND)

    def _spread(self, rule: RoadsRule, line: list[geometry.Point], count: int, phase: float) -> list[geometry.Point]:
        """`count` places evenly along a line, beginning `phase` of a spacing from its start."""
        site, spacing = self._content.site, geometry.length_m(line) / max(1, count)
        spread = []
        for n in range(count):
            aside = -rule.aside_m if rule.both_sides and n % 2 else rule.aside_m
            x, y = geometry.along(line, (n + phase) * spacing, aside)
            spread.append((min(max(x, 0.0), site.width_m), min(max(y, 0.0), site.height_m)))
        return spread

    def _blocked(self, rule: RoadsRule, building: Building) -> None:
        what = f"puts a {rule.kind} inside building {building.id}"
        self.problems.append(Problem(("devices", self._rule, "aside_m"), what, "lower aside_m, or move the road"))

    def _in_rows(self, rule: RowsRule) -> None:
        numbers: dict[str, int] = {}
        for row in rule.rows:
            for place in row_places(row):
                numbers[row.id] = number = numbers.get(row.id, 0) + 1
                self._add(f"{row.id}/{rule.label}{number:02d}", *place, row.z, row.building)

    def _at_spots(self, rule: SpotsRule) -> None:
        for spot in rule.spots:
            self._add(spot.id, spot.x, spot.y, spot.z, spot.building)

    def _beside(self, rule: BesideRule) -> None:
        beside = [device for device in self.devices if device.kind == rule.of]
        if not beside:
            what = f"no rule before this one places a {rule.of}"
            self.problems.append(Problem(("devices", self._rule, "of"), what, "move this rule down, or name another"))
        for one in beside:
            self._add(one.name.rpartition("/")[0], one.x, one.y, one.z, one.building, one.core, one.unit)


def _clearance(
    spread: Sequence[geometry.Point],
    placed: Sequence[geometry.Point],
    roads: Sequence[tuple[geometry.Point, geometry.Point]],
) -> float:
    """How near new devices come to placed ones, and to other roads, so that junctions neither gather nor block."""
    apart = [geometry.length_m([a, b]) for a in spread for b in placed]
    beside = [geometry.distance_m(a, *piece) * CLEAR_M / (2 * ROADWAY_M) for a in spread for piece in roads]
    return min([CLEAR_M, *apart, *beside])
