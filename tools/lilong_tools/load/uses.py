"""What a run would use beside its devices, in words: how it reaches the broker, what it speaks, judges and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lilong_simulator.load.payload import Template
from lilong_simulator.load.payload.facts import NAMES
from lilong_simulator.load.scenario import Scenario
from lilong_simulator.report.model import SEALED

from .target import source_addresses

Row = tuple[str, str]
"""A name and what is told of it."""

FILES = (
    ("ca", "the broker's certificate by"), ("cert", "a certificate"), ("key", "its key"),
    ("certificates", "certificates of each in"), ("credentials", "credentials of each in"),
)  # fmt: skip
OUTPUTS = (("report", "report"), ("junit", "JUnit"), ("record", "recording"), ("metrics", "Prometheus at"))
DONE_BY = ("broker_restart", "broker_freeze", "broker_thaw")


def spoken(scenario: Scenario) -> Iterator[Row]:
    """What devices say, and what ends the retries of an alarm."""
    if scenario.template is None:
        yield "payload", SEALED
    else:
        template = Template.parse(*scenario.template)
        messages = ", ".join(name for name, kind in NAMES.items() if kind in template.messages)
        yield "payload", f"template {template.name}: {messages}"
    samples = "" if scenario.telemetry_qos is None else f"; samples with QoS {scenario.telemetry_qos}"
    ends = {"stored": "the backend's stored-ack", "puback": "the PUBACK", "observed": "the backend's observed feed"}
    yield "retries", f"an alarm is said again until {ends[scenario.accept]}{samples}"


def played(scenario: Scenario, given: Mapping[str, Any]) -> Iterator[Row]:
    """Seed, start, rate, incidents, faults, and by how many processes."""
    rate = "" if scenario.rate == 1 else f", periods / {scenario.rate:g}"
    yield "world", f"from {scenario.start.isoformat(' ')}, seed {scenario.seed}{rate}"
    if given.get("find_the_knee"):
        yield "knee", "a run at that rate, then at ever higher ones until something no longer holds"
    yield "incidents", ", ".join(scenario.incidents) or "none"
    for fault in scenario.faults:
        yield "fault", str(fault)
    if not scenario.faults:
        yield "faults", "none"
    if scenario.data_faults:
        rates = ", ".join(f"{kind} {rate:g}" for kind, rate in scenario.data_faults.items())
        yield "data faults", f"per device and hour: {rates}"
    for name in DONE_BY:
        if given.get(name):
            yield name.replace("_", " "), f"by {given[name]!r}"
    if given.get("app"):
        yield "app", f"residents ask for things at {given['app']}"
    yield "processes", processes(given)


def boards(scenario: Scenario, given: Mapping[str, Any]) -> Iterator[Row]:
    """Whether there is real MicroPython among the devices."""
    suits = scenario.template is None and scenario.accept == "stored" and scenario.telemetry_qos != 1
    alone = not given.get("find_the_knee") and given.get("cluster") is None
    asked = given.get("real_micropython", True)
    yield "real MicroPython", "a process of every kind, where it is installed" if asked and suits and alone else "none"


def processes(given: Mapping[str, Any]) -> str:
    workers, cluster = given.get("workers"), given.get("cluster")
    if cluster is None:
        return f"{workers} workers here" if workers else "this one"
    nodes = f"{cluster} nodes that are made here" if cluster.isdigit() else f"the nodes of {cluster}"
    return f"{workers} over {nodes}" if workers else f"one a node of {nodes}"


def reached(url: str, given: Mapping[str, Any], by_template: bool = False, plain: bool = False) -> Iterator[Row]:
    """How connections are made, and by which keys devices speak."""
    scheme = url.partition("://")[0]
    told = [{"mqtts": "TLS", "ws": "WebSocket", "wss": "WebSocket over TLS"}.get(scheme, "TCP")]
    if "@" in url:
        told.append(f"as {url.partition('://')[2].rpartition('@')[0].partition(':')[0]}")
    told += [f"{words} {given[name]}" for name, words in FILES if given.get(name) is not None]
    yield "connections by", ", ".join(told)
    sources = source_addresses(given.get("source") or ())
    yield "sources", "whichever address the system takes" if not sources else _several(sources)
    if not plain and not by_template:
        keys = "the public keys of simulations" if given.get("keys") is None else f"those of {given['keys']}"
        yield "keys", keys


def _several(sources: Sequence[str]) -> str:
    if len(sources) == 1:
        return sources[0]
    return f"{len(sources)} addresses, {sources[0]} to {sources[-1]}"


def judged(given: Mapping[str, Any], accept: str) -> Iterator[Row]:
    """By what ingest is measured, and each threshold."""
    if given.get("observed") is not None:
        by = f"the backend's observed feed {given['observed']}"
    elif given.get("probe"):
        by = "a subscriber of ours"
    else:
        by = "the PUBACK, which says nothing of a backend" if accept == "puback" else "the stored-ack at the device"
    yield "ingest by", by
    if given.get("linkage"):
        yield "linkage", "the backend must release the doors on fire"
    yield from thresholds(given)


def thresholds(given: Mapping[str, Any]) -> Iterator[Row]:
    for text in given.get("require") or ():
        yield "required", str(text)
    if not given.get("require"):
        yield "required", "nothing beside the limits of the world" if given.get("clients") is None else "nothing"


def written(given: Mapping[str, Any]) -> Iterator[Row]:
    told = [f"{words} {given[name]}" for name, words in OUTPUTS if given.get(name) is not None]
    yield "written", ", ".join(told) or "nothing"
