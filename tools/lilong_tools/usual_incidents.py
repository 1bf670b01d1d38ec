"""The incidents of a run that names none: those that its estates have a place for."""

from __future__ import annotations

from collections.abc import Iterable

from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import IncidentError, WrittenIncident, find
from lilong_simulator.incidents.here import elsewhere

OTHERWISE = "smoke.alarm"  # where several estates have no place in common: the first smoke detector of each


def fitting(names: Iterable[str], estates: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that each estate, by name or path, has a place for; one estate alone at places of its own.

    Else OTHERWISE, where there is one.
    """
    places = [load_estate(name) for name in dict.fromkeys(estates)]

    def there(name: str) -> str | None:
        incident = find(name)
        try:
            for place in places:
                incident.device_names(place)
        except IncidentError:
            if len(places) > 1 or not isinstance(incident, WrittenIncident):
                return None
            return elsewhere(name, incident, places[0])
        return name

    return tuple(filter(None, map(there, names))) or tuple(filter(None, map(there, (OTHERWISE,))))
