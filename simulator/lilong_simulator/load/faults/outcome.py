"""What a fault has caused: links lost and how long they took to come back, the backlog and when it had drained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...latency import Latency


@dataclass
class Outcome:
    """Times in ms of the run's clock. links_lost: of always-on devices, while it lasted. reconnect: from its end, or
    from the loss where a link came back before it. backlog: alarm frames and events that waited at its end; drained_ms:
    after which the last of them was gone, None while it is not. frames: what a bad radio did."""

    name: str
    text: str
    devices: int
    at_ms: float | None = None
    until_ms: float | None = None
    links_lost: int = 0
    reconnect: Latency = field(default_factory=Latency)
    backlog: int = 0
    drained_ms: float | None = None
    frames: dict[str, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "text": self.text, "devices": self.devices, "at_ms": self.at_ms,
            "until_ms": self.until_ms, "links_lost": self.links_lost, "reconnect": self.reconnect.to_json(),
            "backlog": self.backlog, "drained_ms": self.drained_ms, "frames": self.frames,
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Outcome:
        """What `to_json` gave."""
        return cls(**{**values, "reconnect": Latency.from_json(values["reconnect"])})

    def add(self, other: Outcome) -> None:
        """What the same fault caused at devices of another shard."""
        self.devices += other.devices
        times = [one for one in (self.at_ms, other.at_ms) if one is not None]
        self.at_ms = min(times, default=None)
        ends = [one for one in (self.until_ms, other.until_ms) if one is not None]
        self.until_ms = max(ends, default=None)
        self.links_lost += other.links_lost
        self.reconnect.add(other.reconnect)
        self.backlog += other.backlog
        drained = (self.drained_ms, other.drained_ms)
        self.drained_ms = None if None in drained else max(one for one in drained if one is not None)
        if other.frames is not None:
            mine = self.frames or dict.fromkeys(other.frames, 0)
            self.frames = {name: count + other.frames[name] for name, count in mine.items()}


def merged(shards: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """The faults of a run, each with what it caused in all shards."""
    whole: list[Outcome] = []
    for outcomes in shards:
        for at, outcome in enumerate(outcomes):
            if at == len(whole):
                whole.append(Outcome.from_json(outcome.to_json()))
            else:
                whole[at].add(outcome)
    return whole
