"""Faults of the broker in a run by several processes: whoever conducts it does them, once, at their time.

The shards know the same timeline and excuse their own devices by it; their hands are empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

from ..scenario import Scenario
from .live import BrokerHands, LiveLevers
from .timeline import Timeline, plan


class AtBroker:
    """`clock` is the run's, in ms. `failures`: why something could not be done to the broker."""

    def __init__(self, scenario: Scenario, hands: BrokerHands | None, clock: Callable[[], float]) -> None:
        self._scenario = scenario
        self._clock = clock
        self._stopping = asyncio.Event()
        self._levers = LiveLevers((), hands, lambda *_: None)
        self._timeline: Timeline | None = None

    @property
    def failures(self) -> list[str]:
        return self._levers.failures

    async def play(self, zero: float, late_ms: float = 0.0) -> None:
        """From the worlds' beginning at `zero` until the duration is over, or `stop`; then `finish`.

        late_ms: how much later it is done than the shards think, so that none sees it before its own clock says so.
        """
        scenario = self._scenario
        planned = plan(scenario.faults, {}, scenario.seed, whole=False)
        self._timeline = timeline = Timeline(planned, set(), self._levers, lambda _: 0, zero=zero + late_ms)
        end = inf if scenario.duration_s is None else zero + scenario.duration_s * 1000
        while timeline.due < end and not self._stopping.is_set():
            wait_s = max(0.0, timeline.due - self._clock()) / 1000
            if not await self._stopped_within(wait_s):
                timeline.step(self._clock())
        if end < inf:
            await self._stopped_within(max(0.0, end - self._clock()) / 1000)
        else:
            await self._stopping.wait()
        await self.finish()

    def stop(self) -> None:
        """The run is ended early: what is still on ends."""
        self._stopping.set()

    async def finish(self) -> None:
        """What is still on ends, and the broker is there again."""
        if self._timeline is not None:
            self._timeline.finish(self._clock())
        await self._levers.done()

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True
