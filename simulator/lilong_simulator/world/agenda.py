"""What the world will do and when: calls by world time, behind one SimPy event at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy

from lilong_simulator.fleet.calendar import Calendar

_FAR = 1 << 62


class Agenda:
    """Calls at integer ms of world time; those of one instant run in the order in which they were put down."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._calendar: Calendar[tuple[Any, ...]] = Calendar()
        self._armed = _FAR
        self._running = False

    @property
    def now(self) -> int:
        """World time in ms."""
        return int(self._env.now)

    def at(self, at_ms: int, call: Callable[..., object], *arguments: object) -> None:
        """Calls `call(*arguments)` at `at_ms`, which must not be in the past."""
        if at_ms < self._env.now:
            raise ValueError(f"{at_ms} ms of world time is past; it is {self.now} ms now: plan ahead")
        self._calendar.add(at_ms, (call, *arguments))
        if at_ms < self._armed and not self._running:
            self._arm(at_ms)

    def _arm(self, at_ms: int) -> None:
        self._armed = at_ms
        self._env.timeout(at_ms - self._env.now).callbacks.append(self._ring)

    def _ring(self, _: simpy.Event) -> None:
        now, calendar = self.now, self._calendar
        self._running = True
        while calendar.next() == now:
            for call, *arguments in calendar.pop():
                call(*arguments)
        self._running = False
        if self._armed <= now:
            self._armed = _FAR
        following = calendar.next()
        if following is not None and following < self._armed:
            self._arm(following)
