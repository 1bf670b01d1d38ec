"""Who is not let in by the broker: told at once, and nobody is waited for who will not come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ..fleet.live import Refusal
from ..fleet.live.crowd import Crowd
from ..fleet.observer import CONNACK
from ..recorder import Recorder
from .errors import NotOnline

TELL_S = 1.0  # after the first refusal: by then it is known whether it is one or all
LASTING_S = 3.0  # how long a refusal is tried again that will not pass by itself
PASSING_S = 15.0  # and one that may
ENOUGH = 20  # refused, and nobody let in: the others will fare no better
LOOK_MS = 200.0


def let_in(recorder: Recorder) -> bool:
    """Whether the broker has taken anybody's CONNECT: then it has, or had, a will of theirs."""
    measures = recorder.measures
    return bool(recorder.linked) or (measures is not None and measures.connect[CONNACK].count > 0)


def all_online(devices: int, given_up: int, took_s: float) -> str:
    """That a run can begin."""
    many = f"{devices - given_up:,} of {devices:,}" if given_up else f"all {devices:,}"
    return f"{many} devices online after {took_s:.1f} s"


class Refusals:
    """Of one run. crowds: those who connect. linked: who was let in at least once. `tell` is told of the others."""

    def __init__(
        self, crowds: Callable[[], Sequence[Crowd[Any]]], linked: Collection[str], clock: Callable[[], float],
        what: str = "devices",
    ) -> None:  # fmt: skip
        self.tell: Callable[[str], object] = lambda text: None
        self.given_up = 0  # who are not waited for any more
        self._crowds = crowds
        self._linked = linked
        self._clock = clock
        self._what = what
        self._since: float | None = None
        self._looked_at = 0.0
        self._told = False

    @property
    def shut_out(self) -> dict[str, Refusal]:
        """Who has never been let in, and the last word about each."""
        linked = self._linked
        return {
            name: why for crowd in self._crowds() for name, why in crowd.refused.items() if name not in linked
        }  # fmt: skip

    @property
    def counted(self) -> dict[str, int]:
        """How many were never let in, by why."""
        return dict(Counter(str(why) for why in self.shut_out.values()))

    def look(self, tried: int, wanted: int) -> None:
        """`tried` of `wanted` have wanted to connect. NotOnline when nobody is let in; else `given_up` tells of how
        many nothing is to be expected."""
        now = self._clock()
        if now < self._looked_at + LOOK_MS or not any(crowd.refused for crowd in self._crowds()):
            return
        self._looked_at = now
        shut_out = self.shut_out
        if not shut_out:
            self._since = None
            return
        if self._since is None:
            self._since = now
        waited_s = (now - self._since) / 1000
        lasting = sum(1 for why in shut_out.values() if why.lasts)
        if not self._linked and len(shut_out) >= min(tried, ENOUGH):
            if waited_s > (LASTING_S if lasting else PASSING_S):
                raise NotOnline(self._words(shut_out, tried))
        elif waited_s > TELL_S and not self._told:
            self._told = True
            self.tell(self._words(shut_out, tried))
        if waited_s > LASTING_S and lasting + len(self._linked) >= wanted and lasting > self.given_up:
            self.given_up = lasting
            self.tell(f"going on without the {lasting:,} {self._what} that are not let in: the run cannot pass")

    def _words(self, shut_out: dict[str, Refusal], tried: int) -> str:
        """How many, where, why, as who, and what to do."""
        often = Counter(shut_out.values()).most_common()
        (why, _), others = often[0], often[1:]
        first = next(name for name, said in shut_out.items() if said == why)
        target = self._crowds()[0].target
        beside = "".join(f"; {count:,} more: {other}" for other, count in others[:2])
        many = f"{len(shut_out):,} of {tried:,}" if self._linked or len(shut_out) < tried else f"all {tried:,}"
        told = f"{many} {self._what} are not let in at {target.host}:{target.port}: {why}, as {first}{beside}"
        return f"{told}; {why.remedy}"
