"""Where an incident happens: devices of an estate, chosen by a name, a flat, a core, a road, or from another place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, model_validator

from ..estate import Device, Estate, Flat
from ..estate.tables import Slug, Table
from ..random_streams import draw
from .base import IncidentError

ROOTS = ("flat", "device", "core", "road", "feeder")  # what a person may choose otherwise
FOLLOWS = ("corridor_of", "way_out_of", "near")  # a place that comes of another one
RELEASED = ("cycle_gate", "vehicle_lane")  # what a fire opens besides the doors on the way out
NEAR_M = 40.0  # (ours) as long as a fence zone may be


class Place(Table):
    """One place. Of the first line exactly one key, or none for the whole estate; the others choose among those.

    `first`: so many, in the order of the estate. `draw`: so many by lot, the same ones whenever the estate is the same.
    `optional`: an estate may have none. `apart_from`: another place, from which all of it is at least `apart_m` away.
    """

    flat: Annotated[str, Field(pattern=r"^\d{1,4}/\d{2,5}$")] | None = None
    device: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None = None
    core: Annotated[int, Field(ge=1, le=9_999)] | None = None
    road: Slug | None = None
    feeder: Slug | None = None
    corridor_of: Slug | None = None
    way_out_of: Slug | None = None
    near: Slug | None = None

    kind: Slug | list[Slug] | None = None
    storeys_up: Annotated[int, Field(ge=-200, le=200)] = 0
    within_m: Annotated[float, Field(gt=0, le=10_000)] = NEAR_M
    first: Annotated[int, Field(ge=1, le=20_000)] | None = None
    draw: Annotated[int, Field(ge=1, le=20_000)] | None = None
    optional: bool = False
    apart_from: Slug | None = None
    apart_m: Annotated[float, Field(gt=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Place:
        if len(given := self.given) > 1:
            raise ValueError(f"has {' and '.join(given)}; choose one of {', '.join((*ROOTS, *FOLLOWS))}")
        if self.first is not None and self.draw is not None:
            raise ValueError("has first and draw; choose one of them")
        if (self.apart_from is None) != (self.apart_m is None):
            raise ValueError("has apart_from or apart_m alone; give both of them or none")
        if not given and self.kind is None:
            raise ValueError(f"is nowhere; say one of {', '.join((*ROOTS, *FOLLOWS))}, or a kind")
        return self

    @property
    def given(self) -> list[str]:
        return [key for key in (*ROOTS, *FOLLOWS) if getattr(self, key) is not None]

    @property
    def follows(self) -> str | None:
        """The place that it comes of."""
        return self.corridor_of or self.way_out_of or self.near

    def moved(self, value: str) -> Place:
        """The same elsewhere; ValueError where it comes of another place."""
        if self.follows is not None:
            raise ValueError(f"comes of {self.follows}; choose that one")
        (key,) = self.given or ["device"]
        if key == "core":
            return Place.model_validate({**self.model_dump(), key: int(value)})
        return Place.model_validate({**self.model_dump(), key: value})


@dataclass(frozen=True)
class Places:
    """The places of one incident in one estate; IncidentError where the estate has none of them."""

    incident: str
    estate: Estate
    places: Mapping[str, Place]

    def flat(self, name: str) -> Flat:
        """The flat of a place that is one."""
        place = self.places[name]
        if place.flat is None:
            raise IncidentError(f"{self.incident}: {name} is no flat; give it one, as flat = '3/1203'")
        try:
            return self.estate.flat(place.flat)
        except LookupError as error:
            raise IncidentError(f"{self.incident}: {error}; choose a flat of this estate") from None

    def devices(self, name: str) -> Sequence[Device]:
        """In the order of the estate."""
        place = self.places[name]
        kinds = many(place.kind)
        found = [device for device in self._there(name, place) if not kinds or device.kind in kinds]
        if place.draw is not None:
            ranks = {device.id: draw(0, self.estate.id, self.incident, name, device.id) for device in found}
            chosen = set(sorted(ranks, key=ranks.__getitem__)[: place.draw])
            found = [device for device in found if device.id in chosen]
        elif place.first is not None:
            found = found[: place.first]
        if not found and not place.optional:
            words = " or ".join(kinds) or "such"
            raise IncidentError(
                f"{self.incident}: {self.estate.id} has no {words} device at {self._words(name, place)}; choose "
                f"another place, or raise the adoption of {words}"
            )
        self._apart(name, place, found)
        return found

    def _apart(self, name: str, place: Place, found: Sequence[Device]) -> None:
        if place.apart_from is None or place.apart_m is None:
            return
        for one in found:
            for other in self.devices(place.apart_from):
                if (far_m := _apart_m(one, other)) < place.apart_m:
                    raise IncidentError(
                        f"{self.incident}: {name} is {one.name}, {far_m:.0f} m from {other.name}, and must be "
                        f"{place.apart_m:g} m from {place.apart_from}; choose another place"
                    )

    def stem(self, name: str) -> str:
        """How the names of its devices begin, of a flat or a corridor."""
        place = self.places[name]
        if place.corridor_of is None:
            return self.flat(name).stem
        flat = self.flat(place.corridor_of)
        return f"core{flat.core}/{flat.storey + place.storeys_up:02d}F/corridor"

    def _there(self, name: str, place: Place) -> Iterator[Device]:
        estate = self.estate
        if place.flat is not None or place.corridor_of is not None:
            stem = self.stem(name)
            yield from (one for one in estate.devices if one.name.rpartition("/")[0] == stem)
        elif place.device is not None:
            yield from self._named(many(place.device), place.optional)
        elif place.core is not None:
            yield from (one for one in estate.devices if one.core == place.core)
        elif place.road is not None:
            yield from (one for one in estate.devices if one.name.startswith(f"{place.road}/"))
        elif place.feeder is not None:
            yield from (one for one in estate.devices if one.feeder == place.feeder)
        elif place.way_out_of is not None:
            yield from estate.escape_doors(self._core(place.way_out_of))
            yield from (one for one in estate.devices if one.kind in RELEASED and one.core is None)
        elif place.near is not None:
            centres = self.devices(place.near)
            yield from (
                one for one in estate.devices
                if one not in centres and any(_apart_m(one, centre) <= place.within_m for centre in centres)
            )  # fmt: skip
        else:
            yield from estate.devices

    def _named(self, names: Sequence[str], optional: bool) -> Iterator[Device]:
        for name in names:
            if "*" in name:
                yield from (one for one in self.estate.devices if fnmatchcase(one.name, name))
                continue
            try:
                yield self.estate.device(name)
            except LookupError as error:
                if not optional:
                    raise IncidentError(f"{self.incident}: {error}; choose a device of this estate") from None

    def _core(self, name: str) -> int:
        if self.places[name].flat is not None:
            return self.flat(name).core
        core = self.devices(name)[0].core
        if core is None:
            raise IncidentError(f"{self.incident}: {name} stands in no core; choose a place in one")
        return core

    def _words(self, name: str, place: Place) -> str:
        if place.flat is not None or place.corridor_of is not None:
            return self.stem(name)
        for key in place.given:
            return f"{key} {', '.join(many(str(getattr(place, key))))}"
        return "any place"


def _apart_m(one: Device, other: Device) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


def many(value: str | Sequence[str] | None) -> Sequence[str]:
    """What may be one, several or none, as several."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
