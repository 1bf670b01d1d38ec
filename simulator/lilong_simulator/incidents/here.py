"""Whether an estate has the places of an incident; and if not, at which of its own it can be played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ..estate import Estate, Flat
from ..random_streams import Streams
from .base import Incident, IncidentError
from .place import Place, Places, many
from .written import WrittenIncident


def touched(text: str, incident: Incident, estate: Estate) -> list[str]:
    """The names of the devices that an incident touches, asked for as `text`; an IncidentError says what could be
    asked for instead."""
    try:
        return incident.device_names(estate)
    except IncidentError as error:
        instead = elsewhere(text, incident, estate) if isinstance(incident, WrittenIncident) else None
        here = "" if instead is None else f"--incident {instead} has all that it needs here, "
        raise IncidentError(f"{error}; {here}--incident none goes without") from None


def elsewhere(text: str, incident: WrittenIncident, estate: Estate) -> str | None:
    """How to ask for it at places of this estate, where its own are not all there; None: there are none."""
    asked, at, when = text.partition("@")
    name, _, given = asked.partition(":")
    places = dict(incident.content.places)
    stems: dict[str, str] = {}
    moved: dict[str, str] = dict(word.split("=", 1) for word in given.split(",") if word)
    for key in incident.content.places:
        if places[key].follows is None and not _has(estate, places, key):
            found = _moved(estate, places, key, stems) or _both_moved(estate, places, key)
            if found is None:
                return None
            moved.update(found)
            for one, value in found.items():
                stems[str(places[one].device).rpartition("/")[0]] = value.rpartition("/")[0]
                places[one] = places[one].moved(value)
    try:
        incident.elsewhere(incident.name, list(moved.items())).story(estate, 0, Streams(0))
    except IncidentError:
        return None
    return f"{name}:{','.join(f'{key}={value}' for key, value in moved.items())}{at}{when}"


def _moved(
    estate: Estate, places: Mapping[str, Place], key: str, stems: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str] | None:
    """Where a place can be."""
    taken = [name for other, one in places.items() if other != key for name in many(one.flat or one.device)]
    for value in _values(estate, places[key], stems):
        if value not in taken and _has(estate, {**places, key: places[key].moved(value)}, key):
            return {key: value}
    return None


def _both_moved(estate: Estate, places: Mapping[str, Place], key: str) -> dict[str, str] | None:
    """The same, where it is too near to another one, which is moved too, to another core."""
    other = places[key].apart_from
    while other is not None and (follows := places[other].follows) is not None:
        other = follows
    if other is None or places[other].flat is None:
        return None
    tried = set()
    for flat in [one for one in estate.flats if not estate.household(one).confidential]:
        there = {**places, other: places[other].moved(flat.key)}
        if flat.core not in tried and _has(estate, there, other):
            tried.add(flat.core)
            found = {} if _has(estate, there, key) else _moved(estate, there, key)
            if found is not None:
                return {other: flat.key, **found}
    return None


def _has(estate: Estate, places: Mapping[str, Place], key: str) -> bool:
    """Whether there are devices at a place and at all that come of it."""
    known = Places(key, estate, places)
    try:
        if places[key].flat is not None:
            known.flat(key)
        for name, place in places.items():
            if key in (name, place.follows):
                known.devices(name)
    except IncidentError:
        return False
    return True


def _values(estate: Estate, place: Place, stems: Mapping[str, str]) -> Iterator[str]:
    """All that a place could be instead, what is most like it first. `stems`: how names began that begin otherwise."""
    if place.flat is not None:
        core, number = map(int, place.flat.split("/"))
        named = [flat for flat in estate.flats if not estate.household(flat).confidential]
        flats = sorted(named, key=lambda flat: (flat.core != core, abs(_number(flat) - number)))
        yield from (flat.key for flat in flats)
    elif place.core is not None:
        yield from map(str, estate.cores)
    elif place.feeder is not None:
        yield from estate.feeders
    elif place.device is not None:
        name = many(place.device)[0]
        stem, _, kind = name.rpartition("/")
        alike = [
            one.name for one in estate.devices
            if one.kind == kind and one not in estate.staff_doors and (one.core is not None) == name.startswith("core")
        ]  # fmt: skip
        with_it = stems.get(stem)  # a camera beside a fence zone, where that has been moved
        yield from sorted(alike, key=lambda other: (other.rpartition("/")[0] != with_it, _where(name) != _where(other)))


def _where(name: str) -> str:
    """Without the building, road or gate."""
    return name.partition("/")[2]


def _number(flat: Flat) -> int:
    """The digits of its storey and of its door."""
    return int(flat.key.rpartition("/")[2])
