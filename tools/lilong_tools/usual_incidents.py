"""The incidents of a run that names none: those that its estates have a place for."""

from __future__ import annotations

from collections.abc import Iterable

from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import IncidentError, find

OTHERWISE = "smoke.alarm"  # where a flat of the usual ones is not there: the first smoke detector of the estate


def fitting(names: Iterable[str], estates: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that each estate, by name or path, has a place for; else OTHERWISE, where there is one."""
    places = [load_estate(name) for name in dict.fromkeys(estates)]

    def fits(name: str) -> bool:
        try:
            for place in places:
                find(name).device_names(place)
        except IncidentError:
            return False
        return True

    return tuple(filter(fits, names)) or tuple(filter(fits, (OTHERWISE,)))
