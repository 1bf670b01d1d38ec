"""MQTT clients in the time of one event loop, each looked at when its time has come: what all fleets have in common."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Generic, Protocol, TypeVar

from lilong_firmware.effects import NEVER

from ..observer import Observer
from .dial import Target
from .dialer import dialer
from .refusal import Refusal
from .wheel import Wheel

STEP_SLICE = 200  # members stepped before the event loop gets its turn: sockets must not starve


class Member(Protocol):
    """One client. `due`: when it is to be looked at, ms of the crowd's clock; it may have nothing to do then."""

    id: str
    due: int

    def step(self) -> None:
        """That time has come."""

    def hang_up(self) -> None:
        """Leave in good order."""


M = TypeVar("M", bound=Member)


class Crowd(Generic[M]):
    """Clients of one broker. `time` gives the run's clock in ms; tests inject their own."""

    def __init__(self, target: Target, observer: Observer, time: Callable[[], float] | None = None) -> None:
        self.target = target
        self.observer = observer
        self.members: dict[str, M] = {}
        self.troubles: dict[str, int] = {}  # why links broke or could not be had, and how often
        self.refused: dict[str, Refusal] = {}  # members that were not let in, by the last word about each
        self.time: Callable[[], float] = time or (lambda: monotonic() * 1000)
        self.dialer = dialer(target)
        self._loop = asyncio.get_running_loop()
        self._calendar: Wheel[M] = Wheel()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._closed = False

    def now(self) -> int:
        return int(self.time())

    def trouble(self, member_id: str, why: str) -> None:
        self.troubles[why] = self.troubles.get(why, 0) + 1
        if isinstance(why, Refusal):
            self.refused[member_id] = why

    def schedule(self, member: M, due: int) -> None:
        """Look at a member at `due`, which is before the time for which it stands in the calendar."""
        member.due = due
        self._calendar.add(due, member)
        if due < self._timer_at:
            self._arm(due)

    def _arm(self, due: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = self._loop.call_later(max(0.0, (due - self.time()) / 1000), self.run_due)

    def run_due(self) -> None:
        """Step every member whose time has come, a slice at a time."""
        if self._closed:
            return
        self._timer_at = -1  # what is scheduled meanwhile is seen below
        time = self.time()
        calendar = self._calendar
        calendar.reach(time)
        left = STEP_SLICE
        due = calendar.next()
        while due is not None and due <= time and left > 0:
            members = calendar.pop()
            for member in members[:left]:
                if member.due == due:
                    member.due = NEVER
                    try:
                        member.step()
                    except Exception as error:  # one device's fault must not stop the others
                        self.trouble(member.id, f"fault in a device's program: {error!r}")
                        self._loop.call_exception_handler({"message": f"device {member.id}", "exception": error})
            for member in members[left:]:
                calendar.add(due, member)
            left -= len(members)
            due = calendar.next()
        self._timer_at = NEVER
        if due is not None:
            self._arm(due)

    async def close(self) -> None:
        """Leave in good order and stop."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for member in self.members.values():
            member.hang_up()
        await self.dialer.close()
