"""Forwarding, sans-io: what is confirmed becomes a message that is posted again and again until its receipt is here.

One message for a place and what happens there, from its confirmation to the end of its last alarm. Its identifier
follows from its first alarm, so that a centre that has lost its memory tells the receiver nothing twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..alarms import Alarm
from ..findings.book import Book
from ..model import CentreError, Estate, Json, PlacedDevice, Post, Row
from ..outcome import Outcome
from .cap import ACTUAL, EXERCISE, alert
from .rules import RULES, Rule

ANSWER_MS = 5_000  # (ours) how long a receiver may take; then it is taken for silent
FIRST_RETRY_MS, LAST_RETRY_MS = 500, 60_000  # (ours) the first try again still keeps the 3 s of a confirmed fire
ENDED_KEPT = 200
WHY_CHARACTERS = 200
RECEIPT_CHARACTERS = 200


@dataclass
class Forwarded:
    """A message to the receiver. `place`: "core 3", or the name of a device; `operator`: who has confirmed it, None
    where independent detectors have. Times are epoch ms; `at_ms`: when it was confirmed."""

    id: str
    rule: str
    place: str
    at_ms: int
    operator: str | None
    alarms: list[str]
    message: str  # as it leaves, the same with every try
    tries: int = 0
    why: str = ""  # what the last try came to, while there is no receipt
    received_ms: int | None = None
    receipt: str = ""
    ended_ms: int | None = None
    due_ms: int | None = field(default=None, compare=False)  # when it is posted next

    def row(self) -> Row:
        return Row("forward", (
            self.id, self.rule, self.place, self.at_ms, self.operator, self.alarms, self.message, self.tries,
            self.why, self.received_ms, self.receipt, self.ended_ms,
        ))  # fmt: skip

    def shown_as(self) -> Json:
        return {
            "id": self.id, "rule": self.rule, "place": self.place, "confirmed_at": self.at_ms,
            "operator": self.operator, "alarms": self.alarms, "tries": self.tries, "why": self.why,
            "received_at": self.received_ms, "receipt": self.receipt, "ended_at": self.ended_ms,
        }  # fmt: skip


class Forwarding:
    """`receiver`: its name in records; "" while there is none, and nothing is forwarded then."""

    def __init__(
        self, estate: Estate, receiver: str, actual: bool, book: Book, outcome: Outcome,
        place_of: Callable[[str, str], str | None], confirmed: Callable[[str, str], list[str] | None],
        rules: Iterable[Rule] = RULES,
    ) -> None:  # fmt: skip
        """place_of: where an alarm of a device counts for a linkage; confirmed: the alarms by which a linkage acts at a
        place now."""
        self.receiver = receiver
        self._estate = estate
        self._status = ACTUAL if actual else EXERCISE
        self._devices = {device.id: device for device in estate.devices}
        self._book = book
        self._outcome = outcome
        self._place_of = place_of
        self._confirmed = confirmed
        self._rules = {code: rule for rule in rules for code in rule.alarms}
        self._by_name = {rule.name: rule for rule in self._rules.values()}
        self._alarms: dict[tuple[str, str], dict[str, Alarm]] = {}  # open ones, by rule and place
        self._open: dict[tuple[str, str], Forwarded] = {}
        self._all: dict[str, Forwarded] = {}
        self._waiting: dict[str, Forwarded] = {}  # without a receipt

    # ---- in

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """An alarm is new or has changed, and linkage has seen it."""
        rule = self._rules.get(alarm.code)
        if rule is None or not self.receiver:
            return
        key = (rule.name, self._place(rule, alarm.device))
        alarms = self._alarms.setdefault(key, {})
        if alarm.cleared:
            alarms.pop(alarm.id, None)
            if not alarms:
                del self._alarms[key]
                self._end(now_ms, key)
            return
        alarms[alarm.id] = alarm
        self._by_quorum(now_ms, rule, key)

    def confirm(self, now_ms: int, alarm: Alarm, operator: str) -> Forwarded:
        """A person says that an alarm is true. CentreError where nothing is forwarded; again is the same message."""
        rule = self._rules.get(alarm.code)
        if rule is None:
            raise CentreError(f"alarm {alarm.id!r}: its kind is forwarded to nobody")
        if not self.receiver:
            raise CentreError(f"alarm {alarm.id!r}: there is nobody to forward to; start the centre with --forward-to")
        if alarm.cleared:
            raise CentreError(f"alarm {alarm.id!r}: it is over")
        key = (rule.name, self._place(rule, alarm.device))
        if (known := self._open.get(key)) is not None:
            return known
        self._outcome.feed({**alarm.feed(now_ms, "confirmed"), "operator": operator})
        return self._begin(now_ms, key, [alarm.id], operator)

    def received(self, now_ms: int, name: str, receipt: str) -> None:
        """The receiver has the message, and says so; a second receipt changes nothing."""
        forwarded = self._waiting.pop(name, None)
        if forwarded is None:
            return
        forwarded.received_ms, forwarded.receipt, forwarded.why = now_ms, receipt[:RECEIPT_CHARACTERS], ""
        forwarded.due_ms = None
        self._changed(forwarded)
        rule = self._by_name[forwarded.rule]
        members = sorted({device.id for device in self._devices_of(forwarded)})
        found = self._book.begin(
            now_ms, rule.finding, forwarded.id, forwarded.at_ms, members[0] if len(members) == 1 else "",
            members=members, cause=forwarded.alarms, receiver=self.receiver, receipt=forwarded.receipt,
        )  # fmt: skip
        if forwarded.ended_ms is not None:
            self._book.clear(now_ms, found)

    def failed(self, now_ms: int, name: str, why: str) -> None:
        """A try came to nothing: it is posted again, ever later."""
        forwarded = self._waiting.get(name)
        if forwarded is not None:
            forwarded.why = why[:WHY_CHARACTERS]
            forwarded.due_ms = now_ms + min(LAST_RETRY_MS, FIRST_RETRY_MS << min(forwarded.tries - 1, 16))
            self._changed(forwarded)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        for forwarded in list(self._waiting.values()):
            if forwarded.due_ms is not None and forwarded.due_ms <= now_ms:
                self._post(now_ms, forwarded)

    # ---- out

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`; None when there is none."""
        return min((one.due_ms for one in self._waiting.values() if one.due_ms is not None), default=None)

    def shown_as(self) -> Json:
        """All that is under way or not over, and the last that ended; what a person may confirm."""
        return {
            "receiver": self.receiver, "codes": sorted(self._rules) if self.receiver else [],
            "forwarded": [one.shown_as() for one in self._all.values()],
        }  # fmt: skip

    # ---- after a restart

    def restore(self, now_ms: int, rows: Iterable[Json], alarms: Iterable[Alarm]) -> None:
        """Take back what was stored, oldest first, and the open alarms; what has no receipt is posted again."""
        for row in rows:
            forwarded = Forwarded(**row)
            self._all[forwarded.id] = forwarded
            if forwarded.received_ms is None and self.receiver:
                self._waiting[forwarded.id] = forwarded
                forwarded.due_ms = now_ms
            if forwarded.ended_ms is None:
                self._open[forwarded.rule, forwarded.place] = forwarded
        for alarm in alarms:
            rule = self._rules.get(alarm.code)
            if rule is not None and self.receiver:
                key = (rule.name, self._place(rule, alarm.device))
                self._alarms.setdefault(key, {})[alarm.id] = alarm

    def resume(self, now_ms: int) -> None:
        """After a restart: what was confirmed while there was no receiver, and still burns, is forwarded."""
        for name, place in list(self._alarms):
            self._by_quorum(now_ms, self._by_name[name], (name, place))

    # ---- inside

    def _by_quorum(self, now_ms: int, rule: Rule, key: tuple[str, str]) -> None:
        if rule.linkage and key not in self._open and (together := self._confirmed(rule.linkage, key[1])) is not None:
            self._begin(now_ms, key, list(together), None)

    def _place(self, rule: Rule, device: str) -> str:
        return (rule.linkage and self._place_of(rule.linkage, device)) or self._devices[device].name

    def _devices_of(self, forwarded: Forwarded) -> tuple[PlacedDevice, ...]:
        ids = dict.fromkeys(name.partition("-")[0] for name in forwarded.alarms)
        return tuple(self._devices[device] for device in ids if device in self._devices)

    def _begin(self, now_ms: int, key: tuple[str, str], alarms: list[str], operator: str | None) -> Forwarded:
        rule, place = key
        name = f"{self._estate.id}-{rule}-{min(alarms)}"
        if (known := self._all.get(name)) is not None:  # the same fire: its alarm was over for a moment
            known.ended_ms = None
            self._open[key] = known
            return known
        known_alarms = self._alarms.get(key, {})
        causes = [
            (self._devices[alarm.device], alarm.code, alarm.raised_at_ms)
            for alarm in (known_alarms[each] for each in alarms if each in known_alarms)
        ]  # fmt: skip
        message = alert(
            self._estate.id, name, self._by_name[rule], place, now_ms, operator, causes, self._estate, self._status
        )  # fmt: skip
        forwarded = Forwarded(name, rule, place, now_ms, operator, alarms, message)
        self._all[name] = self._open[key] = self._waiting[name] = forwarded
        self._post(now_ms, forwarded)
        return forwarded

    def _post(self, now_ms: int, forwarded: Forwarded) -> None:
        forwarded.tries += 1
        forwarded.due_ms = now_ms + ANSWER_MS + LAST_RETRY_MS  # whoever posts it says before that what came of it
        self._outcome.post(Post(forwarded.id, forwarded.message))
        self._changed(forwarded)

    def _end(self, now_ms: int, key: tuple[str, str]) -> None:
        forwarded = self._open.pop(key, None)
        if forwarded is None:
            return
        forwarded.ended_ms = now_ms
        self._changed(forwarded)
        for found in list(self._book.all()):
            if found.subject == forwarded.id and not found.cleared:
                self._book.clear(now_ms, found)
        over = [one.id for one in self._all.values() if one.ended_ms is not None and one.received_ms is not None]
        for name in over[:-ENDED_KEPT]:
            del self._all[name]

    def _changed(self, forwarded: Forwarded) -> None:
        self._outcome.row(forwarded.row())
        self._outcome.tell({"type": "forward", "forward": forwarded.shown_as()})
