"""An estate: its plan, its devices, its people and their habits, read from a TOML file that people write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from lilong_simulator.estate import geometry
from lilong_simulator.estate.checks import points
from lilong_simulator.estate.devices import Devices
from lilong_simulator.estate.file import read_estate_file
from lilong_simulator.estate.households import Household, households_of
from lilong_simulator.estate.model import EstateFile, GridLevel
from lilong_simulator.estate.parts import Cell, Device, Flat, Resident
from lilong_simulator.estate.people import card_numbers, flats_of, residents_of
from lilong_simulator.estate.rates import Curves, Rates
from lilong_simulator.estate.source import find_file
from lilong_simulator.estate.tables import Name
from lilong_simulator.kinds import EVERY, KINDS
from lilong_simulator.toml_files.errors import EstateError, Problem, estate_error, nearest

# A share is no rate; and the few people of the staff cannot be at one door twice in half a minute.
RATES = tuple(name for name in Rates.model_fields if "_share" not in name and name != "staff_entries_per_door")

GRID_LEVELS = ("street", "community", "grid")

__all__ = ["KINDS", "Device", "Estate", "EstateError", "Flat", "Resident", "load_estate"]


def load_estate(
    name_or_path: str | Path = "music_plaza",
    *,
    adoption: Mapping[str, float] | None = None,
    kinds: Collection[str] = EVERY,
    copy: int = 1,
    event_rate: float = 1.0,
    grid: Sequence[str] = (),
    officer: str = "",
) -> Estate:
    """Reads a built-in estate by name, or an estate file by path.

    `adoption` overrides the file's `[adoption]`: the share of the optional devices of a kind that residents
    take (0 to 1); lowering it only takes devices away. `kinds` are the kinds of device that a file may name.
    `copy` 2, 3 ... is another estate by the same plan: a tenant of its own, `{id}_2`, with device ids and cards of its
    own. `event_rate` multiplies how often things happen in it. `grid`: the ids of street, community and cell in which
    it lies, in place of the file's; `officer`: who looks after that cell.
    Raises EstateError, whose text has one line a problem: `file:line: key.path: what is wrong; what to do`.
    """
    file = find_file(name_or_path)
    content, lines = read_estate_file(file, kinds)
    if copy > 1:
        content = content.model_copy(update={"id": f"{content.id}_{copy}"})
    if event_rate != 1.0:
        rates = {name: getattr(content.rates, name) * event_rate for name in RATES}
        content = content.model_copy(update={"rates": content.rates.model_copy(update=rates)})
    if grid:
        levels = zip(GRID_LEVELS, grid, strict=True)
        named = [GridLevel(level=level, id=id_, name=Name(en=id_, zh=id_)) for level, id_ in levels]
        named[-1] = named[-1].model_copy(update={"officer": officer or f"officer of {grid[-1]}"})
        content = content.model_copy(update={"grid": named})
    shares = {**content.adoption, **(adoption or {})}
    optional = {rule.kind for rule in content.devices if getattr(rule, "optional", False)}
    for kind, share in shares.items():
        if kind not in optional:
            raise EstateError([f"adoption of {kind}: is not a kind that residents choose; {nearest(kind, optional)}"])
        if not 0 <= share <= 1:
            raise EstateError([f"adoption of {kind}: {share} is out of bounds; give a share from 0 to 1"])
    flats = flats_of(content)
    residents = residents_of(content, flats)
    placed = Devices(content, flats, residents, shares)
    if placed.problems:
        raise estate_error(str(file), placed.problems, lines)
    ids = Counter(device.id for device in placed.devices)
    if twice := next((id_ for id_, count in ids.items() if count > 1), None):
        clash = Problem(("devices",), f"two devices have the id {twice}", "rename a spot, a road or a gate")
        raise estate_error(str(file), [clash], lines)
    return Estate(content, flats, residents, placed)


class Estate:
    """One estate, unchanging. Devices, flats and residents are tuples in a fixed order."""

    def __init__(self, content: EstateFile, flats: list[Flat], residents: list[Resident], placed: Devices) -> None:
        self._file = content
        self.id = content.id
        self.name = {"en": content.name.en, "zh": content.name.zh}
        self.width_m = content.site.width_m
        self.height_m = content.site.height_m
        self.latitude = content.site.latitude
        self.longitude = content.site.longitude
        self.utc_offset_h = content.site.utc_offset_h
        self.bays = content.site.bays
        self.doors_ask = content.anti_passback == "estate"
        self.rates: Rates = content.rates
        self.curves: Curves = content.curves
        self.flats: tuple[Flat, ...] = tuple(flats)
        self.residents: tuple[Resident, ...] = tuple(residents)
        self.devices: tuple[Device, ...] = tuple(placed.devices)
        self.wearers: dict[str, Resident] = placed.wearers
        """The resident who wears each wristband, by device id."""
        self.households: tuple[Household, ...] = tuple(households_of(content, flats, residents, placed.declined))
        """One for each flat, in the order of the flats."""
        self.cores: tuple[int, ...] = tuple(sorted({flat.core for flat in flats}))
        holders = content.population
        cards = card_numbers(
            content.id,
            [person.key for person in residents]
            + [f"guest{n}" for n in range(holders.guest_passes)]
            + [f"staff{n}" for n in range(holders.staff)],
        )
        guests = len(residents) + holders.guest_passes
        self.guest_cards: tuple[int, ...] = tuple(cards[len(residents) : guests])
        self.staff_cards: tuple[int, ...] = tuple(cards[guests:])

    @cached_property
    def by_id(self) -> dict[str, Device]:
        """Devices by their 16 hex digits."""
        return {device.id: device for device in self.devices}

    @cached_property
    def by_name(self) -> dict[str, Device]:
        """Devices by name, such as `core3/12F/1203/smoke`."""
        return {device.name: device for device in self.devices}

    @cached_property
    def _households(self) -> dict[str, Household]:
        return {household.flat.key: household for household in self.households}

    @cached_property
    def _by_key(self) -> dict[str, Flat]:
        return {flat.key: flat for flat in self.flats}

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many devices there are of each kind."""
        return dict(Counter(device.kind for device in self.devices))

    def device(self, name: str) -> Device:
        """The device of a name; a LookupError names the nearest one."""
        try:
            return self.by_name[name]
        except KeyError:
            raise LookupError(f"{self.id} has no device {name!r}; {_near(name, self.by_name)}") from None

    def of_kind(self, kind: str) -> tuple[Device, ...]:
        """All devices of one kind."""
        return tuple(device for device in self.devices if device.kind == kind)

    def find(self, stem: str, kind: str) -> Device | None:
        """The device of a kind at a place (`core3/12F/corridor`), or None where there is none."""
        return self.by_name.get(f"{stem}/{kind}")

    def flat(self, key: str) -> Flat:
        """The flat of a key such as `3/1203`; a LookupError names the nearest one."""
        try:
            return self._by_key[key]
        except KeyError:
            raise LookupError(f"{self.id} has no flat {key!r}; {_near(key, self._by_key)}") from None

    def household(self, flat: Flat) -> Household:
        """Who lives in a flat."""
        return self._households[flat.key]

    def feeder_of(self, device_id: str) -> str | None:
        """The feeder that a device has its power from; None: it has a battery, or the file says of no feeder."""
        return self.by_id[device_id].feeder

    @cached_property
    def feeders(self) -> dict[str, dict[str, str]]:
        """The names of the estate's feeders, en and zh, by their ids."""
        return {feeder.id: {"en": feeder.name.en, "zh": feeder.name.zh} for feeder in self._file.feeders}

    def cell_of(self, device: Device) -> Cell | None:
        """The grid cell where a device is, with its officer; None where the file names no officer."""
        for level in reversed(self._file.grid):
            if level.officer is not None:
                return Cell(level.id, {"en": level.name.en, "zh": level.name.zh}, level.officer)
        return None

    def doors_of_core(self, core: int) -> tuple[Device, ...]:
        """The lobby doors of a core: ground, then basement."""
        return tuple(device for device in self.devices if device.kind == "door" and device.core == core)

    def escape_doors(self, core: int) -> tuple[Device, ...]:
        """The doors between a core and the street, which a fire opens: its lobbies, then the pedestrian gates."""
        return (*self.doors_of_core(core), *(leaf for leaves in self.gates.values() for leaf in leaves))

    @cached_property
    def gates(self) -> dict[str, tuple[Device, ...]]:
        """The doors (leaves) of each pedestrian gate, by gate id."""
        gates = [gate.id for gate in self._file.gates if gate.use == "pedestrian"]
        doors = [device for device in self.devices if device.kind == "door" and device.core is None]
        found = {gate: tuple(d for d in doors if d.name.startswith(f"{gate}/")) for gate in gates}
        return {gate: leaves for gate, leaves in found.items() if leaves}

    @cached_property
    def staff_doors(self) -> tuple[Device, ...]:
        """The doors that are neither at a core nor at a gate: commercial, plant and control rooms."""
        public = {device.id for leaves in self.gates.values() for device in leaves}
        return tuple(d for d in self.devices if d.kind == "door" and d.core is None and d.id not in public)

    def cards_of(self, door: Device) -> tuple[int, ...]:
        """The card numbers that a door grants, ascending: its own and its visitors'."""
        return tuple(sorted([*self.own_cards_of(door), *self.visitor_cards_of(door)]))

    def own_cards_of(self, door: Device) -> tuple[int, ...]:
        """The cards of those whose door it is, ascending: its core's (a gate: all) residents, a staff room's staff."""
        if door in self.staff_doors:
            return tuple(sorted(self.staff_cards))
        return tuple(sorted(who.card for who in self.residents if door.core is None or who.flat.core == door.core))

    def visitor_cards_of(self, door: Device) -> tuple[int, ...]:
        """The cards of the others whom a door grants, ascending: guests and staff, in a staff room nobody."""
        return () if door in self.staff_doors else tuple(sorted([*self.guest_cards, *self.staff_cards]))

    def plan(self) -> dict[str, Any]:
        """The plan as `GET /api/estate` answers it; `greens` are polygons to draw beneath everything."""
        return {
            "id": self.id,
            "name": self.name,
            "width_m": self.width_m,
            "height_m": self.height_m,
            "buildings": [
                {
                    "id": building.id,
                    "name": {"en": building.name.en, "zh": building.name.zh},
                    "use": building.use,
                    "polygon": [list(xy) for xy in points(building.polygon)],
                    "cores": [{"id": core.id, "x": core.x, "y": core.y} for core in building.cores],
                    "storeys": building.storeys,
                }
                for building in self._file.buildings
            ],
            "roads": [[list(xy) for xy in points(line)] for road in self._file.roads for line in road.lines],
            "gates": [
                {"name": {"en": gate.name.en, "zh": gate.name.zh}, "x": gate.x, "y": gate.y}
                for gate in self._file.gates
            ],
            "greens": [[list(xy) for xy in points(green)] for green in self._file.greens],
            "devices": [
                {key: getattr(device, key) for key in ("id", "kind", "name", "x", "y", "z", "building", "core", "unit")}
                for device in self.devices
            ],
        }

    @property
    def area_m2(self) -> float:
        """The ground of the site."""
        return self.width_m * self.height_m

    @property
    def road_length_m(self) -> float:
        """The length of all drives and paths."""
        return sum(geometry.length_m(points(line)) for road in self._file.roads for line in road.lines)


def _near(word: str, known: Collection[str]) -> str:
    close = nearest(word, known).partition(" known:")[0] if len(known) else ""
    return close if close.startswith("did you") else f"there are {len(known)}"
