"""A run's figures for Prometheus while it goes on. No label is ever a device: an estate would be 3,444 series each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from lilong_protocol.registry import ALARM
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ..latency import Latency
from .measures import CLASS_NAMES
from .watched import Measured

BOUNDS_MS = (
    0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 30_000, 60_000,
)  # fmt: skip
SLACK = 1.001  # the histograms' own resolution: what took a bound exactly is within it


class MetricsError(Exception):
    """The address of the metrics cannot be had; the text says which and why."""


class Metrics(Collector):
    """Reads a run whenever it is asked; times in s, as Prometheus has them."""

    def __init__(self, run: Measured) -> None:
        self.run = run

    def collect(self) -> Iterator[Metric]:
        """All metrics; asked from a thread of its own, so everything is copied first."""
        run = self.run
        recorder = run.recorder
        measures = recorder.measures
        alarms = list(recorder.alarms.values())
        yield GaugeMetricFamily("lilong_devices", "Devices of this generator.", len(run.devices))
        yield GaugeMetricFamily("lilong_connected", "Devices that are connected now.", len(recorder.online))
        accepted = len(recorder.accepted)
        yield GaugeMetricFamily("lilong_accepted", "Devices whose birth the backend has answered.", accepted)
        yield GaugeMetricFamily("lilong_world_seconds", "How long the world has been running.", run.world_now / 1000)
        frames = CounterMetricFamily(
            "lilong_frames", "Frames by class and by what became of them.", labels=("class", "fate")
        )
        for cls, counts in list(measures.counts.items()):
            for fate, count in asdict(counts).items():
                frames.add_metric((CLASS_NAMES[cls], fate), count)
        yield frames
        raised = CounterMetricFamily("lilong_alarms_raised", "Alarms raised by devices.", labels=("alarm",))
        for code, count in sorted(Counter(alarm.code for alarm in alarms).items()):
            raised.add_metric((ALARM[code].name,), count)
        yield raised
        waiting = sum(1 for alarm in alarms if alarm.stored is None)
        yield GaugeMetricFamily("lilong_alarms_in_flight", "Alarms without their stored-ack.", waiting)
        broken = sum(run.troubles.values())
        yield CounterMetricFamily("lilong_link_failures", "Links that broke, or could not be had.", broken)
        yield _histogram("lilong_lag_seconds", "How late devices and worlds were called.", {(): measures.lag}, ())
        yield _histogram(
            "lilong_connect_seconds", "From the wish to connect to a stage.",
            {(stage,): one for stage, one in measures.connect.items()}, ("stage",),
        )  # fmt: skip
        yield _histogram(
            "lilong_puback_seconds", "From the due time to the PUBACK.",
            {(CLASS_NAMES[cls],): one for cls, one in list(measures.puback.items())}, ("class",),
        )  # fmt: skip
        yield _histogram(
            "lilong_stored_seconds", "From the decision to the stored-ack.",
            {(name,): one for name, one in list(measures.stored.items())}, ("alarm",),
        )  # fmt: skip


def address_of(text: str) -> tuple[str, int]:
    """Host and port; MetricsError for what is none."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise MetricsError(f"--metrics {text}: not an address; give one like 127.0.0.1:9464")
    return host, int(port)


class Endpoint:
    """`with Endpoint("127.0.0.1:9464", run)`: http://127.0.0.1:9464/metrics until the end."""

    def __init__(self, address: str, run: Measured) -> None:
        """MetricsError when the address is none, or taken."""
        host, port = address_of(address)
        registry = CollectorRegistry()
        registry.register(Metrics(run))
        try:
            self._server, self._thread = start_http_server(port, host.strip("[]"), registry)
        except OSError as error:
            raise MetricsError(f"--metrics {address}: {error.strerror or error}; give another address") from None
        self.url = f"http://{host}:{self._server.server_port}/metrics"

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _histogram(
    name: str, told: str, histograms: Mapping[tuple[str, ...], Latency], labels: tuple[str, ...]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, told, labels=labels)
    for key, latency in histograms.items():
        sizes = latency.counts()
        buckets = []
        for bound in BOUNDS_MS:
            within = sum(count for ms, count in sizes if ms <= bound * SLACK)
            buckets.append((f"{bound / 1000:g}", float(within)))
        whole = sum(count for _, count in sizes)
        total_ms = sum(ms * count for ms, count in sizes)
        family.add_metric(key, [*buckets, ("+Inf", float(whole))], total_ms / 1000)
    return family
