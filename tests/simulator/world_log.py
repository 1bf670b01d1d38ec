"""What a world did, kept for tests: every call of its sink with the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from lilong_simulator.estate import Estate
from lilong_simulator.incidents import Incident
from lilong_simulator.world import World

Call = tuple[int, str, str, int]  # world time in ms, device id, channel, value
Silence = tuple[int, str, str]  # world time in ms, device id, channel


@dataclass
class WorldLog:
    """A world and the calls it made so far."""

    world: World
    calls: list[Call] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    destroyed: list[tuple[int, str]] = field(default_factory=list)

    @cached_property
    def _sorted(self) -> dict[tuple[str, str | None], list[Call]]:
        found: dict[tuple[str, str | None], list[Call]] = {}
        for call in self.calls:
            found.setdefault((call[2], None), []).append(call)
            found.setdefault((call[2], call[1]), []).append(call)
        return found

    def of(self, channel: str, device_id: str | None = None) -> list[Call]:
        return self._sorted.get((channel, device_id), [])

    def reads(self) -> list[Call]:
        return [call for call in self.of("credential") if call[3]]

    def openings(self) -> list[Call]:
        return [call for call in self.of("contact") if call[3]]

    def value(self, device_id: str, channel: str, at_ms: int, idle: int = 0) -> int:
        """The value of a channel at an instant, after the calls of that instant."""
        value = next((v for d, c, v in self.world.initial() if (d, c) == (device_id, channel)), idle)
        for at, _, _, new in self.of(channel, device_id):
            if at <= at_ms:
                value = new
        return value


def run(estate: Estate, start: datetime, until_ms: int, incidents: Sequence[Incident] = (), seed: int = 7) -> WorldLog:
    """Runs a world of its own for `until_ms`."""
    calls: list[Call] = []
    silences: list[Silence] = []
    destroyed: list[tuple[int, str]] = []

    def sense(device: str, channel: str, value: int | None) -> None:
        if value is None:
            silences.append((int(world.env.now), device, channel))
        else:
            calls.append((int(world.env.now), device, channel, value))

    world = World(
        estate, seed, start, incidents, sense,
        lambda device: destroyed.append((int(world.env.now), device)),
    )  # fmt: skip
    world.env.run(until=until_ms)
    return WorldLog(world, calls, silences, destroyed)
