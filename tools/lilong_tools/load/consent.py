"""Whether a broker on another machine shall be loaded: asked of whoever is there."""

from __future__ import annotations

import sys

from rich.console import Console

from ..inputs import InputError


def ask(host: str, console: Console) -> None:
    """InputError unless somebody says yes."""
    if not sys.stdin.isatty():
        raise InputError(f"broker {host}: another machine, and nobody is there to be asked; give --yes to load it")
    console.print(f"{host} is another machine. Load it? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"broker {host}: not loaded; give --yes if you mean it")
