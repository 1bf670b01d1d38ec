"""All faults of a run on its timeline: which devices each touches, when it begins and ends, what follows from it.

A host calls `step` when `due` has come, tells it of links, and may ask for the backlog of a device.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lilong_protocol.registry import KIND

from ...estate import Device
from ...incidents import Incident
from . import Fault, FaultAsked, FaultError, Levers, made
from .base import CUT_OFF, STUCK
from .excuses import BACK_MS, Hindrance
from .outcome import Outcome
from .where import chosen

LOOK_MS = 1_000  # how often it is asked whether a backlog has drained
NEVER = float("inf")

Backlog = Callable[[str], int]


@dataclass(frozen=True)
class Planned:
    """A fault, and what it touches in each estate by its id, in the estate's order."""

    fault: Fault
    devices: Mapping[str, Sequence[Device]]


def plan(
    asked: Sequence[FaultAsked], estates: Mapping[str, Sequence[Device]], seed: int, whole: bool = True
) -> list[Planned]:
    """All faults of a run; FaultError for what no estate has. The same seed gives the same devices.

    whole: these are all estates; else those of one shard, which chooses in them what the whole run does.
    """
    planned = []
    for number, one in enumerate(asked):
        fault = made(one, number, seed)
        try:
            touched = chosen(dict(one.arguments), estates, seed, number, whole)
        except FaultError as error:
            raise FaultError(f"fault {one}: {error}", error.key) from None
        touched = {name: [one for one in devices if fault.touches(one)] for name, devices in touched.items()}
        if whole and not any(touched.values()):
            raise FaultError(f"fault {one}: touches no device; choose another place")
        planned.append(Planned(fault, touched))
    return planned


def incidents(planned: Sequence[Planned], estate: str) -> list[Incident]:
    """What faults do to the world of an estate."""
    found = [one.fault.incident(one.devices.get(estate, ())) for one in planned]
    return [incident for incident in found if incident is not None]


@dataclass
class _Running:
    planned: Planned
    devices: list[Device]
    outcome: Outcome
    watched: set[str]  # always-on devices: what a sleeping one does with its link says nothing
    lost_at: dict[str, float] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)  # devices whose backlog has not drained
    hindrances: dict[str, Hindrance] = field(default_factory=dict)
    began: bool = False
    ended: float | None = None


