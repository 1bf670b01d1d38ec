"""The device rules of an estate file: where devices of a kind stand, and how many."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lilong_simulator.estate.tables import Count, FlatKey, Line, Metres, Seconds, Share, Slug, Storey, Table


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


class Spot(Table):
    """A place for one device, named by hand."""

    id: Slug
    x: Metres
    y: Metres
    z: Storey = 0
    building: Slug | None = None


class SpotsRule(Rule):
    """One device at each of the spots."""

    where: Literal["spots"]
    spots: Annotated[list[Spot], Field(min_length=1, max_length=5000)]


DeviceRule = Annotated[
    FlatsRule | EldersRule | CorridorsRule | LobbiesRule | CoresRule | FacadesRule | GatesRule | BoundaryRule
    | RoadsRule | RowsRule | SpotsRule | BesideRule,
    Field(discriminator="where"),
]
