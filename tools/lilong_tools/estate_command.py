"""`lilong estate`: what estates there are, whether a file is one, what it comes to, how it looks, and a new one."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.new import PROFILES, text_of
from lilong_simulator.estate.plan import drawn
from lilong_simulator.estate.source import ESTATES
from rich.console import Console

from .estate_asked import asked_of
from .estate_totals import purpose, tell
from .inputs import InputError

estate = typer.Typer(no_args_is_help=True, help="Estates as files: listed, checked, drawn, and made.")

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="a built-in estate, or the path of an estate file")]


@estate.command("list")
def list_() -> None:
    """The built-in estates and what each is for."""
    files = sorted(ESTATES.glob("*.toml"))
    width = max(len(file.stem) for file in files)
    for file in files:
        place = load_estate(file)
        size = f"{len(place.flats):>5,} homes  {len(place.devices):>5,} devices"
        typer.echo(f"{file.stem:<{width}}  {size}  {purpose(file)}")


@estate.command()
def check(name: Name) -> None:
    """Whether a file is an estate, and what that comes to: homes, people, devices, feeders, messages."""
    tell(load_estate(name), Console(highlight=False, soft_wrap=True, markup=False))


@estate.command()
def plan(
    name: Name,
    out: Annotated[Path, typer.Option(help="the drawing, SVG")] = Path("plan.svg"),
) -> None:
    """Draw it: greens, roads, buildings with their cores, gates, the fence, and every device."""
    place = load_estate(name)
    text = drawn(place)
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(
            f"--out {out}: cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from None
    typer.echo(f"{out}: {place.name['en']}, {len(place.devices):,} devices")


@estate.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="its name is the estate's id")],
    profile: Annotated[str | None, typer.Option(help=", ".join(PROFILES))] = None,
    name: Annotated[str | None, typer.Option(help="in English; else by the file's")] = None,
    name_zh: Annotated[str | None, typer.Option(help="in Chinese")] = None,
    households: Annotated[int | None, typer.Option(help="flats, one household each")] = None,
    cores: Annotated[int | None, typer.Option(help="stairs and lifts, in towers or side by side")] = None,
    storeys: Annotated[int | None, typer.Option(help="of the residential buildings")] = None,
    perimeter: Annotated[float | None, typer.Option(help="m; else as long as the buildings need")] = None,
    gates: Annotated[int | None, typer.Option(help="for people, 1 to 4")] = None,
    drives: Annotated[int | None, typer.Option(help="gates for cars, 0 to 4")] = None,
    bays: Annotated[int | None, typer.Option(help="for cars; else 0.44 a household")] = None,
    persons: Annotated[float | None, typer.Option(help="a household")] = None,
    elders: Annotated[float | None, typer.Option(help="share of those of 60 years or more")] = None,
    adoption: Annotated[
        float | None, typer.Option(help="share of the optional devices that residents take; else the profile's")
    ] = None,
    adopt: Annotated[list[str] | None, typer.Option(metavar="KIND=SHARE", help="of one kind; several times")] = None,
    seed: Annotated[int | None, typer.Option(help="of the small differences between estates")] = None,
    ask: Annotated[
        bool | None, typer.Option("--ask/--no-ask", help="for what is not given; else on a terminal without options")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="write over a file that is there")] = False,
) -> None:
    """A new estate from about a dozen numbers: a file to be changed by hand, which is an estate as it is."""
    given = {
        "profile": profile, "name_en": name, "name_zh": name_zh, "households": households, "cores": cores,
        "storeys": storeys, "perimeter_m": perimeter, "pedestrian_gates": gates, "vehicle_gates": drives, "bays": bays,
        "persons": persons, "elders": elders, "adoption": adoption, "seed": seed,
    }  # fmt: skip
    options = {key: value for key, value in given.items() if value is not None}
    asks = (sys.stdin.isatty() and not options) if ask is None else ask
    if file.suffix != ".toml":
        raise InputError(f"{file}: is no name of an estate file; give one that ends with .toml")
    if file.exists() and not force:
        raise InputError(f"{file}: is there already; give another name, or --force to write over it")
    text = text_of(asked_of(file.stem, options, adopt or (), asks))
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror}); name one in a folder that is there") from None
    place = load_estate(file)
    typer.echo(
        f"{file}: {place.name['en']}, {len(place.flats):,} homes, {len(place.devices):,} devices on "
        f"{place.width_m:g} x {place.height_m:g} m; lilong estate check and plan tell more"
    )
