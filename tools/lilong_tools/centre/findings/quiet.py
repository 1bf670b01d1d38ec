"""Findings that are over when nothing of the kind came for a while."""

from lilong_protocol.pc.agenda import Agenda

from .book import Book, Found


class Quiet:
    """Epoch ms. What is kept is the last time in RAM: after a restart the whole while begins anew."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._agenda = Agenda()
        self._last: dict[str, int] = {}

    @property
    def deadline(self) -> int | None:
        return self._agenda.deadline

    def again(self, now_ms: int, found: Found) -> None:
        """It has begun, or something of the kind came again."""
        if found.what.quiet_ms is not None:
            self._last[found.id] = now_ms
            self._agenda.plan(found.id, now_ms + found.what.quiet_ms)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        for name in self._agenda.due(now_ms):
            found = self._book.find(name)
            last_ms = self._last.get(name)
            if found is None or found.cleared or found.what.quiet_ms is None or last_ms is None:
                self._last.pop(name, None)
            elif last_ms + found.what.quiet_ms <= now_ms:
                del self._last[name]
                self._book.clear(now_ms, found)
            else:
                self._agenda.plan(name, last_ms + found.what.quiet_ms)
