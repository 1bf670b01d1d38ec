"""What all shards have told so far, as one run that can be watched; it lags by the second in which they tell."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...estate import Device
from ...feed import FeedEvent
from ...latency import Latency
from ...recorder import AlarmClocks
from ...truth import Expectation, TruthRow
from ..measures import Measures, merged
from ..scenario import Scenario
from ..series import Series


@dataclass
class SeenOfShard:
    """The last that one shard told."""

    linked: int = 0
    online: int = 0
    accepted: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    measures: Measures = field(default_factory=Measures)


@dataclass(frozen=True)
class Asked:
    """The scenario of a run."""

    scenario: Scenario


@dataclass
class Seen:
    """A recorder of all of them. Its sets of devices are ranges: how many is all that they tell."""

    messages: Mapping[str, int] = field(default_factory=dict)
    alarms: dict[tuple[str, int, int], AlarmClocks] = field(default_factory=dict)
    linked: range = range(0)
    online: range = range(0)
    accepted: range = range(0)
    outputs: list[tuple[float, str, str, int]] = field(default_factory=list)
    measures: Measures = field(default_factory=Measures)

    @property
    def lags(self) -> Latency:
        return self.measures.lag


class Forwarded:
    """What the observed feed tells, for whichever shard has the device."""

    def __init__(self, forward: Callable[[FeedEvent], None]) -> None:
        self.observed = forward


class Together:
    """A run by shards. zero_ns: CLOCK_MONOTONIC at the run's clock 0. forward: None where no shard waits for a feed."""

    def __init__(
        self, scenario: Scenario, devices: Sequence[Device], zero_ns: int,
        forward: Callable[[FeedEvent], None] | None = None,
    ) -> None:  # fmt: skip
        self.settings = Asked(scenario)
        self.devices = devices
        self.recorder = Seen()
        self.accepter = None if forward is None else Forwarded(forward)
        self.truth: list[TruthRow] = []
        self.expectations: list[Expectation] = []
        self.troubles: dict[str, int] = {}
        self.world_zero: float | None = None
        self._zero_ns = zero_ns
        self.epoch_zero = (time.time_ns() - (time.monotonic_ns() - zero_ns)) / 1e6
        self._shards: dict[int, SeenOfShard] = {}
        self._stale = False

    def clock(self) -> float:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self._zero_ns) / 1e6

    @property
    def world_now(self) -> float:
        return 0.0 if self.world_zero is None else max(0.0, self.clock() - self.world_zero)

    def take(self, index: int, told: Mapping[str, Any]) -> None:
        """What a shard tells of itself; see `Glimpses.take`. `merge` makes it seen."""
        shard = self._shards.setdefault(index, SeenOfShard())
        shard.linked, shard.online, shard.accepted = told["linked"], told["online"], told["accepted"]
        shard.messages, shard.troubles = told["messages"], told["troubles"]
        series = shard.measures.series
        shard.measures = Measures.from_json(told["measures"])
        shard.measures.series = _updated(series, shard.measures.series)
        for row in told["alarms"]:
            alarm = AlarmClocks(**row)
            self.recorder.alarms[alarm.device, alarm.boot, alarm.seq] = alarm
        self.recorder.outputs += [(at, device, name, value) for at, device, name, value in told["outputs"]]
        self.truth += [TruthRow(**row) for row in told["truth"]]
        self.expectations += [Expectation(**{**row, "after": tuple(row["after"])}) for row in told["expectations"]]
        self._stale = True

    def gone(self, index: int) -> None:
        """A shard is lost: none of its devices is connected any more."""
        shard = self._shards.get(index)
        if shard is not None:
            shard.online = 0
            self._stale = True

    def merge(self) -> None:
        """One picture of all."""
        if not self._stale:
            return
        self._stale = False
        shards = list(self._shards.values())
        recorder = self.recorder
        recorder.linked, recorder.online, recorder.accepted = (
            range(sum(getattr(one, name) for one in shards)) for name in ("linked", "online", "accepted")
        )
        recorder.messages = dict(sum((Counter(one.messages) for one in shards), Counter()))
        recorder.measures = merged(one.measures for one in shards)
        self.troubles = dict(sum((Counter(one.troubles) for one in shards), Counter()))


def _updated(known: Series, news: Series) -> Series:
    """Stretches that are told again replace what was known of them; with another width all are told anew."""
    if news.width_s == known.width_s:
        news.stretches = {**known.stretches, **news.stretches}
    return news
