"""Calls at a panel: a courier or visitor calls a flat, is answered or not, and is let in.

Most call at the lobby, where they come with a pass for the gate. Who has none calls from the gate's own panel, and the
flat opens both doors; some go to the guards, who announce them from the panel at their desk. Whoever does not answer in
time is passed over by the panel: flat, then app, then guard desk. Whom the panel does not let in does not pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lilong_firmware.call import ANSWERS, OPENS, RING_MS, SIDE_MS

from lilong_simulator.estate import Device, Estate
from lilong_simulator.random_streams import Stream
from lilong_simulator.world.doors import Passage, passage

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

ANSWERED = 0.75
AT_GATE, AT_DESK = 0.1, 0.03  # (ours) of the calls, and of the others, where an estate has panels there
RING_MEAN_MS, TALK_MEAN_MS = 12_000, 20_000  # of those that are answered; the limits are 60 and 120 s
LONGEST_MS = (RING_MS - 2_000, 118_000)
QUICK_MS = 2_000  # to pick up; to say who one is
GIVES_UP = 0.7  # who is not answered goes away before the panel does (assumed)
PRESS_MS = 300
APART_MS = 600  # from one side's ringing to the next one's, nobody picks up
GAP_MS = 6_000  # until the next one calls: for 5 s after it has let somebody in a panel is busy


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody who calls a flat. `answered_ms`, `talk_ms`: 0 where nobody answers; `patience_ms`: until they go then.

    `station`: what rings in the flat, where it has one. `entries`: the doors that who was let in passes, each so many
    ms after the call has opened the first.
    """

    at: int
    panel: Device
    flat: int
    station: Device | None
    answered_ms: int
    talk_ms: int
    patience_ms: int
    entries: tuple[tuple[int, Passage], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A panel outside of the cores: `gate`: the leaves of the gate at which it is; none: it is the guards'."""

    panel: Device
    gate: tuple[Device, ...]


def common(estate: Estate) -> tuple[list[Place], list[Place]]:
    """The panels at gates, and those at the guards' desks."""
    panels = [panel for panel in estate.of_kind("intercom") if panel.core is None]
    places = [Place(panel, estate.gates.get(panel.name.split("/")[0], ())) for panel in panels]
    return [place for place in places if place.gate], [place for place in places if not place.gate]


def shares(estate: Estate) -> tuple[float, float]:
    """Of all calls those at gates, of the others those at the guards' desks."""
    gates, desks = common(estate)
    return AT_GATE * bool(gates), AT_DESK * bool(desks)


class Panels:
    """The panels of one core, those that all cores share, and the flats that can be called there."""

    def __init__(self, estate: Estate, core: int) -> None:
        panels = [panel for panel in estate.of_kind("intercom") if panel.core == core]
        doors = {door.name.rsplit("/", 1)[0]: door for door in estate.doors_of_core(core)}
        self._panels = [(panel, doors.get(panel.name.rsplit("/", 1)[0])) for panel in panels]
        self._panels.sort(key=lambda place: -place[0].z)  # the ground floor first
        self._flats = tuple(flat for flat in estate.flats if flat.core == core) if panels else ()
        self._stations = {flat.key: estate.find(flat.stem, "indoor_station") for flat in self._flats}
        self._common = tuple(zip(shares(estate), common(estate), strict=True))

    @property
    def flats(self) -> int:
        """How many can be called."""
        return len(self._flats)

    def elsewhere(self, stream: Stream) -> Place | None:
        """At which gate or desk one calls who does not at the lobby."""
        for share, places in self._common:
            if share and stream.chance(share):
                return stream.pick(places)
        return None

    def call(self, stream: Stream, at: int, hold: float, place: Place | None = None, walk_ms: int = 0) -> Call:
        """Somebody calls one of the flats at the lobby's panel, or at a place from which they walk there if let in."""
        panel, door = self._panels[0]
        flat = stream.pick(self._flats)
        answered = stream.chance(ANSWERED)
        ring = _about(stream, RING_MEAN_MS, LONGEST_MS[0])
        side, rest = divmod(ring, SIDE_MS)
        ring = side * SIDE_MS + min(max(rest, APART_MS), SIDE_MS - APART_MS)
        talk = _about(stream, TALK_MEAN_MS, LONGEST_MS[1])
        patience = stream.between(15_000, RING_MS - 2_000) if stream.chance(GIVES_UP) else 0
        doors: list[tuple[int, tuple[Device, ...]]] = [(walk_ms, () if door is None else (door,))]
        if place is not None:
            panel = place.panel
            doors.insert(0, (0, place.gate))
        entries = tuple(
            (after, passage(stream, at, leaves, "button", hold=hold)) for after, leaves in doors if leaves
        )
        number, station = flat.number_at(panel.core), self._stations[flat.key]
        if not answered:
            return Call(at, panel, number, station, 0, 0, patience, ())
        return Call(at, panel, number, station, ring, talk, 0, entries)


def _about(stream: Stream, mean_ms: int, longest_ms: int) -> int:
    """Exponential beyond the quickest, cut at the longest, which takes 2 % of the mean at most."""
    while (ms := QUICK_MS + int(stream.exponential() * (mean_ms - QUICK_MS))) > longest_ms:
        pass
    return ms


class Calls:
    """What happens at all panels: one call at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._free: dict[str, int] = {}

    def perform(self, call: Call) -> list[Passage]:
        """Puts a call on the agenda; the doors that the caller then passes, if any."""
        world, panel = self._world, call.panel
        at = max(call.at, self._free.get(panel.id, 0))
        if not world.claims.free(panel.id, "call", at, at + RING_MS):
            return []
        rings_ms = min(call.answered_ms or call.patience_ms or SIDE_MS, SIDE_MS)
        if call.station is not None:
            world.change(at, call.station, "call", 1)
            world.change(at + rings_ms, call.station, "call", 0)
        world.change(at, panel, "call", call.flat)
        world.change(at + PRESS_MS, panel, "call", 0)
        if not call.answered_ms:
            ends = at + (call.patience_ms or RING_MS)
            if call.patience_ms:
                world.change(ends, panel, "cancel", 1)
                world.change(ends + PRESS_MS, panel, "cancel", 0)
            self._free[panel.id] = ends + GAP_MS
            return []
        answered, side = at + call.answered_ms, 1 + call.answered_ms // SIDE_MS  # flat, app, desk
        opened = answered + call.talk_ms
        world.change(answered, panel, "callee", side * 8 + ANSWERS)
        world.change(opened, panel, "callee", side * 8 + OPENS)
        self._free[panel.id] = opened + GAP_MS
        return [replace(entry, at=opened + after, panel=panel, called=opened) for after, entry in call.entries]
