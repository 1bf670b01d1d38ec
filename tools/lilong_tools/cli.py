"""The command line: `lilong demo`, `load`, `simulate`, `watch` ..."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from lilong_protocol.pc.keystore import KeyStoreError
from lilong_protocol.pc.simulation import PublicKeyError, simulation_key_at
from lilong_simulator import incidents
from lilong_simulator.estate import EstateError
from lilong_simulator.feed import FeedError, FeedReader
from lilong_simulator.load.places import places_of
from lilong_simulator.load.run import RunError
from lilong_simulator.load.scenario import START, ScenarioError, read_scenario
from rich.console import Console

from .battery_command import battery
from .boards import BoardError
from .boards.command import boards
from .broker import BrokerError, open_broker, parse_url
from .broker_config import BrokerConfigError
from .broker_config.command import broker_config
from .centre_process import CentreProcessError
from .conform.cli import app as conform
from .demo import run_demo
from .flash.command import bundle, flash
from .flash.errors import FlashError
from .inputs import InputError, local_time, output_folder, seconds
from .keys_command import keys
from .live import Request, run_live
from .provision.command import provision
from .provision.errors import ProvisionError
from .sbom import SbomError
from .sbom_command import sbom
from .selftest.command import selftest
from .simulate_command import simulate
from .stopping import Stopper, stopped_by_signals
from .update.command import update
from .update.errors import UpdateError
from .watch.cli import watch_command
from .wireshark import dissector

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(conform, name="conform")

BAD_INPUT = 2
INTERRUPTED = 130  # what a shell says of a command that Ctrl-C ended
NO_INCIDENT = "none"

Seed = Annotated[int, typer.Option(help="the same seed gives the same run")]
EstateName = Annotated[str, typer.Argument(help="a built-in estate, or the path of an estate file")]
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
    start: Start = None,
    http: Annotated[str, typer.Option(help="where the console listens; port 0: any free one")] = "127.0.0.1:8765",
    public_key: PublicKey = False,
) -> None:
    """An estate alive: broker, devices, management centre and console."""
    if headless and duration is None:
        duration = 60.0
    if broker is not None and own_broker:
        raise InputError("--broker and --own-broker: only one broker can be used; leave one of them out")
    request = _request(
        estate, seed, start, duration, incident, report, headless, True, _public_key(broker, public_key)
    )
    _run(lambda stopper: run_demo(request, estate, broker, own_broker, http, headless, _console(), stopper))


@app.command()
def load(
    estate: EstateName,
    broker: Annotated[str, typer.Option(help="mqtt://[user:password@]host[:port]")],
    duration: Duration = 60.0,
    report: Report = None,
    observed: Annotated[Path | None, typer.Option(help="the backend's observed feed, JSON lines")] = None,
    seed: Seed = 7,
    incident: Incidents = None,
    start: Start = None,
    real_micropython: Annotated[bool, typer.Option(help="one real MicroPython process of every kind")] = True,
    linkage: Annotated[bool, typer.Option(help="judge the doors too: the backend releases them on fire")] = False,
    public_key: PublicKey = False,
) -> None:
    """The live fleet against any broker and backend."""
    key = _public_key(broker, public_key)
    request = _request(estate, seed, start, duration, incident, report, False, linkage, key, real_micropython)
    feed = None if observed is None else FeedReader(observed)

    async def run(stopper: Stopper) -> int:
        async with open_broker(broker) as there:
            return await run_live(request, there, feed, _console(), stopper)

    _run(run)


app.command()(simulate)
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


def _request(
    name: str,
    seed: int,
    start: datetime | None,
    duration: float | None,
    incident: list[str] | None,
    folder: Path | None,
    acknowledgement_expected: bool,
    linkage_expected: bool,
    key: Callable[[str], bytes],
    real_micropython: bool = True,
) -> Request:
    """A live run as it was asked for, with everything looked at that can be wrong before it begins."""
    scenario = replace(
        read_scenario(name), seed=seed, start=local_time("--start", start or START),
        duration_s=seconds("--duration", duration), incidents=_names(incident, ["kitchen_fire_cut"]),
    )  # fmt: skip
    places = places_of(scenario)
    return Request(
        scenario, places, {place.tenant: key(place.tenant) for place in places},
        None if folder is None else output_folder("--report", folder), real_micropython, acknowledgement_expected,
        linkage_expected,
    )  # fmt: skip


def _names(given: list[str] | None, otherwise: list[str]) -> tuple[str, ...]:
    """The names of the incidents that were asked for."""
    names = given or otherwise
    return () if names == [NO_INCIDENT] else tuple(names)


def _public_key(broker: str | None, asked_for: bool) -> Callable[[str], bytes]:
    """The key of simulations by tenant, as far as the broker allows it; None is one of our own."""
    there = None if broker is None else parse_url(broker)
    if there is not None and there.tls is not None:
        raise InputError(f"--broker mqtts://{there.host}: simulated devices speak no TLS; give an mqtt:// for tests")
    host = "localhost" if there is None else there.host
    return lambda tenant: simulation_key_at(tenant, host, asked_for, "give --simulation-key if that is a lab")


def _run(work: Callable[[Stopper], Coroutine[Any, Any, int]]) -> None:
    """Exit with what a live run gives."""

    async def run() -> int:
        with stopped_by_signals() as stopper:
            return await work(stopper)

    try:
        code = uvloop.run(run())
    except asyncio.CancelledError:
        code = INTERRUPTED
    sys.exit(code)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, markup=False)


def main() -> None:
    """The console script: bad input ends with one clear message and exit code 2."""
    try:
        app()
    except (
        InputError, EstateError, BrokerError, CentreProcessError, RunError, FeedError, incidents.IncidentError,
        BoardError, BrokerConfigError, FlashError, KeyStoreError, ProvisionError, PublicKeyError, SbomError,
        ScenarioError, UpdateError,
    ) as error:  # fmt: skip
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"lilong: {error}", style="red", markup=False)
        sys.exit(BAD_INPUT)
