"""A feeder that is lost: what it feeds is gone while what has a battery beside it says that the mains are away.

Silence alone is not enough: a path that is cut silences those with a battery too. With that word a broken connection
counts as well, of which the broker tells long before a silence is one.
"""

from collections.abc import Iterable

from lilong_protocol import codes
from lilong_protocol.pc.findings import FEEDER_LOST, OFFLINE

from ..alarms import Alarm
from .book import Book, Found
from .site import Site

GONE_MIN = 3  # (ours) fewer are told one by one
TOLD_MS = 10_000  # (ours) between two lists of members
AFTER_MS = 300_000  # (ours) the mains are back for so long: who is silent still has another reason
MAINS = codes.ALARM_POWER_MAINS_LOSS
SILENT, BROKEN = "silent", "broken"  # why a device is gone


class Feeders:
    """Epoch ms. `deadline`: when `step` wants to be called, None when nothing waits."""

    def __init__(self, book: Book, site: Site) -> None:
        self._book = book
        self._site = site
        self._away: dict[str, dict[str, int]] = {}  # by feeder: the alarms that say so, and since when
        self._gone: dict[str, dict[str, set[str]]] = {}  # by feeder, in the order in which they went; why
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

    def gone(self, now_ms: int, device: str, why: str) -> None:
        """A device is silent, or its connection has broken."""
        feeder = self._site.feeder_of.get(device)
        if feeder is not None:
            self._gone.setdefault(feeder, {}).setdefault(device, set()).add(why)
            self._look(now_ms, feeder)

    def there(self, now_ms: int, device: str, why: str) -> None:
        """That is over."""
        feeder = self._site.feeder_of.get(device)
        gone = self._gone.get(feeder or "", {})
        if feeder is None or why not in gone.get(device, ()):
            return
        gone[device].discard(why)
        if not gone[device]:
            del gone[device]
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

    def restore(self, now_ms: int, gone: Iterable[tuple[str, str]], alarms: list[Alarm]) -> None:
        """After a restart: who is gone and why, and the open alarms; the findings themselves stand in the book."""
        for device, why in gone:
            if (feeder := self._site.feeder_of.get(device)) is not None:
                self._gone.setdefault(feeder, {}).setdefault(device, set()).add(why)
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
        """All that have gone: those that are back meanwhile stay in the list of what happened."""
        found = self._book.open_of(FEEDER_LOST, feeder)
        before = dict.fromkeys(() if found is None else found.detail["members"])
        return list(before | dict.fromkeys(self._gone.get(feeder, ())))

    def _look(self, now_ms: int, feeder: str) -> None:
        away, gone = self._away.get(feeder), self._gone.get(feeder, {})
        found = self._book.open_of(FEEDER_LOST, feeder)
        if found is None:
            if away and len(gone) >= GONE_MIN:
                self._begin(now_ms, feeder, min(away.values()))
        elif away:
            self._back.pop(feeder, None)
            if feeder not in self._grown and not gone.keys() <= set(found.detail["members"]):
                self._grown[feeder] = now_ms + TOLD_MS
        elif not gone:
            self._end(now_ms, feeder)
        else:
            self._back.setdefault(feeder, now_ms + AFTER_MS)

    def _begin(self, now_ms: int, feeder: str, since_ms: int) -> None:
        found = self._book.begin(
            now_ms, FEEDER_LOST, feeder, since_ms, feeder=feeder, members=list(self._gone[feeder])
        )
        for device in self._gone[feeder]:
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
        for device in self._gone.get(feeder, ()):
            if (single := self._book.open_of(OFFLINE, device)) is not None:
                self._book.mark(single, part_of=None)
