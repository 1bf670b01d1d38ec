"""Where a scenario plays: estates by their copies, and the shards in which several processes share them.

All devices of all places stand in one sequence, places in the order of the scenario, devices in the order of their
estate. Shard i of n hosts the i-th of n contiguous ranges of it. It plays the whole world of each place of which it
hosts a device, since people and smoke know no shards; what the world does at a device, and what must come of it, is
told by the shard that hosts the device. So any number of shards gives the same truth and the same stimuli.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..estate import Device, Estate, load_estate
from ..incidents import Incident, IncidentError, find
from ..incidents.here import touched
from ..random_streams import draw
from .faults.timeline import incidents as from_faults
from .faults.timeline import plan
from .scenario import Copies, Scenario

EVENT_RATE_MAX = 20.0  # (ours) at 100 the same card is at one door twice before it may be, which the truth cannot know
_THERE = 0  # the seed of what does not depend on the run's


@dataclass(frozen=True, slots=True)
class Place:
    """One estate of a scenario. `devices`: those that are there, in the order of the estate.

    `copies`: for how many alike it stands; more than 1 only where nobody plays it. `first`: of its scenario.
    """

    estate: Estate
    copy: int
    seed: int
    devices: tuple[Device, ...]
    incidents: tuple[Incident, ...]
    copies: int = 1
    first: bool = True

    @property
    def tenant(self) -> str:
        return self.estate.id


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard hosts of a place, in the order of the estate."""

    place: Place
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """The `index`-th of `count` equal parts, from 0."""

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ValueError(f"shard {self.index} of {self.count}: give one from 0 to {self.count - 1}")

    def range_of(self, total: int) -> range:
        """Which of `total` things are this shard's; sizes differ by one at most."""
        return range(total * self.index // self.count, total * (self.index + 1) // self.count)


WHOLE = Shard()


def places_of(scenario: Scenario, alike: bool = False) -> list[Place]:
    """All places; raises EstateError, and IncidentError or FaultError where an incident or a fault has no place.

    alike: one place for the copies of each group, to reckon with: a city has too many to make them all.
    """
    copies: dict[str, int] = {}
    found = []
    for group in _alike(scenario.estates) if alike else scenario.estates:
        first = copies.get(group.estate, 0) + 1
        copies[group.estate] = first + group.copies - 1
        for copy in range(first, first + (1 if alike else group.copies)):
            place = _place(scenario, group, copy)
            found.append(replace(place, copies=group.copies) if alike else place)
    tenants: dict[str, Place] = {}
    for place in found:
        if place.tenant in tenants:
            raise IncidentError(f"two estates have the id {place.tenant!r}; each is a tenant of its own: rename one")
        tenants[place.tenant] = place
    planned = plan(scenario.faults, {tenant: place.devices for tenant, place in tenants.items()}, scenario.seed)
    return [
        replace(one, incidents=(*one.incidents, *from_faults(planned, one.tenant)), first=not number)
        for number, one in enumerate(found)
    ]


def parts_of(places: Sequence[Place], shard: Shard = WHOLE) -> list[Part]:
    """What a shard hosts; places of which it hosts nothing are left out."""
    mine = shard.range_of(sum(len(place.devices) for place in places))
    parts = []
    begins = 0
    for place in places:
        first, last = max(mine.start - begins, 0), min(mine.stop - begins, len(place.devices))
        if first < last:
            parts.append(Part(place, place.devices[first:last]))
        begins += len(place.devices)
    return parts


def _alike(groups: Iterable[Copies]) -> list[Copies]:
    """Those of one estate and one scale as one, wherever they lie."""
    found: dict[tuple[str, float], Copies] = {}
    for one in groups:
        known = found.get((one.estate, one.scale))
        found[one.estate, one.scale] = one if known is None else replace(known, copies=known.copies + one.copies)
    return list(found.values())


def _place(scenario: Scenario, group: Copies, copy: int) -> Place:
    estate = load_estate(
        group.estate, copy=copy, event_rate=min(scenario.rate, EVENT_RATE_MAX), grid=group.grid, officer=group.officer
    )
    chosen = tuple(find(name) for name in scenario.incidents)
    names: set[str] = set()
    for text, incident in zip(scenario.incidents, chosen, strict=True):
        names.update(touched(text, incident, estate))
    seed = scenario.seed if copy == 1 else draw(scenario.seed, "copy", copy) >> 1
    return Place(estate, copy, seed, tuple(_there(estate, group.scale, names)), chosen)


def _there(estate: Estate, scale: float, touched: set[str]) -> Iterator[Device]:
    """The devices that are there: what incidents touch, and a share that keeps all of a smaller one."""
    if scale >= 1:
        yield from estate.devices
        return
    count = max(1, round(len(estate.devices) * scale))
    ranks = {device.id: (device.name not in touched, draw(_THERE, device.id, "there")) for device in estate.devices}
    chosen = set(sorted(ranks, key=ranks.__getitem__)[: max(count, len(touched))])
    yield from (device for device in estate.devices if device.id in chosen)
