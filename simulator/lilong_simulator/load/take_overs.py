"""Two loads of the same devices at one broker: it lets in one of each, in turn, and neither run proves anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..fleet.live.crowd import Crowd
from ..fleet.live.cut_offs import TIMES
from .errors import NotOnline

ENOUGH, SHARE = 20, 4  # (ours) so many devices, or a quarter of those that there are: no chance


class TakeOvers:
    """Of one run. crowds: those who connect, of whom there are `members`."""

    def __init__(self, crowds: Callable[[], Sequence[Crowd[Any]]], members: int) -> None:
        self._crowds = crowds
        self._enough = min(ENOUGH, members // SHARE + 1)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of a run that came to its end all the same."""
        count = sum(len(crowd.dialer.cut_offs.again) for crowd in self._crowds()[:1])
        many = "a device" if count == 1 else f"{count:,} devices"
        told = f"the broker has cut off {many} {TIMES} times in a minute, as where another load connects as the same"
        return (told,) if count else ()

    def look(self) -> None:
        """NotOnline when they are taken over."""
        for crowd in self._crowds()[:1]:  # tenants of one run share a dialer
            again = crowd.dialer.cut_offs.again
            if len(again) >= self._enough:
                at = f"{crowd.target.host}:{crowd.target.port}"
                raise NotOnline(
                    f"taken over: {at} has cut off {len(again):,} devices {TIMES} times in a minute after it had let "
                    f"them in, as {min(again)}: most often somebody else connects as the same devices, another lilong "
                    "load or demo of this estate, and a broker keeps one connection for each client id; end that one, "
                    "or play another estate, or at another broker. If there is none, the broker's log should say why"
                )
