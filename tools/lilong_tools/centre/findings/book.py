"""The findings of a centre: open ones and the last that ended, each with its row, its line in the feed, its look."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lilong_protocol.pc.findings import BY_NUMBER, Finding

from ..model import CentreError, Json, Row
from ..outcome import Outcome

ENDED_KEPT = 200


@dataclass
class Found:
    """A finding from its beginning to its end. Times are epoch ms; `detail`: what the table's module says beside.

    `subject`: what it is about, among findings of its kind; `device`: the one of the estate, "" when there is none.
    """

    id: str
    number: int
    subject: str
    device: str
    since_ms: int
    stored_at_ms: int
    detail: Json = field(default_factory=dict)
    shown_at_ms: int | None = None
    acknowledged_at_ms: int | None = None
    operator: str | None = None
    on_site_at_ms: int | None = None
    cleared_at_ms: int | None = None

    @property
    def what(self) -> Finding:
        return BY_NUMBER[self.number]

    @property
    def cleared(self) -> bool:
        return self.cleared_at_ms is not None

    def row(self) -> Row:
        return Row("finding", (
            self.id, self.number, self.subject, self.device, self.since_ms, self.stored_at_ms, self.detail,
            self.shown_at_ms, self.acknowledged_at_ms, self.operator, self.on_site_at_ms, self.cleared_at_ms,
        ))  # fmt: skip

    def feed(self, at_ms: int, event: str) -> Json:
        """A line of the observed feed."""
        return {
            "at": at_ms, "event": event, "alarm": self.id, "device": self.device, "code": self.number, "boot": 0,
            "seq": 0, "finding": self.what.name, "level": self.what.level, "since": self.since_ms, **self.detail,
        }  # fmt: skip

    def happened(self) -> list[Json]:
        """The lines of the feed that must be there by now."""
        times = {
            "stored": self.stored_at_ms, "shown": self.shown_at_ms, "acknowledged": self.acknowledged_at_ms,
            "on_site": self.on_site_at_ms, "cleared": self.cleared_at_ms,
        }  # fmt: skip
        return [self.feed(at_ms, event) for event, at_ms in times.items() if at_ms is not None]

    def shown_as(self, name: str) -> Json:
        """As consoles get it; `name`: of its device."""
        return {
            "id": self.id, "code": self.number, "finding": self.what.name, "level": self.what.level,
            "device": self.device, "name": name, "since": self.since_ms, "stored_at": self.stored_at_ms,
            "shown_at": self.shown_at_ms, "acknowledged": self.acknowledged_at_ms is not None,
            "acknowledged_at": self.acknowledged_at_ms, "operator": self.operator, "on_site_at": self.on_site_at_ms,
            "cleared": self.cleared, "cleared_at": self.cleared_at_ms, **self.detail,
        }  # fmt: skip


class Book:
    """One finding stands for one subject of its kind at a time: a device, a feeder, a card, an alarm."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._all: dict[str, Found] = {}
        self._open: dict[tuple[int, str], Found] = {}
        self._ended: dict[str, None] = {}
        self._changed: dict[str, Found] = {}

    def open_of(self, what: Finding, subject: str) -> Found | None:
        return self._open.get((what.number, subject))

    def open(self, what: Finding) -> list[Found]:
        return [found for (number, _), found in self._open.items() if number == what.number]

    def all(self) -> Iterator[Found]:
        """Every open one and the last that ended, in the order in which they were found."""
        return iter(self._all.values())

    def find(self, name: str) -> Found | None:
        return self._all.get(name)

    def get(self, name: str) -> Found:
        found = self._all.get(name)
        if found is None:
            raise CentreError(f"finding {name!r}: not in the list; use an id of GET /api/findings")
        return found

    def begin(
        self, now_ms: int, what: Finding, subject: str, since_ms: int, device: str = "", **detail: object
    ) -> Found:
        """A finding that does not stand yet for `subject`; `detail` goes into its line."""
        name = f"{what.name}-{device or subject}-{since_ms}"
        while name in self._all:  # the same thing again in the same millisecond
            name += "+"
        found = Found(name, what.number, subject, device, since_ms, now_ms, detail)
        self._all[name] = self._open[what.number, subject] = found
        self._outcome.feed(found.feed(now_ms, "stored"))
        self._touch(found)
        return found

    def update(self, now_ms: int, found: Found, **detail: object) -> None:
        """More is known of it."""
        found.detail |= detail
        self._outcome.feed(found.feed(now_ms, "updated"))
        self._touch(found)

    def mark(self, found: Found, **detail: object) -> None:
        """Something that consoles show and no feed has to tell again."""
        found.detail |= detail
        self._touch(found)

    def clear(self, now_ms: int, found: Found) -> None:
        """It is over."""
        if found.cleared:
            return
        found.cleared_at_ms = now_ms
        self._outcome.feed(found.feed(now_ms, "cleared"))
        self._file(found)
        self._touch(found)

    def acknowledge(self, now_ms: int, found: Found, operator: str) -> None:
        """A person takes notice, or accepts to go; a second one changes nothing."""
        if found.acknowledged_at_ms is None and not found.cleared:
            found.acknowledged_at_ms, found.operator = now_ms, operator
            self._outcome.feed(found.feed(now_ms, "acknowledged"))
            self._touch(found)

    def on_site(self, now_ms: int, found: Found, operator: str) -> None:
        """Who was sent is there; who says so without having accepted has accepted as well."""
        self.acknowledge(now_ms, found, operator)
        if found.on_site_at_ms is None and not found.cleared:
            found.on_site_at_ms = now_ms
            self._outcome.feed(found.feed(now_ms, "on_site"))
            self._touch(found)

    def shown(self, now_ms: int, found: Found, client: str) -> None:
        """A console has it on its screen; the first one counts."""
        if found.shown_at_ms is None:
            found.shown_at_ms = now_ms
            self._outcome.feed({**found.feed(now_ms, "shown"), "client": client})
            self._touch(found)

    def restore(self, rows: Iterable[Found]) -> None:
        """Take back what was stored, those that ended among them, oldest first."""
        for found in rows:
            self._all[found.id] = found
            if found.cleared:
                self._ended[found.id] = None
            else:
                self._open[found.number, found.subject] = found

    def take_changed(self) -> list[Found]:
        changed, self._changed = list(self._changed.values()), {}
        return changed

    # ---- inside

    def _touch(self, found: Found) -> None:
        self._changed[found.id] = found

    def _file(self, found: Found) -> None:
        del self._open[found.number, found.subject]
        self._ended[found.id] = None
        if len(self._ended) > ENDED_KEPT:
            eldest = next(iter(self._ended))
            del self._ended[eldest], self._all[eldest]
