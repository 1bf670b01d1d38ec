"""What one shard measured of itself and of the broker; it merges with other shards' exactly, and goes over JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..fleet.observer import CONNACK, ONLINE
from ..latency import Latency
from .series import Series

CLASS_NAMES = {
    "st": "birth", "hb": "heartbeat", "tm": "telemetry", "ev": "event", "al": "alarm", "rs": "response",
    "cf": "configuration", "ot": "update", "lg": "log",
    "plain": "plain",
}  # fmt: skip


@dataclass(slots=True)
class Counts:
    """What became of the frames of one class. They reconcile:

    sent = acknowledged + in_flight + refused + lost + unconfirmed + unobserved. in_flight: no PUBACK by the end.
    refused: the broker said no. lost: the link ended before the PUBACK. unconfirmed: QoS 0, which nobody answers.
    unobserved: of a device in a process of its own. skipped, which are not among the sent ones: not handed over, for
    want of a link or because too much was in flight.
    """

    sent: int = 0
    acknowledged: int = 0
    in_flight: int = 0
    refused: int = 0
    lost: int = 0
    unconfirmed: int = 0
    unobserved: int = 0
    skipped: int = 0

    @property
    def unexplained(self) -> int:
        """What does not reconcile: 0, or this program has an error."""
        known = self.acknowledged + self.in_flight + self.refused + self.lost + self.unconfirmed + self.unobserved
        return self.sent - known

    def add(self, other: Counts) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


class Measures:
    """Histograms in ms from the due time, counts by class, and both over time.

    lag: how late this generator called devices and worlds. connect: from the instant at which a device wanted its
    connection to CONNACK, and to "online", its SUBACK. puback: by class of message. stored: from a device's decision to
    the backend's stored-ack, by alarm. series: "puback", "lag", "connect" and "stored" as latencies; "sent", "lost",
    "skipped", "up", "down", "raised" as counts.
    """

    def __init__(self) -> None:
        self.lag = Latency()
        self.connect = {CONNACK: Latency(), ONLINE: Latency()}
        self.puback: dict[str, Latency] = {}
        self.stored: dict[str, Latency] = {}
        self.counts: dict[str, Counts] = {}
        self.series = Series()

    def counts_of(self, cls: str) -> Counts:
        counts = self.counts.get(cls)
        if counts is None:
            counts = self.counts[cls] = Counts()
        return counts

    def puback_of(self, cls: str) -> Latency:
        return _of(self.puback, cls)

    def stored_of(self, alarm: str) -> Latency:
        return _of(self.stored, alarm)

    def add(self, other: Measures) -> None:
        """Take in what another shard measured."""
        self.lag.add(other.lag)
        for name, one in other.connect.items():
            self.connect[name].add(one)
        for cls, one in other.puback.items():
            self.puback_of(cls).add(one)
        for alarm, one in other.stored.items():
            self.stored_of(alarm).add(one)
        for cls, counts in other.counts.items():
            self.counts_of(cls).add(counts)
        self.series.merge(other.series)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        return {
            "lag": self.lag.to_json(),
            "connect": _plain(self.connect),
            "puback": _plain(self.puback),
            "stored": _plain(self.stored),
            "counts": {cls: asdict(counts) for cls, counts in self.counts.items()},
            "series": self.series.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Measures:
        """What `to_json` gave."""
        measures = cls()
        measures.lag = Latency.from_json(values["lag"])
        measures.connect = _histograms(values["connect"])
        measures.puback = _histograms(values["puback"])
        measures.stored = _histograms(values["stored"])
        measures.counts = {name: Counts(**counts) for name, counts in values["counts"].items()}
        measures.series = Series.from_json(values["series"])
        return measures


def merged(all_of_them: Iterable[Measures]) -> Measures:
    """One that has measured what they all have."""
    whole = Measures()
    for one in all_of_them:
        whole.add(one)
    return whole


def together(histograms: Iterable[Latency]) -> Latency:
    """One histogram of all that several have recorded."""
    whole = Latency()
    for one in histograms:
        whole.add(one)
    return whole


def _of(histograms: dict[str, Latency], name: str) -> Latency:
    found = histograms.get(name)
    if found is None:
        found = histograms[name] = Latency()
    return found


def _plain(histograms: Mapping[str, Latency]) -> dict[str, Any]:
    return {name: one.to_json() for name, one in histograms.items()}


def _histograms(values: Mapping[str, Any]) -> dict[str, Latency]:
    return {name: Latency.from_json(one) for name, one in values.items()}
