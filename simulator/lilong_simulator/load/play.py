"""One place as a shard plays it: its whole world, of which only what concerns the shard's own devices is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..fleet.live import LiveFleet
from ..truth import NO_LIMITS, Expectation, TruthRow
from ..world import World
from .fingerprint import Fingerprint
from .places import Part

Sensed = Callable[["Play", str, str, int | None], None]
Destroyed = Callable[["Play", str], None]


class Play:
    """The world of one part. `sensed` and `destroyed` are told of the part's own devices.

    apart: the rows of several estates come together, so the tenant stands before each name and id.
    """

    def __init__(self, part: Part, start: datetime, sensed: Sensed, destroyed: Destroyed, apart: bool = False) -> None:
        self.part = part
        self.fleet: LiveFleet | None = None
        self._own = {device.id for device in part.devices}
        self._sensed = sensed
        self._destroyed = destroyed
        self._before = f"{part.place.tenant}/" if apart else ""
        place = part.place
        self.world = World(place.estate, place.seed, start, place.incidents, self._sense, self._burn)
        self.initial: dict[str, dict[str, int]] = {}
        """What sensors read at power-on, where that is not idle: a boot is no change of anything."""
        for device, channel, value in self.world.initial():
            if device in self._own:
                self.initial.setdefault(device, {})[channel] = value
        self._truth: list[TruthRow] = []
        self._expectations: list[Expectation] = []
        self._rows_seen = 0
        self._expectations_seen = 0
        self.fingerprint = Fingerprint()

    @property
    def now(self) -> float:
        """World time in ms."""
        return self.world.env.now

    def peek(self) -> float:
        """World time of the next event, in ms."""
        return self.world.env.peek()

    def step(self) -> None:
        self.world.env.step()

    @property
    def truth(self) -> list[TruthRow]:
        """What has happened to the part's devices; it grows. What is about the estate is told with its first device."""
        rows = self.world.truth
        first = self.part.place.devices[0].id
        for row in rows[self._rows_seen :]:
            if (row.device or first) in self._own:
                if row.through and row.through not in self._own:  # a gateway in another shard has no children here
                    row = replace(row, expect="may", limits=dict(NO_LIMITS))
                self._truth.append(self._named(row))
        self._rows_seen = len(rows)
        return self._truth

    @property
    def expectations(self) -> list[Expectation]:
        """What has to follow at the part's devices; it grows."""
        rows = self.world.expectations
        for row in rows[self._expectations_seen :]:
            if row.device in self._own:
                self._expectations.append(self._asked(row))
        self._expectations_seen = len(rows)
        return self._expectations

    def _named(self, row: TruthRow) -> TruthRow:
        before = self._before
        return replace(row, id=before + row.id, name=before + row.name) if before else row

    def _asked(self, row: Expectation) -> Expectation:
        before = self._before
        if not before:
            return row
        after = tuple(before + name for name in row.after)
        return replace(row, id=before + row.id, name=before + row.name, after=after)

    def _sense(self, device: str, channel: str, value: int | None) -> None:
        if device in self._own:
            self.fingerprint.take(self.world.env.now, device, channel, value)
            self._sensed(self, device, channel, value)

    def _burn(self, device: str) -> None:
        if device in self._own:
            self._destroyed(self, device)
