"""`lilong simulate`: estates in virtual time."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from lilong_simulator.data_faults import DATA_FAULTS
from lilong_simulator.data_faults import parse as parse_data_faults
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.incidents import INCIDENTS, IncidentError, find
from lilong_simulator.load.faults import FAULTS, FaultAsked, FaultError, parse
from lilong_simulator.load.faults.given import of_incidents
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.tables import parquet
from lilong_simulator.tables.parquet import ParquetError
from lilong_simulator.virtual_run import POWER_ON_MS
from rich.console import Console

from .inputs import InputError, local_time, output_folder, virtual_days
from .stopping import told_by_signals
from .virtual import JSONL, PARQUET, Job
from .virtual_estates import run_virtual

START = datetime(2026, 3, 4)
USUAL = ("kitchen_fire", "morning_rush")
NONE = "none"
DAY_S = 86_400
INSTALL = "pip install 'lilong[parquet]'"
MOST_COPIES = 10_000


class Format(StrEnum):
    PARQUET = PARQUET
    JSONL = JSONL


def simulate(
    estate: Annotated[str, typer.Argument(help="a built-in estate, or the path of an estate file")],
    out: Annotated[Path, typer.Option(help="folder for messages, truth and score")],
    days: Annotated[float, typer.Option(help="virtual days; fractions are welcome")] = 1.0,
    seed: Annotated[int, typer.Option(help="the same seed gives the same bytes, whatever the number of workers")] = 7,
    copies: Annotated[int, typer.Option(help="estates by the same plan, each in a folder of its own")] = 1,
    workers: Annotated[int | None, typer.Option(help="processes, one estate each; else as many as processors")] = None,
    format: Annotated[Format | None, typer.Option(help="of the messages; else Parquet where it is installed")] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed/--unsealed", help="unsealed: heartbeats and telemetry without their frames")
    ] = True,
    incident: Annotated[
        list[str] | None,
        typer.Option("--incident", help=f"{', '.join(sorted(INCIDENTS))}, or none; may be given several times"),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help=f"'blackout at=20 for=30 feeder=core3': {', '.join(FAULTS)}; several times"),
    ] = None,
    data_faults: Annotated[
        str | None,
        typer.Option(help=f"wrong data per device and hour, as 0.001,stuck=0.0005: {', '.join(DATA_FAULTS)}"),
    ] = None,
    start: Annotated[datetime | None, typer.Option(help="local time of the estate when the world begins")] = None,
) -> None:
    """A day of an estate in virtual time, the management centre answering in the loop."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    place = load_estate(estate)
    names = _checked(place, incident or USUAL)
    if not 1 <= copies <= MOST_COPIES:
        raise InputError(f"--copies {copies}: out of bounds; give 1 to {MOST_COPIES:,}")
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: too few; give at least 1")
    begin = local_time("--start", start or START)
    chosen = _format(format, console)
    if not sealed and chosen == JSONL:
        raise InputError(f"--unsealed: frames are all that messages.jsonl has; write Parquet ({INSTALL}), or seal")
    whole = virtual_days("--days", days)
    faults = _faults(place, copies, fault or (), whole)
    faults += tuple(of_incidents(map(find, names), place, begin, whole * DAY_S))
    wrong = {} if data_faults is None else parse_data_faults(data_faults)
    folder = output_folder("--out", out)
    jobs = [
        Job(
            estate, copy, seed, begin, whole, names, _folder(folder, place, copy, copies), chosen, sealed,
            faults=faults, data_faults=wrong,
        )
        for copy in range(1, copies + 1)
    ]  # fmt: skip
    try:
        with told_by_signals() as stopped:
            code = run_virtual(jobs, workers or os.cpu_count() or 1, console, stopped)
        sys.exit(code)
    except (ParquetError, OSError) as error:
        raise InputError(str(error)) from error


def _checked(place: Estate, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The names; IncidentError for one that is unknown, or that the estate has no place for."""
    if list(names) == [NONE]:
        return ()
    for name in names:
        try:
            find(name).device_names(place)
        except IncidentError as error:
            raise IncidentError(f"{error}; --incident {NONE} goes without") from None
    return tuple(names)


def _faults(place: Estate, copies: int, texts: Iterable[str], days: float) -> tuple[FaultAsked, ...]:
    """FaultError for one that is none, that begins too late, or that the estate has no place for."""
    faults = tuple(parse(text) for text in texts)
    for one in faults:
        if one.at_s >= days * DAY_S:
            raise FaultError(f"fault {one}: the run is over after {days * DAY_S:g} s; begin earlier", "at_s")
        if one.at_s * 1000 < POWER_ON_MS:
            raise FaultError(
                f"fault {one}: devices get their power within the first {POWER_ON_MS // 1000} s; begin later", "at_s"
            )
    plan(faults, {_id(place, copy): place.devices for copy in range(1, copies + 1)}, seed=0)
    return faults


def _id(place: Estate, copy: int) -> str:
    return place.id if copy == 1 else f"{place.id}_{copy}"


def _folder(out: Path, place: Estate, copy: int, copies: int) -> Path:
    """Of one estate: its id names it where there are several."""
    if copies == 1:
        return out
    return out / _id(place, copy)


def _format(wanted: Format | None, console: Console) -> str:
    there = parquet.is_there()
    if wanted == Format.PARQUET and not there:
        raise InputError(f"--format parquet: what writes it is not installed; {INSTALL}, or --format jsonl")
    if wanted is None and not there:
        console.print(f"messages.jsonl instead of Parquet: {INSTALL} brings what writes it")
    return wanted.value if wanted is not None else PARQUET if there else JSONL
