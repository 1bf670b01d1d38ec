"""What people write in an estate file: its tables and keys, their units and their bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lilong_simulator.estate.rates import Curves, Rates
from lilong_simulator.estate.rules import DeviceRule
from lilong_simulator.estate.tables import Count, FlatKey, Line, Metres, Name, Polygon, Share, Slug, Table


class GridLevel(Table):
    """One level above the building: street, community, grid cell, or whatever a city calls it; and its officer."""

    level: Slug
    id: Slug
    name: Name
    officer: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class Site(Table):
    """The ground: a rectangle in metres, and where on Earth it lies."""

    width_m: Annotated[float, Field(gt=0, le=100_000)]
    height_m: Annotated[float, Field(gt=0, le=100_000)]
    latitude: Annotated[float, Field(ge=-60, le=60)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)]
    bays: Count = 0


class Population(Table):
    """Who lives and works there."""

    persons: Annotated[int, Field(ge=1, le=200_000)]
    aged_60: Annotated[int, Field(ge=0, le=200_000)]
    aged_80: Annotated[int, Field(ge=0, le=200_000)]
    guest_passes: Annotated[int, Field(ge=1, le=10_000)]
    staff: Annotated[int, Field(ge=1, le=10_000)]


class Households(Table):
    """What households want of their own: `confidential`, the share of them of which nothing may be told that names
    them, drawn, and flats that are confidential in any case; and flats that refuse kinds which residents choose."""

    confidential: Share = 0.02
    confidential_flats: list[FlatKey] = []
    opted_out: dict[FlatKey, list[Slug]] = {}


class Feeder(Table):
    """A feeder of the mains, with all that is in some buildings, and what has a name that begins with one of `places`;
    one that says neither has the rest."""

    id: Slug
    name: Name
    buildings: list[Slug] = []
    places: list[Slug] = []


class Core(Table):
    """A stair and lift core with its lobby; flats stand on storeys `from_storey` to the top."""

    id: Annotated[int, Field(ge=1, le=9999)]
    x: Metres
    y: Metres
    flats_per_storey: Annotated[int, Field(ge=1, le=40)]
    from_storey: Annotated[int, Field(ge=1, le=200)] = 1


class Building(Table):
    """A structure with its footprint."""

    id: Slug
    name: Name
    use: Literal["residential", "commercial"]
    polygon: Polygon
    storeys: Annotated[int, Field(ge=1, le=200)]
    cores: list[Core] = []


class Road(Table):
    """A drive or path, of one line or of several."""

    id: Slug
    lines: Annotated[list[Line], Field(min_length=1, max_length=500)]


class Gate(Table):
    """A way through the boundary."""

    id: Slug
    name: Name
    use: Literal["pedestrian", "vehicle"]
    x: Metres
    y: Metres


class EstateFile(Table):
    """A whole estate file, after `source` has laid it over the one that it extends.

    `anti_passback`: "estate" where doors ask their backend whether a card is elsewhere, before they open."""

    extends: None = None
    id: Slug
    name: Name
    anti_passback: Literal["local", "estate"] = "local"
    grid: list[GridLevel] = []
    site: Site
    population: Population
    households: Households = Households()
    adoption: dict[Slug, Share] = {}
    buildings: Annotated[list[Building], Field(min_length=1, max_length=500)]
    roads: list[Road] = []
    gates: list[Gate] = []
    feeders: list[Feeder] = []
    greens: list[Polygon] = []
    devices: list[DeviceRule] = []
    rates: Rates
    curves: Curves
