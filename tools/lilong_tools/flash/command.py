"""`lilong flash`: a device's firmware and identity onto a board, and the proof that it works."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.describe import Description
from rich.console import Console

from ..boards import Board, open_board
from ..broker import parse_url
from ..selftest.result import verified
from ..watch.lines import line as in_words
from . import bare, budget, divide, seen
from .contents import build
from .deploy import deploy
from .errors import FlashError
from .plan import Plan, make
from .remote import RESTART_S, Remote
from .settings import Settings, read
from .there import There, check, look

WAIT_S = 90.0
ALONE = "none: it stays alone until it is given one"


def flash(
    board: Annotated[str, typer.Option(help="a name, or the path of a folder with a board.toml")],
    kind: Annotated[str, typer.Option(help="what the device is: smoke, gas ...")],
    port: Annotated[str, typer.Option(help="its serial port, as /dev/ttyUSB0")],
    config: Annotated[Path, typer.Option(help="the device's configuration, as `lilong provision` makes it")],
    broker: Annotated[str | None, typer.Option(help="see the birth there; else on the board's console")] = None,
    calibration: Annotated[Path | None, typer.Option(help="the record of `lilong selftest`")] = None,
    tested: Annotated[Path | None, typer.Option(help="only with this signed result of `lilong selftest`")] = None,
    line: Annotated[Path | None, typer.Option(help="the production line's public key, with --tested")] = None,
    firmware: Annotated[Path | None, typer.Option(help="first write this MicroPython onto the bare chip")] = None,
    wait: Annotated[float, typer.Option(help="seconds that it has to come online")] = WAIT_S,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would change")] = False,
) -> None:
    """Build a device's firmware, put it onto a board, and see it come online."""
    say = Console(highlight=False, soft_wrap=True, markup=False)
    chosen = open_board(board)
    settings = read(config, chosen.id, kind, calibration)
    if tested is not None:
        _passed(tested, line, chosen, settings)
    there_at = None if broker is None else parse_url(broker)
    remote = Remote(port)
    remote.look()
    contents = build(chosen, kind)
    sizes = budget.rows(chosen, kind, contents)
    say.print(budget.shown(sizes, budget.largest(contents)) + "\n")
    budget.hold(chosen.file.parent, sizes)
    if firmware is not None:
        bare.write(chosen.chip.id, port, firmware, say.print, dry_run)
        if dry_run:
            say.print("a bare chip has nothing yet: all of the above would be new")
            sys.exit(0)
    files = {**contents.beside, **settings.files}
    more = tuple(path for path in files if path.count("/") == 1)
    there = look(remote, more)
    check(there, chosen, port)
    division = divide.look(remote, chosen)
    say.print(f"flash    {division.says}")
    if division.wanted and not dry_run:
        divide.divide(remote, division)
        there = look(remote, more)
    plan = make(there, contents.bundle, files)
    say.print("\n".join(in_full(chosen, settings, there, plan, port)))
    if dry_run:
        sys.exit(0)
    if plan.changes:
        deploy(remote, plan, there, lambda text: say.print(f"  {text}", style="dim"))
        say.print("all hashes are right")
    say.print("restarts ...")
    begun = time.monotonic() + RESTART_S
    if there_at is None:
        seen.on_console(remote, wait, lambda text: say.print(f"  {text}", style="dim"))
        say.print(f"online {time.monotonic() - begun:.1f} s after the restart")
    else:
        birth = asyncio.run(seen.at_broker(there_at, settings, remote.restart, wait))
        say.print(f"birth {time.monotonic() - begun:.1f} s after the restart, sealed by its key")
        say.print(_birth(birth, kind))


def bundle(
    board: Annotated[str, typer.Option(help="a name, or the path of a folder with a board.toml")],
    kind: Annotated[str, typer.Option(help="what the device is: smoke, gas ...")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="the file; else BOARD-KIND.romfs")] = None,
) -> None:
    """The firmware of a kind on a board as one file, for `lilong update sign`."""
    say = Console(highlight=False, soft_wrap=True, markup=False)
    chosen = open_board(board)
    contents = build(chosen, kind)
    sizes = budget.rows(chosen, kind, contents)
    say.print(budget.shown(sizes, budget.largest(contents)) + "\n")
    budget.hold(chosen.file.parent, sizes)
    path = out or Path(f"{chosen.id}-{kind}.romfs")
    try:
        path.write_bytes(contents.bundle)
    except OSError as error:
        raise FlashError(f"--out {path}: cannot be written ({error.strerror}); name a file of yours") from None
    say.print(f"wrote {path}")


def _passed(tested: Path, line: Path | None, board: Board, settings: Settings) -> None:
    """FlashError unless this very device has passed, as the production line has signed."""
    if line is None:
        raise FlashError("--tested: whose signature? Give --line, the public key of the production line")
    found = verified(tested, line)
    for key, wanted in (("device", settings.device), ("board", board.id), ("kind", settings.kind)):
        if found.get(key) != wanted:
            raise FlashError(f"{tested}: is of {key} {found.get(key)}, and this is {wanted}; give this device's own")
    if not found.get("passed"):
        raise FlashError(f"{tested}: {settings.device} has not passed; mend it, and test it again")


def in_full(board: Board, settings: Settings, there: There, plan: Plan, port: str) -> list[str]:
    """What it is, and what changes."""
    version = ".".join(map(str, there.version))
    networks = ", ".join(settings.networks)
    lines = [
        f"device   {settings.kind} {settings.device} of {settings.tenant}",
        f"board    {board.id} at {port}: {there.machine}, MicroPython {version}",
        f"space    {there.free // 1024:,} KiB free, {plan.needs // 1024:,} needed",
        f"broker   {settings.broker}",
        f"modem    {settings.apn or ALONE}" if board.radio == "ppp" else f"Wi-Fi    {networks or ALONE}",
        f"bundle   runs from slot {plan.slot}",
    ]
    lines += [f"new      {path} ({len(data):,} bytes)" for path, data in plan.puts.items()]
    lines += [f"same     {path}" for path in plan.kept]
    lines += [f"goes     {path}" for path in plan.deletes]
    return lines if plan.changes else [*lines, "nothing has to change"]


def _birth(birth: Description, kind: str) -> str:
    return in_words(time.strftime("%H:%M:%S"), birth, kind).plain
