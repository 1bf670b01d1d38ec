"""How people pass doors: they read a card or press the button, open, close, and wait their turn at a busy door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from lilong_simulator.estate.parts import Device
from lilong_simulator.random_streams import Stream

Means = Literal["card", "button", "force", "denied"]
HELD_MS = 30_000  # door.held: open longer than this
PATIENCE_MS = 10_000  # who would wait longer takes another door
GAP_MS = 700  # from one person's closing to the next one's card
LOCKED_MS = 20_000  # after a passage, until an opening without card or button is surely forced
CARD_MS, BUTTON_MS = 400, 300  # how long a card is in the field, a button down
PROMPT_MS = 3_500
AGAIN_MS = 31_000  # who has gone in by a door is not before it again sooner: a door refuses a card that comes back


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody who wants to pass; `doors` in the order of preference, delays drawn beforehand.

    `panel`: whose lock presses the button, once it has been freed since `called`, ms of world time.
    """

    at: int
    doors: tuple[Device, ...]
    means: Means
    card: int
    push_ms: int
    open_ms: int
    panel: Device | None = None
    called: int = 0


@dataclass(frozen=True, slots=True)
class Cycle:
    """One use of a door as planned: `at` the card or button, `opened`, `closed` the contact (a denied card: neither).

    `panel`, `called`: as of its passage.
    """

    door: Device
    at: int
    means: Means
    card: int
    opened: int
    closed: int
    incident: str | None = None
    panel: Device | None = None
    called: int = 0

    @property
    def reads(self) -> bool:
        """Whether a card is read."""
        return self.card != 0

    @property
    def opens(self) -> bool:
        """Whether the door opens."""
        return self.means != "denied"

    @property
    def held(self) -> bool:
        """Whether the door is open for longer than allowed."""
        return self.closed - self.opened > HELD_MS

    def shut(self, open_ms: int = PROMPT_MS) -> Cycle:
        """The same cycle with the door open for `open_ms`."""
        return replace(self, closed=self.opened + open_ms)


def passage(
    stream: Stream, at: int, doors: tuple[Device, ...], means: Means, card: int = 0, hold: float = 0.0
) -> Passage:
    """A passage with the time to push and the time the door stays open, held with probability `hold`."""
    push = stream.between(1_000, 2_500) if means == "card" else stream.between(600, 1_500)
    opened = stream.between(45_000, 240_000) if stream.chance(hold) else stream.between(2_500, 4_500)
    if means == "force":
        push, opened = 0, stream.between(5_000, 20_000)
    elif means == "denied":
        opened = 0
    return Passage(at, doors, means, card, push, opened)


class Doorways:
    """Every door's next free moment: one person at a time, each opening a cycle of its own."""

    def __init__(self) -> None:
        self._free: dict[str, int] = {}
        self._went: dict[str, list[tuple[int, int]]] = {}  # by door: the cards of late, and when they opened it

    def resolve(self, passages: Iterable[Passage]) -> list[Cycle]:
        """The cycles of passages, which must come in the order of their times."""
        return [self._pass(who) for who in passages]

    def _pass(self, who: Passage) -> Cycle:
        free = self._free
        door = who.doors[0]
        if free.get(door.id, 0) > who.at + PATIENCE_MS:
            door = min(who.doors, key=lambda other: free.get(other.id, 0))
        wait = LOCKED_MS if who.means == "force" else 0
        at = max(who.at, free.get(door.id, 0) + wait)
        if who.means == "card":
            at = max([at, *(opened + AGAIN_MS for card, opened in self._went.get(door.id, ()) if card == who.card)])
        opened = at + who.push_ms
        cycle = Cycle(
            door, at, who.means, who.card, opened, opened + who.open_ms, panel=who.panel, called=who.called
        )  # fmt: skip
        self.occupy(cycle)
        return cycle

    def occupy(self, cycle: Cycle) -> None:
        """Nobody else uses the door before this cycle is over."""
        self._free[cycle.door.id] = max(self._free.get(cycle.door.id, 0), cycle.closed + GAP_MS)
        if cycle.means == "card":
            late = [went for went in self._went.get(cycle.door.id, ()) if went[1] > cycle.at - AGAIN_MS]
            self._went[cycle.door.id] = [*late, (cycle.card, cycle.opened)]
