"""What a fault excuses: a device that could not raise, and limits that count from when something could be done.

A row is judged as `definitions` says, but for devices that were hindered between its crossing and its limits:
- without power, or with a stuck sensor from which a change was kept, a device cannot raise. Not raised at all:
  excused, which is neither undetected nor a pass of a backend. Raised later: its limits count from the end of that.
- without power, cut off, or with a broker that is away or frozen, nothing can be sent. `local` keeps its limit;
  ingest, shown and acknowledged count from when it could have been sent: from the end of the fault, or from when the
  link was back, at most BACK_MS after it. What was raised and is not stored by the end of the drain is missed; but what
  a device raised that was cut off, and burnt before its link was back, nobody could have: it is excused.
- without power or with a stuck sensor a device does not see what goes before: a door that is opened by a card that it
  has not read is forced, as far as it knows. What it raises then, up to UNSEEN_MS later, is not false. After a boot
  that holds for what goes by something before alone (OPENED): any other alarm without a cause is the boot's, and false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from lilong_protocol import codes

from .base import CUT_OFF, STUCK, UNPOWERED

BACK_MS = 180_000  # (ours) all are online so long after a blackout: who takes longer is not excused for it
RULE_MS = 60_000  # (ours) what a rule may take to decide, where a row has no limit for it

UNSEEN_MS = 10_000  # (ours) from a card or a button to the opening that it allows
OPENED = (codes.ALARM_DOOR_FORCED, codes.ALARM_LANE_FORCED_OPEN, codes.ALARM_LOCKER_FORCED)

RAISE, SEND = (UNPOWERED, STUCK), (UNPOWERED, CUT_OFF)


@dataclass
class Hindrance:
    """What a device could not, from `begin` to `end` (None: to the run's end); `sendable`: its link was back.

    counts: it hindered anything at all; a stuck sensor of a still world does not.
    """

    device: str
    why: str
    begin: float
    end: float | None = None
    sendable: float | None = None
    counts: bool = True

    @property
    def could_send(self) -> float:
        """From when on a device is held to its limits again."""
        if self.end is None:
            return inf
        if self.why == STUCK:
            return self.end
        latest = self.end + BACK_MS
        return latest if self.sendable is None else min(self.sendable, latest)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Excuse:
    """why: of what comes first. raise_from, send_from: the instants from which limits count."""

    why: str | None
    raise_from: float
    send_from: float


class Excuses:
    """Of all devices of a run."""

    def __init__(self, hindrances: Iterable[Hindrance] = ()) -> None:
        self._of: dict[str, list[Hindrance]] = {}
        for one in sorted(hindrances, key=lambda one: one.begin):
            if one.counts:
                self._of.setdefault(one.device, []).append(one)

    def blinded(self, device: str, code: int, at: float) -> bool:
        """Whether a device had just not seen what its sensors could have told it, so that it raises this."""
        return any(
            (one.why == STUCK or (one.why == UNPOWERED and code in OPENED))
            and one.begin <= at and (one.end is None or at <= one.end + UNSEEN_MS)
            for one in self._of.get(device, ())
        )  # fmt: skip

    def booted(self, device: str, at: float) -> float | None:
        """For how long it had had its power again, up to UNSEEN_MS; None: it did not just boot."""
        since = [at - one.end for one in self._of.get(device, ()) if one.why == UNPOWERED and one.end is not None]
        return min((ms for ms in since if 0 <= ms <= UNSEEN_MS), default=None)

    def silences(self, device: str) -> list[tuple[float, float]]:
        """From when to when a device could not be heard; an end may be infinite."""
        return [(one.begin, one.could_send) for one in self._of.get(device, ()) if one.why in SEND]

    def silenced(self, device: str, decided: float) -> bool:
        """Whether a device could not be heard when it decided, and never was again: it burnt meanwhile."""
        away = (one for one in self._of.get(device, ()) if one.why in SEND)
        return any(one.begin <= decided and one.could_send == inf for one in away)

    def sendable(self, device: str, by: float) -> float:
        """From when on a device could say what it has made by then."""
        ends = [one.could_send for one in self._of.get(device, ()) if one.why in SEND and one.begin <= by]
        return max([by, *ends])

    def of(self, device: str, crossing: float, limits: Mapping[str, int | None], decided: float | None) -> Excuse:
        """What is excused of a row. decided: when its alarm was raised, if it was."""
        raise_from = send_from = crossing
        why: str | None = None
        allowed = limits.get("local_ms") or limits.get("ingest_ms") or RULE_MS
        longest = max([limit for limit in limits.values() if limit is not None], default=RULE_MS)
        for one in self._of.get(device, ()):
            end = inf if one.end is None else one.end
            undecided = decided is None or decided >= one.begin
            if one.why in RAISE and end >= crossing and one.begin <= raise_from + allowed and undecided:
                why = why or one.why
                raise_from = max(raise_from, end)
            if one.why in SEND and one.could_send > crossing and one.begin <= max(raise_from, send_from) + longest:
                send_from = max(send_from, one.could_send)
        return Excuse(why, raise_from, max(raise_from, send_from))
