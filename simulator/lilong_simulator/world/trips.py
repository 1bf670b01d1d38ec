"""Who wants to pass which doors when: the people of a core, the staff of a plant room, and who forces a door.

Calibration: coming home takes a card at the gate and at the lobby, going out a button at the lobby and
a card at the gate. With T trips a day each way that is 3 T reads and 4 T door cycles; 9,000 reads give T = 3,000
less what is denied, which on the reference curves is 645 reads an hour at 07:00 and 1,005 at 18:00. What is left of
the 12,000 cycles are visitors whom somebody lets in with the lobby's release button. Staff rooms come on top of
the estate's rates, so that one more room changes nobody's life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lilong_simulator.estate import Device, Estate
from lilong_simulator.random_streams import Streams
from lilong_simulator.world.arrivals import Arrivals
from lilong_simulator.world.doors import Passage, passage

GUESTS = 2_300 / 6_800  # couriers and visitors among those who cross the boundary
GARAGE = 0.2  # who comes through the basement
WALK_MS = (60_000, 150_000)  # from gate to lobby
AWAY_MS = 300_000  # who has passed is not back before
TRIES = 20  # to find somebody who is not under way, in a core of very few
STAY_MS = (300_000, 1_500_000)  # of staff in a plant room
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Volume:
    """What the whole estate does in a working day."""

    trips: float
    """Of people with a card, each way."""
    visits: float
    denied: float
    staff: float
    """Per staff door."""
    hold: float
    """The chance that a passage ends in a held-open door."""

    @staticmethod
    def of(estate: Estate) -> Volume:
        """Trips, visits and denied reads that add up to the estate's daily reads and door cycles."""
        rates = estate.rates
        gates, lobbies = bool(estate.gates), any(estate.doors_of_core(core) for core in estate.cores)
        trips = rates.credential_reads * (1 - rates.denied_share) / max(1, 2 * gates + lobbies)
        visits = max(0.0, rates.door_cycles - trips * 2 * (gates + lobbies))
        hold = rates.held_open / rates.door_cycles if rates.door_cycles else 0.0
        return Volume(trips, visits, rates.credential_reads * rates.denied_share, rates.staff_entries_per_door, hold)


class CorePeople:
    """The residents of one core and their visitors."""

    def __init__(self, estate: Estate, streams: Streams, core: int, volume: Volume) -> None:
        self._volume = volume
        self._lobbies = estate.doors_of_core(core)
        self._gates = tuple(estate.gates.values())
        self._cards = tuple(person.card for person in estate.residents if person.flat.core == core)
        self._guests = estate.guest_cards
        self._share = len(self._cards) / len(estate.residents)
        self._known = {*(person.card for person in estate.residents), *estate.guest_cards, *estate.staff_cards}
        self._arrivals = {
            habit: Arrivals(streams.stream(f"core{core}", f"when {habit}"))
            for habit in ("in", "out", "visit", "denied")
        }
        self._stream = {habit: streams.stream(f"core{core}", habit) for habit in self._arrivals}
        self._passed: dict[int, int] = {}  # by card: when its owner last set out

    def passages(self, from_ms: int, to_ms: int, share_in: float, share_out: float) -> Iterator[Passage]:
        """The passages of those who set out in a block; `share_in`, `share_out`: the block's shares of the day."""
        volume = self._volume
        for at in self._when("in", from_ms, to_ms, volume.trips * share_in):
            yield from self._come_home(at)
        for at in self._when("out", from_ms, to_ms, volume.trips * share_out):
            yield from self._go_out(at)
        for at in self._when("visit", from_ms, to_ms, volume.visits * share_in):
            if doors := self._lobby("visit") or self._gate("visit"):
                yield passage(self._stream["visit"], at, doors, "button", hold=volume.hold)
        for at in self._when("denied", from_ms, to_ms, volume.denied * share_in):
            if doors := self._gate("denied") or self._lobby("denied"):
                yield passage(self._stream["denied"], at, doors, "denied", self._strange_card())

    def _when(self, habit: str, from_ms: int, to_ms: int, expected: float) -> list[int]:
        return self._arrivals[habit].between(from_ms, to_ms, expected * self._share)

    def _come_home(self, at: int) -> Iterator[Passage]:
        stream, hold, card = self._stream["in"], self._volume.hold, self._card("in", at)
        walk = stream.between(*WALK_MS)
        if doors := self._gate("in"):
            yield passage(stream, at, doors, "card", card, hold)
        if doors := self._lobby("in"):
            yield passage(stream, at + walk, doors, "card", card, hold)

    def _go_out(self, at: int) -> Iterator[Passage]:
        stream, hold, card = self._stream["out"], self._volume.hold, self._card("out", at)
        walk = stream.between(*WALK_MS)
        if doors := self._lobby("out"):
            yield passage(stream, at, doors, "button", hold=hold)
        if doors := self._gate("out"):
            yield passage(stream, at + walk, doors, "card", card, hold)

    def _card(self, habit: str, at: int) -> int:
        """The card of somebody who was not under way just then: nobody is at one door twice in half a minute."""
        stream, passed = self._stream[habit], self._passed
        for _ in range(TRIES):
            card = stream.pick(self._guests if stream.chance(GUESTS) else self._cards)
            if abs(at - passed.get(card, -AWAY_MS)) >= AWAY_MS:
                break
        passed[card] = at
        return card

    def _strange_card(self) -> int:
        while (card := 1 + self._stream["denied"].below((1 << 30) - 1)) in self._known:
            pass
        return card

    def _lobby(self, habit: str) -> tuple[Device, ...]:
        """The lobby doors, the garage's first for some."""
        garage = self._stream[habit].chance(GARAGE)
        return self._lobbies[::-1] if garage else self._lobbies

    def _gate(self, habit: str) -> tuple[Device, ...]:
        """The leaves of one gate, a random one first."""
        if not self._gates:
            return ()
        leaves = self._stream[habit].pick(self._gates)
        first = self._stream[habit].below(len(leaves))
        return leaves[first:] + leaves[:first]


class StaffRounds:
    """Staff who go into one room with a card and come out by the button."""

    def __init__(self, estate: Estate, streams: Streams, door: Device, volume: Volume) -> None:
        self._door = (door,)
        self._cards = estate.staff_cards
        self._volume = volume
        self._arrivals = Arrivals(streams.stream(door.name, "when staff"))
        self._stream = streams.stream(door.name, "staff")

    def passages(self, from_ms: int, to_ms: int, share_in: float, _share_out: float) -> Iterator[Passage]:
        """The passages of those who come in a block, in and out again."""
        stream, hold = self._stream, self._volume.hold
        for at in self._arrivals.between(from_ms, to_ms, self._volume.staff * share_in):
            yield passage(stream, at, self._door, "card", stream.pick(self._cards), hold)
            yield passage(stream, at + stream.between(*STAY_MS), self._door, "button", hold=hold)


def forcings(estate: Estate, streams: Streams, ordinal: int, midnight_ms: int) -> Iterator[Passage]:
    """Who opens a door by force on one day, at any hour."""
    for door in estate.of_kind("door"):
        if streams.chance(estate.rates.forced_per_door_month / MONTH_DAYS, door.name, "forced", ordinal):
            stream = streams.stream(door.name, "forced", ordinal)
            yield passage(stream, midnight_ms + stream.below(86_400_000), (door,), "force")
