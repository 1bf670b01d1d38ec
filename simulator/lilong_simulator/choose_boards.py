"""Which devices of a live run are real MicroPython processes: one of every kind, where the incident is."""

from collections.abc import Sequence

from .estate import KINDS, Device, Estate
from .incidents import Incident


def choose_boards(estate: Estate, incidents: Sequence[Incident]) -> list[Device]:
    """One device of each kind that the estate has: one the incidents touch, else the first of its kind."""
    touched = [name for incident in incidents for name in incident.device_names(estate)]
    chosen = []
    for kind in KINDS:
        here = [estate.device(name) for name in touched if estate.device(name).kind == kind]
        candidates = here or list(estate.of_kind(kind))
        if candidates:
            chosen.append(candidates[0])
    return chosen
