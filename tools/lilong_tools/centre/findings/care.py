"""A wearer has called, fallen or not moved, or it burns where somebody needs help to get out: an officer is sent.

What a household's care is for goes nowhere: that somebody is sent is all that is told.
"""

from lilong_protocol import codes
from lilong_protocol.pc.findings import DISPATCH

from ..alarms import Alarm
from .book import Book
from .site import Cell, Site

CALLS = frozenset((codes.ALARM_BAND_SOS, codes.ALARM_BAND_FALL, codes.ALARM_BAND_INACTIVE))
DANGERS = frozenset((codes.ALARM_SMOKE_ALARM, codes.ALARM_GAS_LEAK, codes.ALARM_GAS_CO))
NOBODY = Cell("", "on duty")  # where nobody has said whose cell it is


class Care:
    """A finding for each alarm, from its raise to its end."""

    def __init__(self, book: Book, site: Site) -> None:
        self._book = book
        self._site = site

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        if alarm.code not in CALLS and not (alarm.code in DANGERS and alarm.device in self._site.helpless):
            return
        found = self._book.open_of(DISPATCH, alarm.id)
        if alarm.cleared:
            if found is not None:
                self._book.clear(now_ms, found)
        elif found is None and alarm.uptime_ms is not None:
            cell = self._site.cell(alarm.device) or NOBODY
            self._book.begin(
                now_ms, DISPATCH, alarm.id, alarm.raised_at_ms, alarm.device, officer=cell.officer, cell=cell.name,
                cause=alarm.id,
            )  # fmt: skip
