"""What can be watched while it goes on: one live run, or what the shards of one have told of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Protocol

from ..estate import Device
from ..feed import FeedEvent
from ..latency import Latency
from ..recorder import AlarmClocks
from ..truth import Expectation, TruthRow
from .measures import Measures
from .scenario import Scenario


class Asked(Protocol):
    """What a run is asked to do, as far as it is shown."""

    @property
    def scenario(self) -> Scenario: ...


class Recorded(Protocol):
    """A recorder; of the sets of devices only the sizes are shown."""

    @property
    def messages(self) -> Mapping[str, int]: ...
    @property
    def alarms(self) -> Mapping[tuple[str, int, int], AlarmClocks]: ...
    @property
    def linked(self) -> Sized: ...
    @property
    def online(self) -> Sized: ...
    @property
    def accepted(self) -> Sized: ...
    @property
    def outputs(self) -> Sequence[tuple[float, str, str, int]]: ...
    @property
    def lags(self) -> Latency: ...
    @property
    def measures(self) -> Measures: ...


class Accepts(Protocol):
    """Ends the retries of alarms that the observed feed tells."""

    def observed(self, event: FeedEvent) -> None: ...


class Measured(Protocol):
    """A run of anything that connects and publishes, as Prometheus and other processes see it."""

    @property
    def devices(self) -> Sized: ...
    @property
    def recorder(self) -> Recorded: ...
    @property
    def truth(self) -> Sequence[TruthRow]: ...
    @property
    def expectations(self) -> Sequence[Expectation]: ...
    @property
    def troubles(self) -> Mapping[str, int]: ...
    @property
    def world_zero(self) -> float | None: ...
    @property
    def world_now(self) -> float: ...
    def clock(self) -> float: ...


class Watched(Measured, Protocol):
    """A run of estates as the terminal sees it too."""

    @property
    def settings(self) -> Asked: ...
    @property
    def devices(self) -> Sequence[Device]: ...
    @property
    def accepter(self) -> Accepts | None: ...
    @property
    def epoch_zero(self) -> float: ...
