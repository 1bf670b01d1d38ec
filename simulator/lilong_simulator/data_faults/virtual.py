"""The data faults of a run in virtual time, stepped by the fleet's own calendar."""

from __future__ import annotations

from math import inf

from ..fleet.virtual import VirtualFleet
from ..recorder import Recorder
from ..truth import TruthRow
from ..world import World
from .asked import DataFaultsAsked
from .runner import DataFaults, Member


class VirtualDataFaults:
    """The host of `faults`. Made before the devices are added."""

    def __init__(
        self, fleet: VirtualFleet, world: World, asked: DataFaultsAsked, seed: int, recorder: Recorder
    ) -> None:
        self._fleet = fleet
        self._world = world
        self.faults = DataFaults(self, asked, world.estate.devices, seed)
        recorder.on_sent = self.faults.sent
        self._arm()

    # ---- Host

    def member(self, device: str) -> Member | None:
        member = self._fleet._members[device]
        return None if member.burnt else member

    def sense(self, device: str, channel: str, value: int | None) -> None:
        self._fleet.sense(device, channel, value)

    def expect(self, device: str, row: TruthRow) -> None:
        self._world.truth.append(row)

    # ---- inside

    def _step(self) -> None:
        self.faults.step(self._fleet.env.now)
        self._arm()

    def _arm(self) -> None:
        due = self.faults.due
        if due < inf:
            # Whole ms: what is due within one is done at its end.
            self._fleet.call(max(0, -int(-due // 1) - int(self._fleet.env.now)), self._step)
