"""The command line: `lilong demo`, `load`, `simulate`, `watch` ..."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.keystore import KeyStoreError
from lilong_protocol.pc.simulation import PublicKeyError, simulation_key_at
from lilong_simulator import incidents
from lilong_simulator.estate import EstateError
from lilong_simulator.feed import FeedError
from lilong_simulator.fleet.live import CredentialsError, FileLimitError
from lilong_simulator.load.compare import CompareError
from lilong_simulator.load.errors import RunError
from lilong_simulator.load.faults import FaultError
from lilong_simulator.load.faults.given import with_faults
from lilong_simulator.load.lines import RecordingError
from lilong_simulator.load.payload import TemplateError
from lilong_simulator.load.places import Place, places_of
from lilong_simulator.load.prometheus import MetricsError
from lilong_simulator.load.record import RecordError
from lilong_simulator.load.scenario import START, Copies, Scenario, ScenarioError
from lilong_simulator.load.thresholds import ThresholdError
from rich.console import Console

from .battery_command import battery
from .boards import BoardError
from .boards.command import boards
from .broker import BrokerError, parse_url
from .broker_config import BrokerConfigError
from .broker_config.command import broker_config
from .centre_process import CentreProcessError
from .conform.cli import app as conform
from .demo import run_demo
from .flash.command import bundle, flash
from .flash.errors import FlashError
from .inputs import InputError, local_time, output_folder, seconds
from .keys_command import keys
from .live import Request
from .load import options
from .load.command import load
from .load.compare_command import compare
from .load.replay_command import replay
from .provision.command import provision
from .provision.errors import ProvisionError
from .running import run
from .sbom import SbomError
from .sbom_command import sbom
from .selftest.command import selftest
from .simulate_command import simulate
from .update.command import update
from .update.errors import UpdateError
from .watch.cli import watch_command
from .wireshark import dissector

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(conform, name="conform")

BAD_INPUT = 2
NO_INCIDENT = "none"

Seed = Annotated[int, typer.Option(help="the same seed gives the same run")]
Duration = Annotated[float | None, typer.Option(help="seconds from the moment when all are online")]
Report = Annotated[Path | None, typer.Option(help="folder for report.json and report.html")]
Incidents = Annotated[
    list[str] | None,
    typer.Option("--incident", help=f"{', '.join(sorted(incidents.INCIDENTS))}, or none; may be given several times"),
]
PublicKey = Annotated[
    bool, typer.Option("--simulation-key", help="use the public key of simulations on another machine's broker")
]
Start = Annotated[datetime | None, typer.Option(help="local time of the estate when the world begins")]


@app.command()
def demo(
    estate: Annotated[str, typer.Option(help="a built-in estate, or the path of an estate file")] = "music_plaza",
    broker: Annotated[str | None, typer.Option(help="mqtt://host:port; else mosquitto, else our own")] = None,
    own_broker: Annotated[bool, typer.Option("--own-broker", help="our own even where mosquitto is installed")] = False,
    headless: Annotated[bool, typer.Option(help="a simulated operator acknowledges; ends by itself")] = False,
    duration: Duration = None,
    report: Report = None,
    seed: Seed = 7,
    incident: Incidents = None,
    fault: options.Faults = None,
    start: Start = None,
    http: Annotated[str, typer.Option(help="where the console listens; port 0: any free one")] = "127.0.0.1:8765",
    public_key: PublicKey = False,
) -> None:
    """An estate alive: broker, devices, management centre and console."""
    if headless and duration is None:
        duration = 60.0
    if broker is not None and own_broker:
        raise InputError("--broker and --own-broker: only one broker can be used; leave one of them out")
    scenario = replace(
        Scenario((Copies(estate),)), seed=seed, start=local_time("--start", start or START),
        duration_s=seconds("--duration", duration), incidents=_names(incident),
    )  # fmt: skip
    scenario = with_faults(scenario, fault)
    places = places_of(scenario)
    keys = _keys(places, broker, public_key)
    folder = None if report is None else output_folder("--report", report)
    request = Request(scenario, places, keys, folder, True, headless, True)
    run(lambda stopper: run_demo(request, estate, broker, own_broker, http, headless, _console(), stopper))


app.command()(load)
app.command()(replay)
app.command()(simulate)
app.command("compare")(compare)
app.command("watch")(watch_command)


@app.command("dissector")
def dissector_command(
    out: Annotated[Path | None, typer.Option(help="a file for Wireshark's plugin folder; else printed")] = None,
) -> None:
    """The Wireshark dissector of lilong frames in MQTT, with the registry's names."""
    if out is None:
        sys.stdout.write(dissector())
        return
    try:
        out.write_text(dissector(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}); name a file in a folder") from None


app.command("broker-config")(broker_config)
app.command("boards")(boards)
app.command("provision")(provision)
app.command("battery")(battery)
app.command("sbom")(sbom)
app.command("flash")(flash)
app.command("bundle")(bundle)
app.command("selftest")(selftest)
app.add_typer(keys, name="keys")
app.add_typer(update, name="update")


def _names(given: list[str] | None) -> tuple[str, ...]:
    """The names of the incidents that were asked for."""
    names = given or ["kitchen_fire_cut"]
    return () if names == [NO_INCIDENT] else tuple(names)


def _keys(places: Sequence[Place], broker: str | None, asked_for: bool) -> dict[str, bytes]:
    """The keys of simulations, as far as the broker allows them; None is one of our own."""
    there = None if broker is None else parse_url(broker)
    if there is not None and there.tls is not None:
        raise InputError(f"--broker mqtts://{there.host}: a demo speaks no TLS; give an mqtt:// for tests")
    host = "localhost" if there is None else there.host
    hint = "give --simulation-key if that is a lab"
    return {place.tenant: simulation_key_at(place.tenant, host, asked_for, hint) for place in places}


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, markup=False)


def main() -> None:
    """The console script: bad input ends with one clear message and exit code 2."""
    try:
        app()
    except (
        InputError, EstateError, BrokerError, CentreProcessError, RunError, FeedError, incidents.IncidentError,
        BoardError, BrokerConfigError, CompareError, CredentialsError, FaultError, FileLimitError, FlashError,
        KeyStoreError, MetricsError, ProvisionError, PublicKeyError, RecordError, RecordingError, SbomError,
        ScenarioError, TemplateError, ThresholdError, UpdateError,
    ) as error:  # fmt: skip
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"lilong: {error}", style="red", markup=False)
        sys.exit(BAD_INPUT)
