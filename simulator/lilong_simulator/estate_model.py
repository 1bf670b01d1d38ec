"""What people write in an estate file: the tables and keys of the TOML, their units and their bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Metres = Annotated[float, Field(ge=0, le=100_000)]
XY = Annotated[list[Metres], Field(min_length=2, max_length=2)]
Line = Annotated[list[XY], Field(min_length=2, max_length=500)]
Polygon = Annotated[list[XY], Field(min_length=3, max_length=500)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
FlatKey = Annotated[str, Field(pattern=r"^\d{1,4}/\d{2,5}$")]
Storey = Annotated[int, Field(ge=-9, le=200)]
Count = Annotated[int, Field(ge=0, le=20_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=1, le=400 * 86_400)]
Curve = Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=24, max_length=24)]


class Table(BaseModel):
    """Every table: unknown keys are refused, and a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Name(Table):
    """A name in English and in Chinese."""

    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(min_length=1, max_length=80)]


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


class Spot(Table):
    """A place for one device, named by hand."""

    id: Slug
    x: Metres
    y: Metres
    z: Storey = 0
    building: Slug | None = None


class Rule(Table):
    """What every device rule may say; `beat_s`, `offline_s` and `mains` override the default of the kind.

    `mains`: its power comes from a feeder, with or without a standby battery. `fence`, of fence zones alone: what
    each has, in turn.
    """

    kind: Slug
    beat_s: Seconds | None = None
    offline_s: Seconds | None = None
    mains: bool | None = None
    fence: list[Literal["pulse", "tension", "both"]] = []


class OptionalRule(Rule):
    """A rule for devices that residents choose; `[adoption]` scales it."""

    optional: bool = False


class FlatsRule(OptionalRule):
    """One device in a share of the flats; `always` lists flats ("core/flat") that have one whatever the share."""

    where: Literal["flats"]
    share: Share = 1.0
    always: list[FlatKey] = []


class EldersRule(OptionalRule):
    """One device on each of `count` residents aged 60 or more, those over 80 three times as likely."""

    where: Literal["elders"]
    count: Count


class CorridorsRule(Rule):
    """One device a core and storey."""

    where: Literal["corridors"]


class LobbiesRule(Rule):
    """One device at each lobby of each core."""

    where: Literal["lobbies"]
    lobbies: Annotated[list[Literal["ground", "basement"]], Field(min_length=1, max_length=2)]


class CoresRule(Rule):
    """One device in the riser of each core; with `label`, `each` of them, named by it and numbered."""

    where: Literal["cores"]
    label: Slug | None = None
    each: Annotated[int, Field(ge=1, le=50)] = 1


class FacadesRule(Rule):
    """`each` devices at the foot of every residential building, most before its longest sides."""

    where: Literal["facades"]
    each: Annotated[int, Field(ge=1, le=50)]


class GatesRule(Rule):
    """`each` devices side by side at every gate of one use, or one for each of its `ways`."""

    where: Literal["gates"]
    use: Literal["pedestrian", "vehicle"]
    each: Annotated[int, Field(ge=1, le=50)] | None = None
    ways: list[Literal["in", "out"]] = []


class BoundaryRule(Rule):
    """`count` devices, each for an equal stretch of the site's edge, clockwise from its north-west corner."""

    where: Literal["boundary"]
    count: Annotated[int, Field(ge=1, le=5000)]


class Row(Table):
    """`count` places evenly from end to end of a line."""

    id: Slug
    line: Line
    count: Annotated[int, Field(ge=1, le=5000)]
    z: Storey = 0
    building: Slug | None = None


class RowsRule(Rule):
    """One device at each place of each row: `label` and a number; rows of one `id` are numbered on."""

    where: Literal["rows"]
    label: Slug
    rows: Annotated[list[Row], Field(min_length=1, max_length=500)]


class BesideRule(Rule):
    """One device beside each of another kind, `of`, that the rules before it have placed."""

    where: Literal["beside"]
    of: Slug


class RoadsRule(Rule):
    """`count` devices spread evenly along the roads, `aside_m` from the middle line.

    `types` names them in turn; `both_sides` lets them change sides.
    """

    where: Literal["roads"]
    count: Count
    aside_m: Annotated[float, Field(ge=-50, le=50)] = 0.0
    both_sides: bool = False
    types: list[Slug] = []


class SpotsRule(Rule):
    """One device at each of the spots."""

    where: Literal["spots"]
    spots: Annotated[list[Spot], Field(min_length=1, max_length=5000)]


DeviceRule = Annotated[
    FlatsRule | EldersRule | CorridorsRule | LobbiesRule | CoresRule | FacadesRule | GatesRule | BoundaryRule
    | RoadsRule | RowsRule | SpotsRule | BesideRule,
    Field(discriminator="where"),
]


PerDay = Annotated[float, Field(ge=0, le=100)]
PerYear = Annotated[float, Field(ge=0, le=365)]


