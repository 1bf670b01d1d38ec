"""`lilong conform ...`: each subcommand holds one sort of implementation to the specification."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..inputs import InputError, seconds
from .codec import ANSWER_S, check_codec
from .report import tell

app = typer.Typer(no_args_is_help=True, help="Hold another implementation to the specification.")

JsonFile = Annotated[Path | None, typer.Option("--json", help="write every result to this file, as JSON")]
JUnitFile = Annotated[Path | None, typer.Option("--junit", help="write every result to this file, as JUnit XML")]


@app.callback()
def conform() -> None:
    """Hold another implementation to the specification."""


@app.command()
def codec(
    cmd: Annotated[str, typer.Option("--cmd", help="the codec: answers one line of JSON to each line of JSON")],
    json_file: JsonFile = None,
    junit_file: JUnitFile = None,
    answer: Annotated[float, typer.Option(help="seconds that one answer may take")] = ANSWER_S,
) -> None:
    """The golden vectors, put to a codec over its stdin and stdout."""
    seconds("--answer", answer)
    try:
        command = shlex.split(cmd)
    except ValueError as error:
        raise InputError(f"--cmd {cmd}: {error}; quote it as for a shell") from None
    if not command:
        raise InputError("--cmd: is empty; give a program and its arguments")
    for option, file in (("--json", json_file), ("--junit", junit_file)):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{option} {file}: no folder {file.parent}; make it first")
    results = check_codec(command, answer)
    sys.exit(tell("conform codec", cmd, results, Console(highlight=False, markup=False), json_file, junit_file))
