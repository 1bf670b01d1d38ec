"""The command line: `lilong demo`, `load`, `simulate`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator import incidents
from lilong_simulator.estate import Estate, EstateError, load_estate
from lilong_simulator.feed import FeedError, FeedReader
from lilong_simulator.live_run import RunError
from rich.console import Console

from .broker import BrokerError, open_broker
from .centre_process import CentreProcessError
from .demo import run_demo
from .live import Request, run_live
from .virtual import run_virtual

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

DEMO_START = datetime(2026, 3, 4, 18, 38, 45)  # a Wednesday evening: people come home, kitchens are busy
SIMULATE_START = datetime(2026, 3, 4)
BAD_INPUT = 2

Seed = Annotated[int, typer.Option(help="the same seed gives the same run")]
EstateName = Annotated[str, typer.Argument(help="a built-in estate, or the path of an estate file")]
Duration = Annotated[float | None, typer.Option(min=1, help="seconds from the moment when all are online")]
Report = Annotated[Path | None, typer.Option(help="folder for report.json and report.html")]
Incidents = Annotated[list[str] | None, typer.Option("--incident", help="what happens; may be given several times")]
Start = Annotated[datetime | None, typer.Option(help="local time of the estate when the world begins")]


@app.command()
def demo(
    estate: Annotated[str, typer.Option(help="a built-in estate, or the path of an estate file")] = "music_plaza",
    broker: Annotated[str | None, typer.Option(help="mqtt://host:port; else mosquitto, else our own")] = None,
    headless: Annotated[bool, typer.Option(help="a simulated operator acknowledges; ends by itself")] = False,
    duration: Duration = None,
    report: Report = None,
    seed: Seed = 7,
    incident: Incidents = None,
    start: Start = None,
    http: Annotated[str, typer.Option(help="where the console listens; port 0: any free one")] = "127.0.0.1:8765",
) -> None:
    """An estate alive: broker, devices, management centre and console."""
    if headless and duration is None:
        duration = 60.0
    chosen = [incidents.find(name) for name in incident or ["kitchen_fire_cut"]]
    request = _request(load_estate(estate), seed, start or DEMO_START, duration, chosen, report, headless)
    console = Console(highlight=False, soft_wrap=True)
    sys.exit(uvloop.run(run_demo(request, estate, broker, http, headless, console)))


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
) -> None:
    """The live fleet against any broker and backend."""
    chosen = [incidents.find(name) for name in incident or ["kitchen_fire_cut"]]
    request = _request(
        load_estate(estate), seed, start or DEMO_START, duration, chosen, report, False, real_micropython
    )

    async def run() -> int:
        async with open_broker(broker) as there:
            return await run_live(
                request, there, FeedReader(observed) if observed else None, Console(highlight=False, soft_wrap=True)
            )

    sys.exit(uvloop.run(run()))


@app.command()
def simulate(
    estate: EstateName,
    out: Annotated[Path, typer.Option(help="folder for messages, truth and score")],
    days: Annotated[float, typer.Option(min=0.0001, max=3660, help="virtual days; fractions are welcome")] = 1.0,
    seed: Seed = 7,
    incident: Incidents = None,
    start: Start = None,
) -> None:
    """A day of an estate in virtual time, the management centre answering in the loop."""
    chosen = [incidents.find(name) for name in incident or ["kitchen_fire", "morning_rush"]]
    sys.exit(
        run_virtual(
            load_estate(estate),
            seed,
            start or SIMULATE_START,
            days,
            chosen,
            out,
            Console(highlight=False, soft_wrap=True),
        )
    )


def _request(
    estate: Estate,
    seed: int,
    start: datetime,
    duration: float | None,
    chosen: list[incidents.Incident],
    folder: Path | None,
    acknowledgement_expected: bool,
    real_micropython: bool = True,
) -> Request:
    return Request(
        estate, simulation_key(estate.id), seed, start, duration, chosen, folder, real_micropython,
        acknowledgement_expected,
    )  # fmt: skip


def main() -> None:
    """The console script: bad input ends with one clear message and exit code 2."""
    try:
        app()
    except (EstateError, BrokerError, CentreProcessError, RunError, FeedError, incidents.IncidentError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"lilong: {error}", style="red", markup=False)
        sys.exit(BAD_INPUT)
