"""Locks as the world feels them: who has read a card or pressed the button pushes, a door opens if its lock is free.

A lock without power is free, so that nobody is shut in, and so is one of which nothing has been heard: a world that has
no devices goes on as it was planned.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

KINDS = ("door", "intercom")
TRY_MS = 250  # (ours) who waits for the click pushes so often
WAIT_MS = 5_000  # (ours) and goes away after so long; a reader may ask for a second before it answers
LEAST_MS = 1_000  # it takes to go through: whoever would be in the next one's way goes away sooner


class Locks:
    """The locks of all doors and panels of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._free: dict[str, bool] = {}
        self._freed: dict[str, int] = {}  # when each was last told to be free
        for kind in KINDS:
            for device in world.estate.of_kind(kind):
                world.listen(device.id, "lock", partial(self._turned, device.id))

    def free(self, device: Device) -> bool:
        """Whether it gives way to who pushes."""
        return self._free.get(device.id, True)

    def known_free(self, device: Device) -> bool:
        """Whether its device has freed it, and not locked it again."""
        return self._free.get(device.id, False)

    def freed_since(self, device: Device, at_ms: int) -> bool:
        """Whether it has let somebody pass since then."""
        return device.id not in self._free or self._freed.get(device.id, -1) >= at_ms

    def powerless(self, device_id: str) -> None:
        """Without power it is free; what it is with power, its device says."""
        self._free.pop(device_id, None)

    def push(
        self, at_ms: int, door: Device, closes_ms: int, opened: Callable[[int], object] = lambda at_ms: None
    ) -> None:
        """Lets somebody push a door from `at_ms` on, go through as soon as its lock is free, and let it shut at
        `closes_ms`. `opened` is told when; who waits for too long goes away."""
        until = max(at_ms, min(at_ms + WAIT_MS, closes_ms - LEAST_MS))
        self._world.agenda.at(at_ms, self._try, door, until, closes_ms, opened)

    def _try(self, door: Device, until: int, closes_ms: int, opened: Callable[[int], object]) -> None:
        world = self._world
        now = world.agenda.now
        if self.free(door):
            opened(now)
            world.change(now, door, "contact", 1)
            world.change(closes_ms, door, "contact", 0)
        elif now + TRY_MS <= until:
            world.agenda.at(now + TRY_MS, self._try, door, until, closes_ms, opened)

    def _turned(self, device_id: str, free: int) -> None:
        self._free[device_id] = bool(free)
        if free:
            self._freed[device_id] = self._world.agenda.now