class Rates(Table):
    """How often things happen: totals of the estate per working day unless the name says otherwise.

    What has a default is by the unit, so that an older file has as much of it as the reference estate.
    """

    credential_reads: Rate
    door_cycles: Rate
    denied_share: Share
    staff_entries_per_door: Rate
    held_open: Rate
    forced_per_door_month: Rate
    cookings_per_household: Annotated[float, Field(ge=0, le=12)]
    smoke_nuisance: Rate
    gas_nuisance_per_detector_year: PerYear
    gas_whiffs_per_detector_year: PerYear
    sos_by_accident_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    sos_per_wearer_year: PerYear
    false_falls_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    cancelled_falls_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    knocks_per_wearer_week: Annotated[float, Field(ge=0, le=7)]
    falls_per_wearer_year: PerYear
    openings_per_cover_year: PerYear

    car_passages_per_bay: PerDay = 2.25
    """Through lanes, in and out: 900 of 400 bays."""
    plate_misread_share: Share = 0.02
    plate_misread_share_night: Share = 0.02
    """From 19:00 to 06:00. Under stress 0.1 by day and 0.2 by night."""
    cycle_passages_per_flat: PerDay = 1.8826
    """Through cycle gates, in and out, those of sheds not counted: 1,700 of 903 flats."""
    calls_per_flat: PerDay = 0.33223
    """At the panels of the flat's core: 300 of 903 flats."""
    ebikes_per_lobby_reader: PerDay = 0.3
    """That somebody takes up in the lift past a reader: (ours), nobody counts them; at most one a day."""
    bicycles_per_lobby_reader: PerDay = 0.2
    """Which may go in: (ours)."""
    ev_sessions_per_pile: PerDay = 1.2
    shed_sessions_per_socket: PerDay = 1.5
    parcels_per_flat: PerDay = 0.1
    """Into lockers, without a call before; 0.1 is assumed."""
    falling_objects_per_facade_camera_year: PerYear = 1.857
    """One a week before 28 cameras."""
    falling_nuisances_per_facade_camera: PerDay = 0.14286
    """Birds and leaves that are taken for objects: four a day before 28 cameras."""
    birds_per_facade_camera: PerDay = 0.4
    """That are not, in fair weather; 0.4 is assumed."""
    fence_touches_per_zone: PerDay = 0.1
    """Of nobody, long enough for an alarm, in fair weather; tenfold in wind and rain."""
    fence_brushes_per_zone: PerDay = 0.3
    """Too short for an alarm; likewise."""
    low_batteries_per_detector_year: PerYear = 0.2
    """Of smoke detectors: five years each."""
    faults_per_device_year: PerYear = 0.1752
    """A mean of 50,000 h between them."""
    lamp_failures_per_lamp_year: PerYear = 0.02
    lamp_silences_per_lamp_year: PerYear = 0.9125
    """Its control gear does not answer for a while: 0.2 a day of 80 lamps."""


def _curve(*shares: float) -> Any:
    return Field(default=list(shares), validate_default=True)


class Curves(Table):
    """Shares of a day's events per hour, 00 to 23, in percent; each sums to 100. The defaults are the reference's."""

    door_in: Curve
    door_out: Curve
    smoke_nuisance: Curve
    car_in: Curve = _curve(
        1.2, 0.6, 0.3, 0.2, 0.2, 0.4, 1.2, 2.5, 3.0, 3.0, 3.0, 4.0,
        4.5, 3.5, 3.0, 3.5, 5.5, 11.0, 16.0, 12.5, 8.0, 6.0, 4.0, 2.9,
    )  # fmt: skip
    car_out: Curve = _curve(
        0.5, 0.3, 0.2, 0.2, 0.3, 1.0, 6.0, 21.0, 15.5, 7.0, 5.0, 4.0,
        4.0, 5.0, 4.5, 4.0, 4.0, 4.5, 5.0, 4.0, 2.0, 1.0, 0.6, 0.4,
    )  # fmt: skip
    cycle: Curve = _curve(
        0.5, 0.2, 0.2, 0.2, 0.3, 1.0, 4.5, 11.5, 8.0, 4.0, 4.0, 7.5,
        7.0, 4.0, 3.5, 3.5, 5.0, 9.5, 10.5, 6.5, 4.0, 2.5, 1.3, 0.8,
    )  # fmt: skip
    call: Curve = _curve(
        0.3, 0.1, 0.1, 0.1, 0.1, 0.3, 1.0, 2.5, 4.5, 6.0, 7.0, 12.5,
        10.5, 5.5, 4.5, 5.0, 6.5, 9.5, 10.5, 7.0, 3.5, 1.8, 0.8, 0.4,
    )  # fmt: skip


class EstateFile(Table):
    """A whole estate file, after `estate_source` has laid it over the one that it extends."""

    extends: None = None
    id: Slug
    name: Name
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
