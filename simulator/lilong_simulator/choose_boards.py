"""Which devices of a live run are real MicroPython processes: one of every kind, where the incident is."""

from collections.abc import Collection, Iterable, Sequence

from .estate import KINDS, Device, Estate
from .incidents import Incident
from .incidents.stranger import victims
from .load.faults.timeline import Planned


def choose_boards(estate: Estate, incidents: Sequence[Incident], apart: Collection[str] = ()) -> list[Device]:
    """One device of each kind that the estate has: one the incidents touch, else the first of its kind.

    apart: ids of devices that must be simulated; a kind of which there are no others has no real one.
    """
    touched = [name for incident in incidents for name in incident.device_names(estate)]
    chosen = []
    for kind in KINDS:
        here = [device for device in map(estate.device, touched) if device.kind == kind]
        candidates = [device for device in (*here, *estate.of_kind(kind)) if device.id not in apart]
        chosen += candidates[:1]
    return chosen


def must_be_simulated(estate: Estate, incidents: Iterable[Incident], planned: Iterable[Planned]) -> set[str]:
    """The devices to which is done what cannot be done to a process: they lose power or link by a fault of the run,
    and the rest that faults do to simulated devices alone; or somebody listens to what they say, to say it again."""
    suffering = {
        device.id for one in planned if one.fault.SIMULATED for device in one.devices.get(estate.id, ())
    }
    return suffering | set(victims(estate, incidents))
