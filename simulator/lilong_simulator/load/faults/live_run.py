"""The faults of a live run: their timeline, stepped by the run, over its fleets and its broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...truth import TruthRow
from .excuses import Excuses
from .live import LiveLevers
from .timeline import Planned, Timeline, plan

if TYPE_CHECKING:
    from ..places import Part
    from ..run import LiveRun
    from ..scenario import Scenario


def planned_by(scenario: Scenario, parts: Sequence[Part]) -> list[Planned]:
    """As a shard with those parts plans them: what it chooses in each estate is what the whole run does there."""
    estates = {part.place.tenant: part.place.devices for part in parts}
    return plan(scenario.faults, estates, scenario.seed, whole=False)


class LiveFaults:
    """Made when the worlds begin, at `zero` of the run's clock. Real MicroPython processes have faults of world and
    broker alone."""

    def __init__(self, run: LiveRun, zero: float) -> None:
        self._run = run
        self._zero = zero
        scenario = run.settings.scenario
        own = {device.id for device in run.devices}
        self.levers = LiveLevers(run.fleets, run.settings.hands, self._sense, self._power)
        self.timeline = Timeline(
            planned_by(scenario, run.settings.parts), own, self.levers, self.levers.backlog, run.recorder.online,
            zero, run.boards,
        )  # fmt: skip
        self._play = {device.id: play for play in run.plays for device in play.part.devices}
        self._excuses: Excuses | None = None  # of the drain, when all is as it was
        run.recorder.on_link = self.timeline.link

    def step(self, now: float) -> None:
        if self.timeline.due <= now:
            self.timeline.step(self._run.clock())

    def keeps(self, device: str, channel: str, value: int | None) -> bool:
        """Whether a change of the world is kept from its device."""
        if not self.levers.stuck.keeps(device, channel, value):
            return False
        self.timeline.withheld(device)
        return True

    async def finish(self) -> None:
        """What is still on ends, and the broker is there again."""
        self.timeline.finish(self._run.clock())
        await self.levers.done()

    def last_limit(self, rows: Sequence[TruthRow]) -> float:
        """When what a fault has put off can come in time no more, on the run's clock."""
        longest = max([limit for row in rows for limit in row.limits.values() if limit is not None], default=0)
        return self.timeline.settled_by + longest

    def possible(self, rows: Sequence[TruthRow]) -> list[TruthRow]:
        """The rows that their devices could raise."""
        if self._excuses is None:
            self._excuses = Excuses(self.timeline.hindrances)
        excuses = self._excuses
        return [
            row for row in rows
            if excuses.of(row.device, self._zero + row.crossing_ms, row.limits, None).why is None
        ]  # fmt: skip

    def _power(self, device: str, on: bool) -> None:
        self._run.buses.power(device, on)
        if not on:
            self._play[device].world.powerless(device)

    def _sense(self, device: str, channel: str, value: int | None) -> None:
        self._run._sense(self._play[device], device, channel, value)
