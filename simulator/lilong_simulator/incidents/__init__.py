"""What goes wrong: each incident is a timeline as data, the code that drives the world, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.incidents.kitchen_fire import KitchenFire
from lilong_simulator.incidents.morning_rush import MorningRush

__all__ = ["INCIDENTS", "Incident", "IncidentError", "KitchenFire", "MorningRush", "Step", "find"]

INCIDENTS: dict[str, Callable[[], Incident]] = {
    "kitchen_fire": KitchenFire,
    "kitchen_fire_cut": KitchenFire.cut,
    "morning_rush": MorningRush,
}


def find(name: str) -> Incident:
    """The incident of a name with its standard parameters; an IncidentError lists the names there are."""
    if name in INCIDENTS:
        return INCIDENTS[name]()
    close = get_close_matches(name, INCIDENTS, 1)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    raise IncidentError(f'no incident is called "{name}"; {hint}known: {", ".join(sorted(INCIDENTS))}')
