"""Who comes and goes when, by which doors, gates and panels: the people of a core, and who forces a door.

Calibration: coming home takes a card at the gate and at the lobby, going out a button at the lobby and a card at the
gate. Couriers and visitors who call a flat have a card at the gate, and are let in at the lobby; one in ten has none
and calls from the gate. With T trips a day each way and C calls of the others that is 3 T + C reads; 9,000 reads less
what is denied, and 300 calls, give T = 2,840, which on the reference curves is 645 reads an hour at 07:00 and 1,005 at
18:00, and 12,000 door cycles. Where there are no panels what is left of the cycles are visitors whom somebody lets in
with the lobby's release button. Staff rooms come on top of the estate's rates, so that one more room changes nobody's
life.

Who comes by car passes a lane and the lobby in the basement, who comes by cycle a cycle gate, maybe a shed, and the
lobby. The read at a pedestrian gate that belongs to such a trip is somebody's who passes the gate and no lobby: on the
way to the mall or the lockers, or for a walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lilong_simulator.estate import Device, Estate
from lilong_simulator.random_streams import Stream, Streams
from lilong_simulator.world.arrivals import Arrivals
from lilong_simulator.world.calls import ANSWERED, Call, Panels, shares
from lilong_simulator.world.doors import Passage, passage
from lilong_simulator.world.driving import Driving
from lilong_simulator.world.lanes import Drive
from lilong_simulator.world.rides import Ride
from lilong_simulator.world.routines import likely, part_of
from lilong_simulator.world.ways import Span, Ways

GUESTS = 2_300 / 6_800  # couriers and visitors among those who cross the boundary
GARAGE = 0.2  # who comes through the basement, where nobody knows who comes by car
WALK_MS = (60_000, 150_000)  # from gate to lobby
AWAY_MS = 300_000  # who has passed is not back before
KEPT_MS = 7_200_000
TRIES = 20  # to find somebody who is not under way, in a core of very few
MONTH_DAYS = 30

Movement = Passage | Drive | Ride | Call


@dataclass(frozen=True, slots=True)
class Volume:
    """What the whole estate does in a working day."""

    trips: float
    """Of people with a card, each way."""
    visits: float
    """Without a card or a call."""
    calls: float
    denied: float
    staff: float
    """Per staff door."""
    hold: float
    """The chance that a passage ends in a held-open door."""

    @staticmethod
    def of(estate: Estate) -> Volume:
        """Trips, calls, visits and denied reads that add up to the estate's daily reads and door cycles."""
        rates = estate.rates
        gates, lobbies = bool(estate.gates), any(estate.doors_of_core(core) for core in estate.cores)
        panels = {panel.core for panel in estate.of_kind("intercom")}
        calls = rates.calls_per_flat * sum(flat.core in panels for flat in estate.flats)
        let_in = calls * shares(estate)[0]  # at the gate by the flat: they read no card
        reads = rates.credential_reads * (1 - rates.denied_share) - (calls - let_in) * gates
        trips = max(0.0, reads) / max(1, 2 * gates + lobbies)
        called = (calls - let_in) * gates + ANSWERED * (let_in + calls * lobbies)
        visits = rates.door_cycles - trips * 2 * (gates + lobbies) - called
        hold = rates.held_open / rates.door_cycles if rates.door_cycles else 0.0
        denied = rates.credential_reads * rates.denied_share
        return Volume(trips, max(0.0, visits), calls, denied, rates.staff_entries_per_door, hold)


