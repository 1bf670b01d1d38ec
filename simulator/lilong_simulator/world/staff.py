"""Those who work in an estate: staff in its rooms, and the grid officers on their weekly round of all lobbies."""

from __future__ import annotations

from collections.abc import Iterator

from lilong_simulator.estate import Device, Estate
from lilong_simulator.random_streams import Stream, Streams
from lilong_simulator.world.arrivals import Arrivals
from lilong_simulator.world.doors import Passage, passage
from lilong_simulator.world.local_time import HOUR_MS, MINUTE_MS, LocalTime
from lilong_simulator.world.trips import AWAY_MS, KEPT_MS, WALK_MS, Volume
from lilong_simulator.world.ways import Span

STAY_MS = (300_000, 1_500_000)  # of staff in a plant room
WORKDAYS = 5
SETS_OUT_MS = (13 * HOUR_MS + 30 * MINUTE_MS, 14 * HOUR_MS + 30 * MINUTE_MS)  # (assumed)
VISIT_MS = (6 * MINUTE_MS, 18 * MINUTE_MS)  # in each core (assumed)


class Staff:
    """The cards of those who work in the rooms: each in one hand, so never at two doors at once."""

    def __init__(self, cards: tuple[int, ...]) -> None:
        self._cards = cards
        self._used: dict[int, list[int]] = {}

    def card(self, stream: Stream, at: int) -> int:
        """The card of somebody who is not elsewhere just then; with everybody elsewhere, of anybody."""
        first = stream.below(len(self._cards))
        order = self._cards[first:] + self._cards[:first]
        card = next((one for one in order if self._is_free(one, at)), order[0])
        self._used[card] = [*(used for used in self._used.get(card, ()) if used > at - KEPT_MS), at]
        return card

    def _is_free(self, card: int, at: int) -> bool:
        return all(abs(at - used) >= AWAY_MS for used in self._used.get(card, ()))


class StaffRounds:
    """Staff who go into one room with a card and come out by the button."""

    def __init__(self, streams: Streams, door: Device, staff: Staff, volume: Volume) -> None:
        self._door = (door,)
        self._staff = staff
        self._volume = volume
        self._arrivals = Arrivals(streams.stream(door.name, "when staff"))
        self._stream = streams.stream(door.name, "staff")

    def passages(self, from_ms: int, to_ms: int, span: Span) -> Iterator[Passage]:
        """The passages of those who come in a block, in and out again."""
        stream, hold = self._stream, self._volume.hold
        for at in self._arrivals.between(from_ms, to_ms, self._volume.staff * span.share_in):
            yield passage(stream, at, self._door, "card", self._staff.card(stream, at), hold)
            yield passage(stream, at + stream.between(*STAY_MS), self._door, "button", hold=hold)


class OfficersRound:
    """The grid officer of the estate's cell, one afternoon a week: in by a gate, from lobby to lobby, and out again."""

    def __init__(self, estate: Estate, streams: Streams, local: LocalTime) -> None:
        self._streams = streams
        self._local = local
        self._estate = estate.id
        self._weekday = streams.draw(estate.id, "officer's day") % WORKDAYS
        self._card = officer_and_staff(estate)[0]
        self._gates = tuple(estate.gates.values())
        self._lobbies = [lobbies[0] for core in estate.cores if (lobbies := estate.doors_of_core(core))]

    def passages(self, from_ms: int, to_ms: int, _: Span) -> Iterator[Passage]:
        """All of the round, if the officer sets out in this block."""
        local = self._local
        day = local.day(from_ms)
        if local.date(day).weekday() != self._weekday or not self._lobbies:
            return
        stream = self._streams.stream(self._estate, "officer", local.ordinal(day))
        at = local.midnight(day) + stream.between(*SETS_OUT_MS)
        if not from_ms <= at < to_ms:
            return
        gate = stream.pick(self._gates) if self._gates else ()
        if gate:
            yield passage(stream, at, gate, "card", self._card)
        for lobby in self._lobbies:
            at += stream.between(*WALK_MS) + AWAY_MS
            yield passage(stream, at, (lobby,), "card", self._card)
            at += stream.between(*VISIT_MS)
            yield passage(stream, at, (lobby,), "button")
        if gate:
            yield passage(stream, at + stream.between(*WALK_MS), gate, "card", self._card)


def officer_and_staff(estate: Estate) -> tuple[int, tuple[int, ...]]:
    """The card of the grid officer, and those of all others who work there, where there are others."""
    cards = estate.staff_cards
    return cards[-1], cards[:-1] or cards
