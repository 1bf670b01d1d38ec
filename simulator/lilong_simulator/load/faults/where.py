"""Which devices a fault touches: by feeder, gateway, kind, name, or a share of them, drawn by the seed.

A feeder is one that the estate's file names, on which its devices on the mains hang, or a part of one, the riser of a
core, `core3`. A gateway is such a riser too, as domain practice has it (one unit controller a core); what stands in a
building outside its cores hangs on the building, `b3`, and what stands in the open on `outdoors`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...estate import Device
from ...random_streams import draw
from ...wiring import place_of
from .asked import Argument, FaultError, unknown

SELECTORS = ("device", "estate", "feeder", "gateway", "kind", "share")


_OF: dict[str, Callable[[Device], tuple[str, ...]]] = {
    "feeder": lambda device: (place_of(device),) if device.feeder is None else (device.feeder, place_of(device)),
    "gateway": lambda device: (place_of(device),),
    "kind": lambda device: (device.kind,),
    "device": lambda device: (device.name, device.id),
}


def chosen(
    given: Mapping[str, Argument], estates: Mapping[str, Sequence[Device]], seed: int, number: int, whole: bool = True
) -> dict[str, list[Device]]:
    """The devices of each estate, by its id; FaultError where a name is nowhere. number: of the fault.

    whole: these are all estates of the run; else a name may be in another, and what is chosen does not depend on that.
    """
    wanted = given.get("estate")
    if wanted is not None and wanted not in estates and whole:
        raise FaultError(f"no estate {unknown(wanted, estates)}", "estate")
    found = {name: list(devices) for name, devices in estates.items() if wanted in (None, name)}
    for key, names in _OF.items():
        value = given.get(key)
        if value is None:
            continue
        known = {names(device)[0] for devices in found.values() for device in devices}
        found = {name: [one for one in devices if value in names(one)] for name, devices in found.items()}
        if whole and not any(found.values()):
            there = "among those of the arguments before it " if len(given) > 1 else ""
            raise FaultError(f"no {key} {there}{unknown(value, known)}", key)
    share = given.get("share")
    if isinstance(share, float) and share < 1:
        found = {name: _share(devices, share, seed, number) for name, devices in found.items()}
    return found


def _share(devices: list[Device], share: float, seed: int, number: int) -> list[Device]:
    """At least one, in the order in which they came."""
    ranks = {one.id: draw(seed, "fault", number, "share", one.id) for one in devices}
    kept = set(sorted(ranks, key=ranks.__getitem__)[: max(1, round(len(devices) * share))])
    return [one for one in devices if one.id in kept]
