"""An incident as it is asked for: `kitchen_fire`, `kitchen_fire@21:10`, `kitchen_fire:flat=5/0903@now`, `mine.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from .base import IncidentError

POWERED_S = 70.0  # every device of a run has its power by then
FORM = "write NAME, NAME@21:10, NAME@now, NAME@+90 (seconds after the world began) or NAME:PLACE=VALUE@21:10"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_AFTER = re.compile(r"\+(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Asked:
    """`when`: a local time, or seconds after the world began, or None: as the incident says. `places`: by name."""

    name: str
    places: tuple[tuple[str, str], ...] = ()
    when: time | float | None = None


def parse(text: str) -> Asked:
    """IncidentError for what has not this form."""
    rest, at, wanted = text.partition("@")
    name, colon, given = rest.partition(":")
    if not name or (at and not wanted) or (colon and not given):
        raise IncidentError(f'no incident is called "{text}"; {FORM}')
    places: dict[str, str] = {}
    for word in given.split(",") if given else ():
        key, equals, value = word.partition("=")
        if not equals or not key or not value:
            raise IncidentError(f'"{text}": {word!r} is no place; {FORM}')
        if key in places:
            raise IncidentError(f'"{text}": {key} is given twice; leave one out')
        places[key] = value
    return Asked(name, tuple(places.items()), _when(text, wanted) if at else None)


def _when(text: str, wanted: str) -> time | float:
    if wanted == "now":
        return POWERED_S
    if after := _AFTER.fullmatch(wanted):
        return float(after[1])
    if clock := _CLOCK.fullmatch(wanted):
        try:
            return time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        except ValueError:
            pass
    raise IncidentError(f'"{text}": {wanted!r} is no time of day; {FORM}')
