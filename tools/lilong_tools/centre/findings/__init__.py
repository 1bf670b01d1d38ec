"""What the centre concludes by itself, sans-io: the table is `lilong_protocol.pc.findings`."""

from collections.abc import Iterable
from typing import Any

from lilong_protocol.codes import Q_CREDENTIAL
from lilong_protocol.pc.findings import OFFLINE
from lilong_protocol.pc.message import Message
from lilong_protocol.pc.received import Incident

from ..alarms import Alarm
from ..model import Estate, Json
from ..outcome import Outcome
from .book import Book, Found
from .care import Care
from .feeders import BROKEN, SILENT, Feeders
from .passage import Passages
from .quality import Quality
from .quiet import Quiet
from .security import Security
from .silence import Silence
from .site import Site
from .weather import Weather

__all__ = ["Findings", "Found"]


class Findings:
    """All that may conclude something, and the book of what was found. Epoch ms."""

    def __init__(self, estate: Estate, outcome: Outcome, checks: bool = True) -> None:
        """checks: what devices say is checked, too."""
        self.site = Site(estate)
        self.book = Book(outcome)
        self._quiet = Quiet(self.book)
        self._feeders = Feeders(self.book, self.site)
        self._silence = Silence(self.book, self.site, self._feeders)
        self._security = Security(self.book, self.site, self._quiet)
        self._passages = Passages(self.book, self.site, self._quiet, outcome)
        self._care = Care(self.book, self.site)
        self._weather = Weather(self.book)
        self.quality = Quality(self.book, self.site, self._quiet) if checks else None

    # ---- in

    def session(self, now_ms: int, device: str, broken: bool, lost: bool, last_ms: int | None) -> None:
        """Whether the connection of a device has broken, as far as anybody knows, and whether its silence proves it."""
        if broken:
            self._feeders.gone(now_ms, device, BROKEN)
        else:
            self._feeders.there(now_ms, device, BROKEN)
        self._silence.session(now_ms, device, lost, last_ms)

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """An alarm is new or has changed."""
        self._silence.alarm(now_ms, alarm)
        self._feeders.alarm(now_ms, alarm)
        self._care.alarm(now_ms, alarm)

    def event(self, now_ms: int, device: str, code: int, values: dict[int, Any], at_ms: int, exact: bool) -> None:
        """An event whose turn has come, or that came late."""
        self._silence.event(now_ms, device, code, values, at_ms)
        self._passages.event(now_ms, device, code, values, at_ms, exact)

    def elsewhere(self, now_ms: int, device: str, values: dict[int, Any], at_ms: int) -> bool | None:
        """A door asks whether a card has just been used too far away; None: no answer would be in time."""
        return self._passages.elsewhere(now_ms, device, values.get(Q_CREDENTIAL), at_ms)

    def said(self, now_ms: int, message: Message) -> None:
        """A device has said something, in the order in which it came or, of events, in their own."""
        if self.quality is not None:
            self.quality.said(now_ms, message.device, message.frame, message.retained)

    def incident(self, now_ms: int, incident: Incident) -> None:
        """The engine has refused something."""
        self._security.incident(now_ms, incident)

    def rain(self, now_ms: int, tenths: int) -> None:
        """The weather service tells what fell in the last hour, in 0.1 mm."""
        self._weather.rain(now_ms, tenths)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        self._silence.step(now_ms)
        self._feeders.step(now_ms)
        self._quiet.step(now_ms)
        if self.quality is not None:
            self.quality.step(now_ms)

    # ---- out

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`; None when there is none."""
        checks = None if self.quality is None else self.quality.deadline
        due = self._silence.deadline, self._feeders.deadline, self._quiet.deadline, checks
        return min((at for at in due if at is not None), default=None)

    def shown_as(self, found: Found) -> Json:
        """As consoles get it."""
        return found.shown_as(self.site.placed(found.device).name if found.device else "")

    def list(self) -> list[Json]:
        """All that stand and the last that ended, oldest first."""
        return [self.shown_as(found) for found in self.book.all()]

    # ---- after a restart

    def restore(
        self, now_ms: int, rows: Iterable[Json], alarms: Iterable[Alarm], lost: Iterable[str], broken: Iterable[str]
    ) -> None:
        """Take back what was stored; `alarms`: the open ones, `lost`: who is silent, `broken`: whose link is."""
        self.book.restore(Found(**row) for row in rows if not row["device"] or row["device"] in self.site)
        open_ones = list(alarms)
        self._silence.restore(lost, open_ones)
        gone = [(found.device, SILENT) for found in self.book.open(OFFLINE)]
        self._feeders.restore(now_ms, [*gone, *((device, BROKEN) for device in broken)], open_ones)
        if self.quality is not None:
            self.quality.restore(self.book.all())
        for found in self.book.all():
            if not found.cleared:
                self._quiet.again(now_ms, found)

    def restore_used(self, rows: Iterable[Json]) -> None:
        """Take back where each card was used last."""
        self._passages.restore((row["credential"], row["at_ms"], row["device"]) for row in rows)