class CorePeople:
    """The residents of one core, their vehicles and their visitors; `hour`: that in which the world begins."""

    def __init__(self, estate: Estate, streams: Streams, core: int, volume: Volume, ways: Ways, hour: int) -> None:
        self._volume = volume
        self._lobbies = estate.doors_of_core(core)
        self._gates = tuple(estate.gates.values())
        people = tuple(person for person in estate.residents if person.flat.core == core)
        self._cards = tuple(person.card for person in people)
        everybody = likely(estate)
        self._likely = {card: everybody[card] for card in self._cards}
        # A pass is in one hand at a time: each core's desk has its own, as far as there are enough.
        self._guests = estate.guest_cards[estate.cores.index(core) :: len(estate.cores)] or estate.guest_cards
        self._share = len(self._cards) / len(estate.residents)
        self._known = {*(person.card for person in estate.residents), *estate.guest_cards, *estate.staff_cards}
        self._panels = Panels(estate, core)
        with_panels = {panel.core for panel in estate.of_kind("intercom")}
        callable_flats = sum(flat.core in with_panels for flat in estate.flats)
        self._callers = self._panels.flats / max(1, callable_flats)
        self.driving = Driving(estate, streams, core, people, ways, hour)
        self._garage = GARAGE if not ways.cars else 0.0
        self._arrivals = {
            habit: Arrivals(streams.stream(f"core{core}", f"when {habit}"))
            for habit in ("in", "out", "visit", "call", "denied")
        }
        self._stream = {
            habit: streams.stream(f"core{core}", habit)
            for habit in (*self._arrivals, "way in", "way out", "others", "call where")
        }
        self._passed: dict[int, list[int]] = {}  # by card: when its owner has set out of late

    def passages(self, from_ms: int, to_ms: int, span: Span) -> Iterator[Movement]:
        """What those do who set out in a block."""
        volume = self._volume
        for at in self._when("in", from_ms, to_ms, volume.trips * span.share_in):
            yield from self._come_home(at, self._way("way in", span.car_in, span.cycle_in), span.hour)
        for at in self._when("out", from_ms, to_ms, volume.trips * span.share_out):
            yield from self._go_out(at, self._way("way out", span.car_out, span.cycle_out), span.hour)
        for at in self._when("visit", from_ms, to_ms, volume.visits * span.share_in):
            if doors := self._lobby("visit") or self._gate("visit"):
                yield passage(self._stream["visit"], at, doors, "button", hold=volume.hold)
        for at in self._arrivals["call"].between(from_ms, to_ms, volume.calls * span.share_call * self._callers):
            yield from self._call(at)
        for at in self._when("denied", from_ms, to_ms, volume.denied * span.share_in):
            if doors := self._gate("denied") or self._lobby("denied"):
                yield passage(self._stream["denied"], at, doors, "denied", self._strange_card())

    def _when(self, habit: str, from_ms: int, to_ms: int, expected: float) -> list[int]:
        return self._arrivals[habit].between(from_ms, to_ms, expected * self._share)

    def _way(self, habit: str, car: float, cycle: float) -> str:
        """"car", "cycle", or "" on foot."""
        if not car and not cycle:
            return ""
        drawn = self._stream[habit].below(1 << 53) * 2.0**-53
        return "car" if drawn < car else "cycle" if drawn < car + cycle else ""

    def _come_home(self, at: int, way: str, hour: int) -> Iterator[Movement]:
        stream, hold, card = self._stream["in"], self._volume.hold, self._card("in", at, hour)
        walk = stream.between(*WALK_MS)
        if doors := self._gate("in"):
            yield passage(stream, at, doors, "card", card, hold)
        trip = self.driving.comes(way, at, hour) if way else None
        if trip is not None:
            yield from trip.movements
            card, walk = self._driver(trip.card, at, hour), walk + trip.ms
        if doors := self._lobby("in", way):
            yield passage(stream, at + walk, doors, "card", card, hold)

    def _go_out(self, at: int, way: str, hour: int) -> Iterator[Movement]:
        stream, hold, card = self._stream["out"], self._volume.hold, self._card("out", at, hour)
        walk = stream.between(*WALK_MS)
        if doors := self._lobby("out", way):
            yield passage(stream, at, doors, "button", hold=hold)
        if doors := self._gate("out"):
            yield passage(stream, at + walk, doors, "card", card, hold)
        if way and (trip := self.driving.leaves(way, at + walk, hour)) is not None:
            yield from trip.movements

    def _call(self, at: int) -> Iterator[Movement]:
        """A courier or visitor: the gate, a panel, and the lobby where somebody answers."""
        stream, hold = self._stream["call"], self._volume.hold
        place = self._panels.elsewhere(self._stream["call where"])
        if place is not None and place.gate:  # who has no pass
            yield self._panels.call(stream, at, hold, place, stream.between(*WALK_MS))
            return
        if doors := self._gate("call"):
            yield passage(stream, at, doors, "card", self._free(stream, self._guests, at), hold)
        walk = stream.between(*WALK_MS)
        yield self._panels.call(stream, at + walk, hold, place, walk if place else 0)

    def _card(self, habit: str, at: int, hour: int) -> int:
        """The card of somebody who was not under way just then: nobody is at one door twice in half a minute."""
        stream = self._stream[habit]
        if stream.chance(GUESTS):
            return self._free(stream, self._guests, at)
        part = part_of(hour)
        for _ in range(TRIES):
            card = stream.pick(self._cards)
            if stream.chance(self._likely[card][part]) and self._is_free(card, at):
                return self._use(card, at)
        return self._free(stream, self._cards, at)

    def _free(self, stream: Stream, cards: Sequence[int], at: int) -> int:
        for _ in range(TRIES):
            card = stream.pick(cards)
            if self._is_free(card, at):
                return self._use(card, at)
        return self._use(max(cards, key=lambda one: self._since(one, at)), at)

    def _is_free(self, card: int, at: int) -> bool:
        return self._since(card, at) >= AWAY_MS

    def _since(self, card: int, at: int) -> int:
        """How far from `at` its owner sets out next or did last, ms."""
        return min((abs(at - used) for used in self._passed.get(card, ())), default=KEPT_MS)

    def _use(self, card: int, at: int) -> int:
        """A block's habits are drawn one after another, so its times do not only rise."""
        self._passed[card] = [*(used for used in self._passed.get(card, ()) if at - used < KEPT_MS), at]
        return card

    def _driver(self, card: int, at: int, hour: int) -> int:
        """The card at the lobby of who has parked: the driver's own, or another's who comes along."""
        if not card or not self._is_free(card, at):
            return self._card("others", at, hour)
        return self._use(card, at)

    def _strange_card(self) -> int:
        while (card := 1 + self._stream["denied"].below((1 << 30) - 1)) in self._known:
            pass
        return card

    def _lobby(self, habit: str, way: str = "") -> tuple[Device, ...]:
        """The lobby doors, the garage's first for who comes by car."""
        garage = self._stream[habit].chance(self._garage) or way == "car"
        return self._lobbies[::-1] if garage else self._lobbies

    def _gate(self, habit: str) -> tuple[Device, ...]:
        """The leaves of one gate, a random one first."""
        if not self._gates:
            return ()
        leaves = self._stream[habit].pick(self._gates)
        first = self._stream[habit].below(len(leaves))
        return leaves[first:] + leaves[:first]


def forcings(estate: Estate, streams: Streams, ordinal: int, midnight_ms: int) -> Iterator[Passage]:
    """Who opens a door by force on one day, at any hour."""
    for door in estate.of_kind("door"):
        if streams.chance(estate.rates.forced_per_door_month / MONTH_DAYS, door.name, "forced", ordinal):
            stream = streams.stream(door.name, "forced", ordinal)
            yield passage(stream, midnight_ms + stream.below(86_400_000), (door,), "force")
