"""Whether an estate has the places of an incident; and if not, at which of its own it can be played."""

from __future__ import annotations

from collections.abc import Iterator

from ..estate import Estate, Flat
from ..random_streams import Streams
from .base import Incident, IncidentError
from .place import Place, Places
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
    moved = dict(word.split("=", 1) for word in given.split(",") if word)
    places = dict(incident.content.places)
    for key, place in incident.content.places.items():
        if place.follows is None and not _has(estate, places, key):
            taken = [one.flat or one.device for one in places.values()]
            others = ((value, place.moved(value)) for value in _values(estate, place) if value not in taken)
            found = next((one for one in others if _has(estate, {**places, key: one[1]}, key)), None)
            if found is None:
                return None
            moved[key], places[key] = found
    try:
        incident.elsewhere(incident.name, list(moved.items())).story(estate, 0, Streams(0))
    except IncidentError:
        return None
    return f"{name}:{','.join(f'{key}={value}' for key, value in moved.items())}{at}{when}"


def _has(estate: Estate, places: dict[str, Place], key: str) -> bool:
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


def _values(estate: Estate, place: Place) -> Iterator[str]:
    """All that a place could be instead, what is most like it first."""
    if place.flat is not None:
        core, number = map(int, place.flat.split("/"))
        flats = sorted(estate.flats, key=lambda flat: (flat.core != core, abs(_number(flat) - number)))
        yield from (flat.key for flat in flats)
    elif place.core is not None:
        yield from map(str, estate.cores)
    elif place.feeder is not None:
        yield from estate.feeders
    elif place.device is not None:
        name = place.device if isinstance(place.device, str) else place.device[0]
        _, _, kind = name.rpartition("/")
        alike = [one.name for one in estate.devices if one.kind == kind]
        yield from sorted(alike, key=lambda other: name.split("/")[1:] != other.split("/")[1:])


def _number(flat: Flat) -> int:
    """The digits of its storey and of its door."""
    return int(flat.key.rpartition("/")[2])