class Timeline:
    """`own`: the devices of this host, `online`: those with a link. Times in ms of the run's clock, world time 0 at
    `zero` of it. `real`: devices in processes of their own."""

    def __init__(
        self,
        planned: Sequence[Planned],
        own: set[str],
        levers: Levers,
        backlog: Backlog,
        online: Iterable[str] = (),
        zero: float = 0.0,
        real: Collection[str] = frozenset(),
    ) -> None:
        self._levers = levers
        self._backlog = backlog
        self._zero = zero
        self._running = []
        for one in planned:
            hosted = own.difference(real) if one.fault.SIMULATED else own
            devices = [device for there in one.devices.values() for device in there if device.id in hosted]
            watched = {device.id for device in devices if one.fault.LINKS and KIND[device.kind].link.always_on}
            outcome = Outcome(one.fault.NAME, str(one.fault.asked), len(devices))
            self._running.append(_Running(one, devices, outcome, watched))
        steps = [(one.planned.fault.at_ms, 1, at) for at, one in enumerate(self._running)]
        steps += [
            (one.planned.fault.at_ms + one.planned.fault.for_ms, 0, at) for at, one in enumerate(self._running)
        ]  # what ends at an instant ends before another begins
        self._steps = sorted(steps)
        self._offline = own.difference(online)
        self._look_at = NEVER
        self._burnt: set[str] = set()

    @property
    def due(self) -> float:
        """When it wants to be called again; NEVER: not at all."""
        wanted = self._zero + self._steps[0][0] if self._steps else NEVER
        return min(wanted, self._look_at)

    @property
    def waiting(self) -> bool:
        """A fault is on, or a device that lost its link by one is not back, or a backlog has not drained."""
        return any(one.began and (one.ended is None or one.lost_at or one.full) for one in self._running)

    @property
    def settled_by(self) -> float:
        """When everything must be as it was: so long after the last fault that began."""
        return max((one.ended + BACK_MS for one in self._running if one.ended is not None), default=0.0)

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in self._running]

    @property
    def hindrances(self) -> list[Hindrance]:
        """What kept devices from raising and from sending."""
        return [one for running in self._running for one in running.hindrances.values()]

    def step(self, now: float) -> None:
        """Do what is due."""
        while self._steps and self._zero + self._steps[0][0] <= now:
            _, begins, at = self._steps.pop(0)
            if begins:
                self._begin(now, self._running[at])
            else:
                self._end(now, self._running[at])
        if now >= self._look_at:
            self._look(now)

    def finish(self, now: float) -> None:
        """The run is over: what is still on ends, what has not begun never does."""
        self._steps.clear()
        for one in self._running:
            if one.began and one.ended is None:
                self._end(now, one)

    def link(self, at: float, device: str, up: bool) -> None:
        """The link of a device has come or gone."""
        if (device in self._offline) is not up:
            return  # as it was
        if up:
            self._offline.discard(device)
        else:
            self._offline.add(device)
        for one in self._running:
            if up:
                self._sendable(at, one, device)
            if device not in one.watched or not (one.began or self._is_at_broker(at, one)):
                continue
            if up:
                self._back(at, one, device)
            elif one.ended is None and device not in one.lost_at:
                one.lost_at[device] = at
                one.outcome.links_lost += 1

    def withheld(self, device: str) -> None:
        """A change of the world has been kept from a device, whose sensor is stuck."""
        for one in self._running:
            if one.began and one.ended is None and one.planned.fault.HINDERS == STUCK and device in one.hindrances:
                one.hindrances[device].counts = True

    def burnt(self, device: str) -> None:
        """It is never heard of again: nobody waits for it."""
        self._burnt.add(device)
        for one in self._running:
            hindrance = one.hindrances.get(device)
            if hindrance is not None and hindrance.why == CUT_OFF and hindrance.sendable is None:
                hindrance.end = None  # for ever: its link never came back
            one.lost_at.pop(device, None)
            one.full.discard(device)

    # ---- inside

    def _is_at_broker(self, at: float, one: _Running) -> bool:
        """Whether it has begun at the broker, by whoever holds that, and is only to be stepped here."""
        fault = one.planned.fault
        return fault.BROKER is not None and bool(self._steps) and at > self._zero + fault.at_ms

    def _begin(self, now: float, one: _Running) -> None:
        one.began = True
        fault = one.planned.fault
        one.outcome.at_ms = now
        if fault.HINDERS is not None:
            for device in filter(fault.hinders, one.devices):
                one.hindrances[device.id] = Hindrance(device.id, fault.HINDERS, now, counts=fault.HINDERS != STUCK)
        fault.begin(self._levers, one.devices)

    def _end(self, now: float, one: _Running) -> None:
        if not one.began or one.ended is not None:
            return
        one.ended = now
        outcome = one.outcome
        outcome.until_ms = now
        for device in one.devices if one.planned.fault.LINKS else ():
            waits = 0 if device.id in self._burnt else self._backlog(device.id)
            if waits:
                outcome.backlog += waits
                one.full.add(device.id)
        for hindrance in one.hindrances.values():
            if hindrance.device in self._burnt:
                continue  # it never ends
            hindrance.end = now
            hindrance.sendable = None if self._still_away(one, hindrance) else now
        one.planned.fault.end(self._levers, one.devices)
        tally = one.planned.fault.tally
        outcome.frames = {"frames": tally.frames, "lost": tally.lost, "duplicated": tally.duplicated,
                          "reordered": tally.reordered} if tally.frames else None  # fmt: skip
        self._look_at = now + LOOK_MS if one.full else self._look_at
        if not one.full and one.planned.fault.LINKS:
            outcome.drained_ms = 0.0

    def _back(self, at: float, one: _Running, device: str) -> None:
        lost = one.lost_at.pop(device, None)
        if lost is not None:
            since = lost if one.ended is None else max(lost, one.ended)
            one.outcome.reconnect.record(at - since)

    def _sendable(self, at: float, one: _Running, device: str) -> None:
        hindrance = one.hindrances.get(device)
        if hindrance is not None and hindrance.end is not None and hindrance.sendable is None:
            hindrance.sendable = at

    def _still_away(self, one: _Running, hindrance: Hindrance) -> bool:
        """Whether a device is without a link for the fault's sake when that ends. One that sleeps and has nothing to
        say is without one by itself, and has it when it wants it."""
        device = hindrance.device
        asleep = hindrance.why == CUT_OFF and device not in one.watched and device not in one.full
        return device in self._offline and not asleep

    def _look(self, now: float) -> None:
        left = False
        for one in self._running:
            if one.full and one.ended is not None:
                one.full = {device for device in one.full if self._backlog(device)}
                if not one.full:
                    one.outcome.drained_ms = now - one.ended
                left = left or bool(one.full)
        self._look_at = now + LOOK_MS if left else NEVER
