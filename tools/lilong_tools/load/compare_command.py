"""`lilong compare`: what changed between two reports, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from lilong_simulator.load.compare import Change, changes, read_report
from lilong_simulator.plots import span
from rich.console import Console
from rich.table import Table

STYLE = {True: "green", False: "red", None: ""}
WORD = {True: "better", False: "worse", None: ""}


def compare(
    before: Annotated[Path, typer.Argument(help="report.json of the first run")],
    after: Annotated[Path, typer.Argument(help="report.json of the second")],
    everything: Annotated[bool, typer.Option("--all", help="what has not changed too")] = False,
) -> None:
    """What changed between two runs; a latency that moved by less than 5 % is the same."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    found = list(changes(read_report(before), read_report(after)))
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in ("", "before", "after", "change", ""):
        table.add_column(name, justify="left" if name == "" else "right")
    for one in found:
        if everything or not one.same:
            by = "" if one.by is None or not one.before else f"{one.by:+.0%}"
            cells = (one.name, _value(one, one.before), _value(one, one.after), by, WORD[one.better])
            table.add_row(*cells, style=STYLE[one.better])
    if table.row_count:
        console.print(table)
    else:
        console.print("nothing has changed")


def _value(change: Change, value: float | str | None) -> str:
    if value is None:
        return "not observed"
    if isinstance(value, str):
        return value
    return span(value) if change.unit == "ms" else f"{value:,g}"
