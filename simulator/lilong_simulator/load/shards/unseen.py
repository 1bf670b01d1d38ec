"""What happened to the devices of a lost shard, which nobody has seen: its worlds once more, without the devices.

The worlds depend on the scenario alone, so that what should have been raised is known. What was, is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...truth import TruthRow
from ..places import Place, Shard, parts_of
from ..play import Play
from ..scenario import Scenario


@dataclass(frozen=True)
class Unseen:
    """The part of the lost shards: how many devices, and the rows of the truth that demanded an alarm."""

    devices: tuple[str, ...]
    truth: tuple[TruthRow, ...]


def unseen(scenario: Scenario, places: Sequence[Place], lost: Sequence[Shard], until_ms: float) -> Unseen:
    """until_ms: world time up to which the run is judged; nothing when the worlds have not begun."""
    many = len(places) > 1
    devices: list[str] = []
    rows: list[TruthRow] = []
    for shard in lost:
        for part in parts_of(places, shard):
            devices += [device.id for device in part.devices]
            if until_ms <= 0:
                continue
            play = Play(part, scenario.start, lambda *_: None, lambda *_: None, many)
            while play.peek() <= until_ms:
                play.step()
            rows += [row for row in play.truth if row.expect == "must" and row.crossing_ms <= until_ms]
    return Unseen(tuple(devices), tuple(rows))
