"""`lilong simulate`: estates in virtual time."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from lilong_simulator.data_faults import DATA_FAULTS
from lilong_simulator.data_faults import parse as parse_data_faults
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.incidents import find
from lilong_simulator.incidents.here import touched
from lilong_simulator.load.faults import FAULTS, FaultAsked, FaultError, parse
from lilong_simulator.load.faults.given import of_incidents
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.load.scenario import read_scenario
from lilong_simulator.tables import parquet
from lilong_simulator.tables.parquet import ParquetError
from lilong_simulator.virtual_run import POWER_ON_MS
from rich.console import Console

from .inputs import InputError, local_time, output_folder, virtual_days
from .stopping import told_by_signals
from .usual_incidents import fitting
from .virtual import JSONL, PARQUET, Job
from .virtual_estates import run_virtual

START = datetime(2026, 3, 4)
USUAL = ("kitchen_fire", "morning_rush")
NONE = "none"
DAY_S = 86_400
INSTALL = f"{sys.executable} -m pip install 'lilong[parquet]'"
MOST_COPIES = 10_000


class Format(StrEnum):
    PARQUET = PARQUET
    JSONL = JSONL


def simulate(
    estate: Annotated[str, typer.Argument(help="a built-in estate or street, or the path of a file of one")],
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
        typer.Option("--incident", help="of `lilong incidents`, a file, an alarm, or none; several times"),
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
    if not 1 <= copies <= MOST_COPIES:
        raise InputError(f"--copies {copies}: out of bounds; give 1 to {MOST_COPIES:,}")
    members, usual = _members(estate, copies)
    known = {name: load_estate(name) for name in dict.fromkeys(one.estate for one in members)}
    names: tuple[str, ...] = ()
    for place in known.values():
        names = _checked(place, incident or usual)
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: too few; give at least 1")
    begin = local_time("--start", start or START)
    chosen = _format(format, console)
    if not sealed and chosen == JSONL:
        raise InputError(f"--unsealed: frames are all that messages.jsonl has; write Parquet ({INSTALL}), or seal")
    whole = virtual_days("--days", days)
    faults = _faults({_id(known[one.estate], one.copy): known[one.estate] for one in members}, fault or (), whole)
    chosen_incidents = [find(name) for name in names]
    caused = {name: tuple(of_incidents(chosen_incidents, place, begin, whole * DAY_S)) for name, place in known.items()}
    wrong = {} if data_faults is None else parse_data_faults(data_faults)
    folder = output_folder("--out", out)
    jobs = [
        Job(
            one.estate, one.copy, seed, begin, whole, names,
            folder / _id(known[one.estate], one.copy) if len(members) > 1 else folder, chosen, sealed,
            faults=faults + caused[one.estate], data_faults=wrong, grid=one.grid,
            officer=one.officer,
        )
        for one in members
    ]  # fmt: skip
    try:
        with told_by_signals() as stopped:
            code = run_virtual(jobs, workers or os.cpu_count() or 1, console, stopped)
        sys.exit(code)
    except (ParquetError, OSError) as error:
        raise InputError(str(error)) from error


class Member(NamedTuple):
    """One estate of a run: `copy` 1, 2 ... of those by its plan; `grid`, `officer`: where, if a street says so."""

    estate: str
    copy: int
    grid: tuple[str, ...] = ()
    officer: str = ""


def _members(name: str, copies: int) -> tuple[list[Member], tuple[str, ...]]:
    """All estates of a run, and the incidents that are usual for it: a street's own, or those of an estate."""
    scenario = read_scenario(name)
    if not scenario.several:
        (alone,) = scenario.estates
        members = [Member(alone.estate, copy) for copy in range(1, copies + 1)]
        return members, fitting(USUAL, [alone.estate]) or (NONE,)
    if copies > 1:
        raise InputError(f"--copies {copies}: {name} says itself how many of each; leave it out")
    if any(group.scale < 1 for group in scenario.estates):
        raise InputError(f"{name}: has shares of estates (scale), which only lilong load plays; give whole ones")
    members = []
    many: Counter[str] = Counter()
    for group in scenario.estates:
        for _ in range(group.copies):
            many[group.estate] += 1
            members.append(Member(group.estate, many[group.estate], group.grid, group.officer))
    return members, scenario.incidents or (NONE,)


def _checked(place: Estate, names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The names; IncidentError for one that is unknown, or that the estate has no place for."""
    if list(names) == [NONE]:
        return ()
    for name in names:
        touched(name, find(name), place)
    return tuple(names)


def _faults(places: Mapping[str, Estate], texts: Iterable[str], days: float) -> tuple[FaultAsked, ...]:
    """FaultError for one that is none, that begins too late, or that there is no place for. places: by id."""
    faults = tuple(parse(text) for text in texts)
    for one in faults:
        if one.at_s >= days * DAY_S:
            raise FaultError(f"fault {one}: the run is over after {days * DAY_S:g} s; begin earlier", "at_s")
        if one.at_s * 1000 < POWER_ON_MS:
            raise FaultError(
                f"fault {one}: devices get their power within the first {POWER_ON_MS // 1000} s; begin later", "at_s"
            )
    plan(faults, {tenant: place.devices for tenant, place in places.items()}, seed=0)
    return faults


def _id(place: Estate, copy: int) -> str:
    return place.id if copy == 1 else f"{place.id}_{copy}"


def _format(wanted: Format | None, console: Console) -> str:
    there = parquet.is_there()
    if wanted == Format.PARQUET and not there:
        raise InputError(f"--format parquet: what writes it is not installed; {INSTALL}, or --format jsonl")
    if wanted is None and not there:
        console.print(f"messages.jsonl instead of Parquet: {INSTALL} brings what writes it")
    return wanted.value if wanted is not None else PARQUET if there else JSONL
