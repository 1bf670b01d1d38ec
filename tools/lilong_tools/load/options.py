"""What `lilong load` may be given, as types of its options."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from lilong_simulator.data_faults import DATA_FAULTS
from lilong_simulator.load.faults import FAULTS
from lilong_simulator.load.payload.template import built_in

PLAIN = "Plain clients in place of an estate"
FLEET, BROKER, MEASURE, REPORT = "What is played", "The broker", "What is measured", "What is told"


class AcceptBy(StrEnum):
    """What ends the retries of an alarm."""

    STORED = "stored"
    PUBACK = "puback"
    OBSERVED = "observed"


Played = Annotated[
    str | None,
    typer.Argument(metavar="ESTATE", help="an estate by name or file, or a street: a file that lists estates"),
]
Clients = Annotated[
    int | None,
    typer.Option(help="no estate: so many plain clients, for a quick check of a broker", rich_help_panel=PLAIN),
]
Size = Annotated[int | None, typer.Option(help="bytes of each of their messages; else 64", rich_help_panel=PLAIN)]
Qos = Annotated[int | None, typer.Option(help="of their messages; else 1", min=0, max=1, rich_help_panel=PLAIN)]
Copies = Annotated[
    int | None, typer.Option(help="so many of the estate, each a tenant of its own", rich_help_panel=FLEET)
]
Duration = Annotated[
    float | None, typer.Option(help="seconds from the moment when all are online", rich_help_panel=FLEET)
]
Ramp = Annotated[
    float | None,
    typer.Option(help="seconds over which devices get their power; else 1,000 a second", rich_help_panel=FLEET),
]
Rate = Annotated[
    float | None,
    typer.Option(
        help="divides periods, multiplies events; never timers of rules; with --clients: messages a second",
        rich_help_panel=FLEET,
    ),
]
TelemetryQos = Annotated[
    int | None, typer.Option(help="1: the broker answers each sample too", min=0, max=1, rich_help_panel=FLEET)
]
FindKnee = Annotated[
    bool, typer.Option("--find-knee", help="raise the rate until something no longer holds", rich_help_panel=FLEET)
]
Seed = Annotated[int | None, typer.Option(help="the same seed gives the same run", rich_help_panel=FLEET)]
Start = Annotated[
    datetime | None, typer.Option(help="local time of the estate when the world begins", rich_help_panel=FLEET)
]
Incidents = Annotated[
    list[str] | None,
    typer.Option(
        "--incident", rich_help_panel=FLEET,
        help="of `lilong incidents`, a file, an alarm, or none; in each copy; several times",
    ),
]  # fmt: skip
RealMicroPython = Annotated[
    bool, typer.Option(help="one real MicroPython process of every kind", rich_help_panel=FLEET)
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault", rich_help_panel=FLEET,
        help=f"'blackout at=20 for=30 feeder=core3': {', '.join(FAULTS)}; several times",
    ),
]  # fmt: skip
DataFaults = Annotated[
    str | None,
    typer.Option(
        "--data-faults", rich_help_panel=FLEET,
        help=f"wrong data per device and hour, as 0.001,stuck=0.0005: {', '.join(DATA_FAULTS)}",
    ),
]  # fmt: skip
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="say what would be sent, and send nothing", rich_help_panel=FLEET)
]

Broker = Annotated[
    str,
    typer.Option(
        help="mqtt://host:port, mqtts://..., ws://host:port/path or wss://...; user:password@ before the host",
        rich_help_panel=BROKER,
    ),
]
BrokerRestart = Annotated[
    str | None, typer.Option(help="a shell command that restarts the broker, for that fault", rich_help_panel=BROKER)
]
BrokerFreeze = Annotated[
    str | None, typer.Option(help="a shell command that stops its process, for that fault", rich_help_panel=BROKER)
]
BrokerThaw = Annotated[
    str | None, typer.Option(help="a shell command that lets its process go on", rich_help_panel=BROKER)
]
Yes = Annotated[
    bool, typer.Option("--yes", help="load a broker on another machine without asking", rich_help_panel=BROKER)
]
PublicKey = Annotated[
    bool,
    typer.Option(
        "--simulation-key", help="use the public key of simulations on another machine's broker", rich_help_panel=BROKER
    ),
]
Keys = Annotated[
    Path | None, typer.Option(help="a key store with the estates' own keys (lilong keys)", rich_help_panel=BROKER)
]
Ca = Annotated[Path | None, typer.Option(help="PEM: who signed the broker's certificate", rich_help_panel=BROKER)]
Cert = Annotated[
    Path | None, typer.Option(help="PEM: a certificate for all without one of their own", rich_help_panel=BROKER)
]
Key = Annotated[Path | None, typer.Option(help="PEM: its key", rich_help_panel=BROKER)]
Certificates = Annotated[
    Path | None, typer.Option(help="a folder with DEVICE.crt and DEVICE.key of each", rich_help_panel=BROKER)
]
Credentials = Annotated[Path | None, typer.Option(help="a CSV file: device,username,password", rich_help_panel=BROKER)]
Source = Annotated[
    list[str] | None,
    typer.Option(help="a local address, or several: 127.0.0.1-127.0.0.8; several times", rich_help_panel=BROKER),
]

Observed = Annotated[
    str | None,
    typer.Option(
        help="the backend's observed feed: a file, mqtt:TOPIC, http://... or https://...", rich_help_panel=MEASURE
    ),
]
App = Annotated[
    str | None,
    typer.Option(help="http[s]://... of the backend: residents switch on charging sockets there", metavar="URL"),
]
Probe = Annotated[
    bool, typer.Option("--probe", help="a subscriber of ours tells when alarms are delivered", rich_help_panel=MEASURE)
]
Accept = Annotated[
    AcceptBy | None,
    typer.Option(help="what ends the retries of an alarm; else its stored-ack", rich_help_panel=MEASURE),
]
Workers = Annotated[
    int | None,
    typer.Option(help="so many processes share the devices; with --cluster: over its nodes", min=1, max=1000,
                 rich_help_panel=FLEET),
]  # fmt: skip
Cluster = Annotated[
    str | None,
    typer.Option(
        help="a Dask cluster: tcp:// or tls://SCHEDULER:8786, or how many nodes to make here", rich_help_panel=FLEET
    ),
]
ClusterCa = Annotated[Path | None, typer.Option(help="PEM: the CA of a cluster by tls://", rich_help_panel=FLEET)]
ClusterCert = Annotated[Path | None, typer.Option(help="PEM: a certificate of that cluster", rich_help_panel=FLEET)]
ClusterKey = Annotated[Path | None, typer.Option(help="PEM: its key", rich_help_panel=FLEET)]
Template = Annotated[
    str | None,
    typer.Option(
        help=f"JSON or SenML in place of sealed frames: {', '.join(built_in())}, or a TOML file (docs/templates.md)",
        rich_help_panel=BROKER,
    ),
]
Linkage = Annotated[
    bool, typer.Option(
        help="ask what not every backend has: it commands doors, valves and lamps, concludes and forwards",
        rich_help_panel=MEASURE,
    )
]
Require = Annotated[
    list[str] | None,
    typer.Option(help="a threshold: ingest.p99<=1s, missed==0; several times; exit 99", rich_help_panel=MEASURE),
]

Report = Annotated[Path | None, typer.Option(help="folder for report.json and report.html", rich_help_panel=REPORT)]
Junit = Annotated[Path | None, typer.Option(help="file for JUnit XML", rich_help_panel=REPORT)]
Record = Annotated[
    Path | None, typer.Option(help="a file for all that devices send, for lilong replay", rich_help_panel=REPORT)
]
Metrics = Annotated[str | None, typer.Option(help="where Prometheus may ask: 127.0.0.1:9464", rich_help_panel=REPORT)]
