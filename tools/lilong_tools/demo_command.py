"""The options of `lilong demo`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.simulation import simulation_key_at
from lilong_simulator.data_faults import parse as parse_data_faults
from lilong_simulator.fleet.live import need_files
from lilong_simulator.load.faults.given import with_faults
from lilong_simulator.load.places import Place, places_of
from lilong_simulator.load.scenario import START, Copies, Scenario
from rich.console import Console

from .broker import parse_url
from .centre.forwarding.courier import Receiver
from .centre.model import CentreError
from .demo import run_demo
from .inputs import InputError, local_time, output_folder, seconds
from .live import Request
from .load import options
from .running import run
from .usual_incidents import fitting

NO_INCIDENT = "none"
USUAL = ("kitchen_fire_cut",)

Seed = Annotated[int, typer.Option(help="the same seed gives the same run")]
Duration = Annotated[float | None, typer.Option(help="seconds from the moment when all are online")]
Report = Annotated[Path | None, typer.Option(help="folder for report.json and report.html")]
Incidents = Annotated[
    list[str] | None,
    typer.Option("--incident", help="of `lilong incidents`, a file, an alarm, or none; several times"),
]
PublicKey = Annotated[
    bool, typer.Option("--simulation-key", help="use the public key of simulations on another machine's broker")
]
Start = Annotated[datetime | None, typer.Option(help="local time of the estate when the world begins")]
ForwardTo = Annotated[
    str | None, typer.Option(help="http://host:port/path that confirmed alarms are posted to; else a stub of our own")
]


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
    data_faults: options.DataFaults = None,
    start: Start = None,
    http: Annotated[str, typer.Option(help="where the console listens; port 0: any free one")] = "127.0.0.1:8765",
    public_key: PublicKey = False,
    forward_to: ForwardTo = None,
) -> None:
    """An estate alive: broker, devices, management centre and console."""
    if headless and duration is None:
        duration = 60.0
    if broker is not None and own_broker:
        raise InputError("--broker and --own-broker: only one broker can be used; leave one of them out")
    scenario = replace(
        Scenario((Copies(estate),)), seed=seed, start=local_time("--start", start or START),
        duration_s=seconds("--duration", duration), incidents=_names(incident, estate),
        data_faults={} if data_faults is None else parse_data_faults(data_faults),
    )  # fmt: skip
    scenario = with_faults(scenario, fault)
    places = places_of(scenario)
    need_files(sum(len(place.devices) for place in places))
    keys = _keys(places, broker, public_key)
    folder = None if report is None else output_folder("--report", report)
    if forward_to is not None:
        _check_receiver(forward_to)
    request = Request(scenario, places, keys, folder, True, headless, True)
    run(lambda stopper: run_demo(request, estate, broker, own_broker, http, headless, _console(), stopper, forward_to))


def _names(given: list[str] | None, estate: str) -> tuple[str, ...]:
    """The names of the incidents that were asked for, or of the usual one."""
    if not given:
        return fitting(USUAL, [estate])
    return () if given == [NO_INCIDENT] else tuple(given)


def _keys(places: Sequence[Place], broker: str | None, asked_for: bool) -> dict[str, bytes]:
    """The keys of simulations, as far as the broker allows them; None is one of our own."""
    there = None if broker is None else parse_url(broker)
    if there is not None and there.tls is not None:
        raise InputError(f"--broker mqtts://{there.host}: a demo speaks no TLS; give an mqtt:// for tests")
    host = "localhost" if there is None else there.host
    hint = "give --simulation-key if that is a lab"
    return {place.tenant: simulation_key_at(place.tenant, host, asked_for, hint) for place in places}


def _check_receiver(url: str) -> None:
    """Whether the centre could use it, before anything starts."""
    try:
        Receiver(url)
    except CentreError as error:
        raise InputError(str(error)) from None


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, markup=False)
