"""`lilong estate`: what estates there are, whether a file is one, what it comes to, how it looks, and a new one."""

from pathlib import Path
from typing import Annotated

import typer
from lilong_simulator.estate import load_estate
from lilong_simulator.estate_plan import drawn
from lilong_simulator.estate_source import ESTATES
from rich.console import Console

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
