"""The figures of a run for Prometheus: true, scraped while they change, and never a series for each device."""

import json
import threading
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from lilong_firmware.effects import ACCEPTED, RAISED, STORED
from lilong_protocol import topics
from lilong_simulator.load import prometheus
from lilong_simulator.load.prometheus import Endpoint, Metrics, MetricsError
from prometheus_client.parser import text_string_to_metric_families
from test_load_measures import BOOT, SMOKE, A, B, Script

DASHBOARD = Path(prometheus.__file__).with_name("grafana.json")


@pytest.fixture
def run():
    script = Script()
    recorder = script.recorder
    for device in (A, B):
        recorder.link(1.0, device, True)
        recorder.connect(5.0, device, "online", 1.0)
        recorder.note(6.0, device, ACCEPTED, 0, BOOT, 0)
    for took in (0.9, 1.0, 40.0, 5_000.0):
        recorder.sent(2_000.0, A, topics.STATE, b"", 2_000.0)
        recorder.puback(2_000.0 + took, A, topics.STATE, 2_000.0)
    for at in (3_000.0, 4_000.0):
        seq, _ = script.alarm(at)
        recorder.note(at, A, RAISED, SMOKE, BOOT, seq)
    recorder.note(4_020.0, A, STORED, SMOKE, BOOT, seq)
    recorder.lag(0.3)
    return SimpleNamespace(recorder=recorder, devices=[A, B], world_now=12_500.0, troubles={"closed": 3})


def scraped(run):
    with Endpoint("127.0.0.1:0", run) as endpoint, urllib.request.urlopen(endpoint.url, timeout=30) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            (one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples
        }


def test_a_scrape_tells_what_the_run_has_come_to(run):
    found = scraped(run)
    assert found["lilong_devices", ()] == 2
    assert found["lilong_connected", ()] == 2
    assert found["lilong_accepted", ()] == 2
    assert found["lilong_world_seconds", ()] == 12.5
    assert found["lilong_frames_total", (("class", "birth"), ("fate", "acknowledged"))] == 4
    assert found["lilong_alarms_raised_total", (("alarm", "smoke.alarm"),)] == 2
    assert found["lilong_alarms_in_flight", ()] == 1
    assert found["lilong_link_failures_total", ()] == 3
    assert found["lilong_stored_seconds_count", (("alarm", "smoke.alarm"),)] == 1


def test_latencies_are_cumulative_buckets_in_seconds(run):
    found = scraped(run)
    buckets = {
        float(dict(labels)["le"]): value
        for (name, labels), value in found.items()
        if name == "lilong_puback_seconds_bucket"
    }
    assert [buckets[le] for le in (0.0005, 0.001, 0.025, 0.05, 2.5, 5.0, float("inf"))] == [0, 2, 2, 3, 3, 4, 4]
    assert found["lilong_puback_seconds_sum", (("class", "birth"),)] == pytest.approx(5.042, rel=0.01)


def test_no_label_is_a_device(run):
    assert not [labels for _, labels in scraped(run) if {A, B} & set(dict(labels).values())]


def test_a_scrape_while_the_run_goes_on_never_fails(run):
    stop = threading.Event()

    def go_on():
        at = 10_000.0
        while not stop.is_set():
            at += 1
            run.recorder.sent(at, B, topics.STATE, b"", at)
            run.recorder.puback(at + at % 90, B, topics.STATE, at)
            run.recorder.lag(at % 7)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        before = 0.0
        for _ in range(20):
            (lag,) = (one for one in Metrics(run).collect() if one.name == "lilong_lag_seconds")
            counted = next(one.value for one in lag.samples if one.name.endswith("_count"))
            assert counted >= before, "a counter that falls looks like a restart"
            before = counted
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("address", ["9464", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_told(run, address):
    with pytest.raises(MetricsError, match="not an address; give one like"):
        Endpoint(address, run)


def test_an_address_that_is_taken_is_told(run):
    with Endpoint("127.0.0.1:0", run) as first:
        taken = first.url.removeprefix("http://").removesuffix("/metrics")
        with pytest.raises(MetricsError, match=f"--metrics {taken}: Address already in use; give another address"):
            Endpoint(taken, run)


def test_the_dashboard_asks_for_nothing_that_is_not_there(run):
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    known = {name for name, _ in scraped(run)}
    asked = set()
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            names = {word for word in target["expr"].replace("(", " ").replace("[", " ").replace("{", " ").split()
                     if word.startswith("lilong_")}  # fmt: skip
            assert names, target
            asked |= names
    assert asked <= known
    for name in ("lilong_connected", "lilong_puback_seconds_bucket", "lilong_lag_seconds_bucket"):
        assert name in asked
