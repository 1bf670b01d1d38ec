"""The data faults of a live run, stepped by it. Real MicroPython processes have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..load.faults.excuses import Hindrance
from ..truth import TruthRow
from .label import Label
from .runner import DataFaults, Member

if TYPE_CHECKING:
    from ..load.run import LiveRun


class LiveDataFaults:
    """The host of the faults of each estate, whose seeds are their own. Made when the worlds begin, at `zero` of the
    run's clock; times are of that clock."""

    def __init__(self, run: LiveRun, zero: float) -> None:
        self._run = run
        self._zero = zero
        scenario = run.settings.scenario
        self._all = [
            DataFaults(self, scenario.data_faults, play.part.devices, play.part.place.seed, zero, scenario.rate)
            for play in run.plays
        ]
        self._of = {
            device.id: (faults, play)
            for faults, play in zip(self._all, run.plays, strict=True)
            for device in play.part.devices
        }
        run.recorder.on_sent = self._sent

    @property
    def due(self) -> float:
        """When it wants to be called again."""
        return self._zero + min(one.due for one in self._all)

    @property
    def labels(self) -> list[Label]:
        return [label for one in self._all for label in one.labels]

    @property
    def hindrances(self) -> list[Hindrance]:
        return [hindrance for one in self._all for hindrance in one.hindrances]

    def step(self, now: float) -> None:
        for one in self._all:
            one.step(now - self._zero)

    def finish(self) -> None:
        for one in self._all:
            one.finish()

    def keeps(self, device: str, channel: str, value: int | None) -> bool:
        """Whether a change of the world is kept from its device."""
        return self._of[device][0].keeps(device, channel, value)

    # ---- Host

    def member(self, device: str) -> Member | None:
        fleet = self._of[device][1].fleet
        return None if fleet is None else fleet.members.get(device)

    def sense(self, device: str, channel: str, value: int | None) -> None:
        fleet = self._of[device][1].fleet
        if fleet is not None:
            fleet.sense(device, channel, value, self._run.clock())

    def expect(self, device: str, row: TruthRow) -> None:
        self._of[device][1].world.truth.append(row)

    # ---- inside

    def _sent(self, at: float, device: str, frame: bytes) -> None:
        of = self._of.get(device)
        if of is not None:
            of[0].sent(at, device, frame)
