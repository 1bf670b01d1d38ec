"""What goes wrong: each incident is a file, read by `file`; `physics/` has what may happen in one, a model a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lilong_simulator.incidents.asked import Asked, parse
from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.incidents.file import built_in, file_of, is_path, read_incident
from lilong_simulator.incidents.one_alarm import CAUSES, OneAlarm
from lilong_simulator.incidents.written import WrittenIncident
from lilong_simulator.toml_files.errors import nearest

__all__ = [
    "CAUSES", "INCIDENTS", "Incident", "IncidentError", "OneAlarm", "Step", "WrittenIncident", "find", "read",
]  # fmt: skip


def read(name_or_path: str | Path) -> WrittenIncident:
    """The incident of a built-in file's name, or of a file by its path."""
    file = file_of(name_or_path)
    return WrittenIncident(file.stem, read_incident(file))


INCIDENTS: dict[str, Callable[[], Incident]] = {name: partial(read, name) for name in built_in()}


def find(text: str) -> Incident:
    """The incident that is asked for: `kitchen_fire`, `kitchen_fire@21:10`, `kitchen_fire:flat=5/0903@now`, or a file.

    The name of an alarm that a kind has a stimulus for is that alarm, at the first device of its kind. An
    IncidentError lists what there is.
    """
    asked = parse(text)
    incident = _named(asked)
    if asked.places or asked.when is not None:
        return incident.elsewhere(incident.name + text.removeprefix(asked.name), asked.places, asked.when)
    return incident


def _named(asked: Asked) -> Incident:
    name = asked.name
    if is_path(name):
        return read(name)
    if name in INCIDENTS:
        return INCIDENTS[name]()
    if name in CAUSES:
        return OneAlarm(name)
    hint = nearest(name, [*INCIDENTS, *CAUSES]).partition("known:")[0]
    known = f"{', '.join(sorted(INCIDENTS))}, and alarms: {', '.join(sorted(CAUSES))}"
    own = f"the file of that name is ./{name}.toml; " if Path(f"{name}.toml").is_file() else ""
    raise IncidentError(f'no incident is called "{name}"; {hint}{own}known: {known}')
