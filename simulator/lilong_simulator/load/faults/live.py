"""Faults of a live run: what is done to its fleets, to its sensors, and to the broker by whoever holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from ...fleet.full_flash import fill
from ...fleet.live import LiveFleet, faulty
from ...fleet.live.member import LiveDevice
from ...fleet.radio import Conditions, Tally
from .backlog import backlog_of
from .stuck import Stuck


class BrokerHands(Protocol):
    """Who can do something to the broker of a run."""

    async def stop(self) -> None: ...

    async def start(self) -> None:
        """Return when it takes connections again."""

    async def freeze(self) -> None: ...

    async def thaw(self) -> None: ...


class LiveLevers:
    """`sense` brings what a stuck sensor has missed, `told` is told of power. `failures`: why something could not be
    done to the broker."""

    def __init__(
        self,
        fleets: Iterable[LiveFleet],
        hands: BrokerHands | None,
        sense: Callable[[str, str, int | None], None],
        told: Callable[[str, bool], None] = lambda device, on: None,
    ) -> None:
        self._fleets = {device: fleet for fleet in fleets for device in fleet.members}
        self._hands = hands
        self._told = told
        self.stuck = Stuck(sense)
        self.failures: list[str] = []
        self._work: asyncio.Task[None] | None = None

    def member(self, device: str) -> LiveDevice | None:
        """None: it has burnt."""
        fleet = self._fleets.get(device)
        return None if fleet is None else fleet.members.get(device)

    def backlog(self, device: str) -> int:
        member = self.member(device)
        return 0 if member is None else backlog_of(member.device)

    async def done(self) -> None:
        """All that was to be done to the broker."""
        while self._work is not None and not self._work.done():
            await self._work

    @property
    def busy(self) -> bool:
        return self._work is not None and not self._work.done()

    # ---- Levers

    def power(self, device: str, on: bool, wait: int = 0) -> None:
        if member := self.member(device):
            faulty.set_power(member, on, wait)
            self._told(device, on)

    def link(self, device: str, whole: bool) -> None:
        if member := self.member(device):
            faulty.set_link(member, whole)

    def radio(self, device: str, conditions: Conditions | None, key: tuple[int | str, ...], tally: Tally) -> None:
        if member := self.member(device):
            faulty.set_radio(member, conditions, key, tally)

    def tick(self, device: str, ppm: int, ahead_ms: int) -> None:
        member = self.member(device)
        if member is not None:
            faulty.set_tick(member, ppm, ahead_ms)

    def stick(self, device: str, channel: str | None, stuck: bool) -> None:
        self.stuck.set(device, channel, stuck)

    def flash(self, device: str, full: bool) -> None:
        if member := self.member(device):
            fill(member.device, full)

    def broker(self, up: bool) -> None:
        if self._hands is not None:
            self._then(self._hands.start() if up else self._hands.stop())

    def freeze(self, frozen: bool) -> None:
        if self._hands is not None:
            self._then(self._hands.freeze() if frozen else self._hands.thaw())

    # ---- inside

    def _then(self, work: Coroutine[Any, Any, None]) -> None:
        before = self._work

        async def after() -> None:
            if before is not None:
                await before
            try:
                await work
            except Exception as error:
                self.failures.append(str(error) or repr(error))

        self._work = asyncio.get_running_loop().create_task(after())
