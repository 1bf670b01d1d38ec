"""Strangers and replays: what the engine has refused, one finding for each device that it concerns."""

from lilong_protocol import topics
from lilong_protocol.pc import refusals
from lilong_protocol.pc.findings import REPLAY, UNKNOWN_DEVICE, Finding
from lilong_protocol.pc.received import Incident

from .book import Book
from .quiet import Quiet
from .site import Site

# By what was refused. A frame that a device's key has not sealed is a stranger's, whoever's topic it stands under.
OF_REASON = {
    refusals.UNKNOWN: UNKNOWN_DEVICE,
    refusals.FORGED: UNKNOWN_DEVICE,
    refusals.REPLAYED: REPLAY,
    refusals.BOOT_ROLLBACK: REPLAY,
    refusals.OTHER_BYTES: REPLAY,
    refusals.RETAINED: REPLAY,
}
APART = 16  # (ours) of a kind at a time; what more there are stands under one, so that a flood of names fills no list
MANY = "more"


class Security:
    """Findings from incidents."""

    def __init__(self, book: Book, site: Site, quiet: Quiet) -> None:
        self._book = book
        self._site = site
        self._quiet = quiet

    def incident(self, now_ms: int, incident: Incident) -> None:
        """Something was refused that somebody should look at."""
        what = OF_REASON.get(incident.reason)
        if what is None:
            return
        parts = topics.parse(incident.topic)
        subject = self._subject(what, MANY if parts is None else parts[1])
        found = self._book.open_of(what, subject)
        if found is None:
            device = subject if subject in self._site else ""
            claims = {} if device or subject == MANY else {"claims": subject}
            found = self._book.begin(now_ms, what, subject, incident.at_ms, device, reason=incident.reason, **claims)
        self._quiet.again(now_ms, found)

    def _subject(self, what: Finding, name: str) -> str:
        if self._book.open_of(what, name) is None and len(self._book.open(what)) >= APART:
            return MANY
        return name
