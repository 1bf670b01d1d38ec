"""A feeder that is lost: what it feeds falls silent while what has a battery beside it says that the mains are away.

Silence alone is not enough: a path that is cut silences those with a battery too.
"""

from lilong_protocol import codes
from lilong_protocol.pc.findings import FEEDER_LOST, OFFLINE

from ..alarms import Alarm
from .book import Book, Found
from .site import Site

SILENT_MIN = 3  # (ours) fewer are told one by one
TOLD_MS = 10_000  # (ours) between two lists of members
AFTER_MS = 300_000  # (ours) the mains are back for so long: who is silent still has another reason
MAINS = codes.ALARM_POWER_MAINS_LOSS


class Feeders:
    """Epoch ms. `deadline`: when `step` wants to be called, None when nothing waits."""

    def __init__(self, book: Book, site: Site) -> None:
        self._book = book
        self._site = site
        self._away: dict[str, dict[str, int]] = {}  # by feeder: the alarms that say so, and since when
        self._silent: dict[str, dict[str, None]] = {}  # by feeder, in the order in which they fell silent
        self._grown: dict[str, int] = {}  # feeders whose list has grown: when to tell
        self._back: dict[str, int] = {}  # feeders whose mains are back: when the rest has another reason

    @property
    def deadline(self) -> int | None:
        return min((*self._grown.values(), *self._back.values()), default=None)

    def lost(self, device: str) -> Found | None:
        """The finding of the feeder that a device has its power from."""
        feeder = self._site.feeder_of.get(device)
        return None if feeder is None else self._book.open_of(FEEDER_LOST, feeder)

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """The mains are away, or back, where a battery stands by."""
        feeder = self._site.feeder_of.get(alarm.device)
        if alarm.code != MAINS or feeder is None:
            return
        away = self._away.setdefault(feeder, {})
        if alarm.cleared or alarm.restored:
            away.pop(alarm.id, None)
        else:
            away[alarm.id] = alarm.raised_at_ms
        self._look(now_ms, feeder)

    def silent(self, now_ms: int, device: str) -> None:
        feeder = self._site.feeder_of.get(device)
        if feeder is not None:
            self._silent.setdefault(feeder, {})[device] = None
            self._look(now_ms, feeder)

    def heard(self, now_ms: int, device: str) -> None:
        feeder = self._site.feeder_of.get(device)
        if feeder is not None:
            self._silent.get(feeder, {}).pop(device, None)
            self._look(now_ms, feeder)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        for feeder in [one for one, due in self._grown.items() if due <= now_ms]:
            del self._grown[feeder]
            if (found := self._book.open_of(FEEDER_LOST, feeder)) is not None:
                self._book.update(now_ms, found, members=self._members(feeder))
        for feeder in [one for one, due in self._back.items() if due <= now_ms]:
            del self._back[feeder]
            self._end(now_ms, feeder)

    def restore(self, now_ms: int, silent: list[str], alarms: list[Alarm]) -> None:
        """After a restart: who is silent, and the open alarms; the findings themselves stand in the book."""
        for device in silent:
            if (feeder := self._site.feeder_of.get(device)) is not None:
                self._silent.setdefault(feeder, {})[device] = None
        for alarm in alarms:
            feeder = self._site.feeder_of.get(alarm.device)
            if alarm.code == MAINS and not alarm.restored and feeder is not None:
                self._away.setdefault(feeder, {})[alarm.id] = alarm.raised_at_ms
        for found in self._book.open(FEEDER_LOST):
            if self._away.get(found.subject):
                self._grown[found.subject] = now_ms
            else:
                self._back[found.subject] = now_ms + AFTER_MS

    # ---- inside

    def _members(self, feeder: str) -> list[str]:
        """All that have fallen silent: those that are back meanwhile stay in the list of what happened."""
        found = self._book.open_of(FEEDER_LOST, feeder)
        before = dict.fromkeys(() if found is None else found.detail["members"])
        return list(before | self._silent.get(feeder, {}))

    def _look(self, now_ms: int, feeder: str) -> None:
        away, silent = self._away.get(feeder), self._silent.get(feeder, {})
        found = self._book.open_of(FEEDER_LOST, feeder)
        if found is None:
            if away and len(silent) >= SILENT_MIN:
                self._begin(now_ms, feeder, min(away.values()))
        elif away:
            self._back.pop(feeder, None)
            if not silent.keys() <= dict.fromkeys(found.detail["members"]).keys():
                self._grown.setdefault(feeder, now_ms + TOLD_MS)
        elif not silent:
            self._end(now_ms, feeder)
        else:
            self._back.setdefault(feeder, now_ms + AFTER_MS)

    def _begin(self, now_ms: int, feeder: str, since_ms: int) -> None:
        found = self._book.begin(
            now_ms, FEEDER_LOST, feeder, since_ms, feeder=feeder, members=list(self._silent[feeder])
        )
        for device in self._silent[feeder]:
            self._part(device, found)

    def _part(self, device: str, found: Found) -> None:
        if (single := self._book.open_of(OFFLINE, device)) is not None:
            self._book.mark(single, part_of=found.id)

    def _end(self, now_ms: int, feeder: str) -> None:
        self._grown.pop(feeder, None)
        self._back.pop(feeder, None)
        found = self._book.open_of(FEEDER_LOST, feeder)
        if found is None:
            return
        self._book.clear(now_ms, found)
        for device in self._silent.get(feeder, ()):
            if (single := self._book.open_of(OFFLINE, device)) is not None:
                self._book.mark(single, part_of=None)
