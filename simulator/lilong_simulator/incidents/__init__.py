"""What goes wrong: each incident is a timeline as data, the code that drives the world, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.incidents.kitchen_fire import KitchenFire
from lilong_simulator.incidents.morning_rush import MorningRush
from lilong_simulator.incidents.one_alarm import CAUSES, OneAlarm

__all__ = ["INCIDENTS", "Incident", "IncidentError", "KitchenFire", "MorningRush", "OneAlarm", "Step", "find"]

INCIDENTS: dict[str, Callable[[], Incident]] = {
    "kitchen_fire": KitchenFire,
    "kitchen_fire_cut": KitchenFire.cut,
    "morning_rush": MorningRush,
}


def find(name: str) -> Incident:
    """The incident of a name with its standard parameters; an IncidentError lists the names there are.

    The name of an alarm that a kind has a stimulus for is that alarm, at the first device of its kind.
    """
    if name in INCIDENTS:
        return INCIDENTS[name]()
    if name in CAUSES:
        return OneAlarm(name)
    close = get_close_matches(name, [*INCIDENTS, *CAUSES], 1)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    known = f"{', '.join(sorted(INCIDENTS))}, and alarms: {', '.join(sorted(CAUSES))}"
    raise IncidentError(f'no incident is called "{name}"; {hint}known: {known}')
