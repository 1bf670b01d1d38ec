"""One card at two doors, too far apart for the time between: one of them is a copy."""

from collections.abc import Iterable
from typing import Any

from lilong_protocol import codes
from lilong_protocol.pc.findings import IMPOSSIBLE_PASSAGE

from ..model import Row
from ..outcome import Outcome
from .book import Book
from .quiet import Quiet
from .site import Site

M_PER_S = 8.0  # (ours) nobody goes faster on foot or by bicycle, doors included
NEAR_M = 20.0  # (ours) readers side by side, whose clocks differ by a second or two
KEPT_MS = 120_000  # a kilometre
USES = frozenset((codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_DENIED, codes.EVENT_DOOR_PASSBACK))
LATE_MS = 2_000  # (ours) a question that is older: its door has decided by itself


class Passages:
    """Where each card was seen last; a restart forgets none of it."""

    def __init__(self, book: Book, site: Site, quiet: Quiet, outcome: Outcome) -> None:
        self._book = book
        self._outcome = outcome
        self._site = site
        self._quiet = quiet
        self._seen: dict[int, tuple[int, str]] = {}
        self._swept_ms = 0

    def event(self, now_ms: int, device: str, code: int, values: dict[int, Any], at_ms: int, exact: bool) -> None:
        """A door has told of a card. `exact` False: nobody knows when it was, so nothing follows from it."""
        card = values.get(codes.Q_CREDENTIAL)
        if code not in USES or not isinstance(card, int) or not exact:
            return
        before = self._seen.get(card)
        refused = values.get(codes.Q_DENIAL) == codes.DENIAL_ELSEWHERE
        if not refused and (before is None or at_ms >= before[0]):  # a copy moves nobody from where he was let in
            self._is(card, at_ms, device)
        self._sweep(now_ms)
        if before is None or not self._impossible(before, device, at_ms):
            return
        far_m, took_ms = self._site.apart_m(before[1], device), abs(at_ms - before[0])
        found = self._book.open_of(IMPOSSIBLE_PASSAGE, str(card))
        if found is None:
            first, second = sorted((before, (at_ms, device)))
            found = self._book.begin(
                now_ms, IMPOSSIBLE_PASSAGE, str(card), first[0], second[1], members=[first[1], second[1]],
                credential=card, apart_m=round(far_m), within_ms=took_ms,
            )  # fmt: skip
        self._quiet.again(now_ms, found)

    def elsewhere(self, now_ms: int, device: str, card: object, at_ms: int) -> bool | None:
        """A door asks whether a card has just been used where nobody can have come from; None: it waits no more.

        The question counts from when it is here, so that no clock but ours is asked. Who is nowhere else is there now.
        """
        if not isinstance(card, int) or now_ms - at_ms > LATE_MS:
            return None
        before = self._seen.get(card)
        if before is not None and self._impossible(before, device, now_ms):
            return True
        self._is(card, now_ms, device)
        return False

    def restore(self, used: Iterable[tuple[int, int, str]]) -> None:
        """Take back what was stored: (card, epoch ms, device), where the estate still has that door."""
        for card, at_ms, device in used:
            if device in self._site:
                self._seen[card] = at_ms, device

    def _is(self, card: int, at_ms: int, device: str) -> None:
        self._seen[card] = at_ms, device
        self._outcome.row(Row("used", (card, at_ms, device)))

    def _impossible(self, before: tuple[int, str], device: str, at_ms: int) -> bool:
        """Nobody gets from where the card was before to this door in that time."""
        far_m, took_ms = self._site.apart_m(before[1], device), abs(at_ms - before[0])
        return far_m > NEAR_M and far_m > M_PER_S * took_ms / 1000

    def _sweep(self, now_ms: int) -> None:
        """Cards of long ago are forgotten, now and then."""
        if now_ms >= self._swept_ms + KEPT_MS:
            self._swept_ms = now_ms
            self._seen = {card: seen for card, seen in self._seen.items() if seen[0] + KEPT_MS > now_ms}
