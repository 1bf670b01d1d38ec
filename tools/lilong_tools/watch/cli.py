"""The options of `lilong watch`."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.simulation import is_loopback
from rich.console import Console

from ..broker import open_broker
from ..inputs import InputError
from ..stopping import stopped_by_signals
from .keys import PublicKeys, StoredKeys
from .live import show, watch
from .selection import Selection
from .taker import Taker


def watch_command(
    broker: Annotated[str | None, typer.Option(help="mqtt://[user:password@]host[:port]")] = None,
    hex_: Annotated[str | None, typer.Option("--hex", help="decode this one frame, with no broker and no key")] = None,
    tenant: Annotated[str, typer.Option(help="one estate; else all")] = "+",
    device: Annotated[list[str] | None, typer.Option(help="device id, or its beginning; several")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="kind of device: smoke, door ...; several")] = None,
    cls: Annotated[list[str] | None, typer.Option("--class", help="topic class: al, ev, st ...; several")] = None,
    level: Annotated[int | None, typer.Option(help="alarms at least this severe: 1 red to 4 blue")] = None,
    keys: Annotated[Path | None, typer.Option(help="a key store (lilong keys); on loopback the simulation's")] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    record: Annotated[
        Path | None, typer.Option(help="a file for what verified devices send of it, for lilong replay")
    ] = None,
) -> None:
    """What flows through a broker, decoded and verified; or one pasted frame."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    selection = Selection(device or (), kind or (), cls or (), level)
    if (broker is None) == (hex_ is None):
        raise InputError("watch: give either --broker URL or --hex FRAME")
    if record is not None and hex_ is not None:
        raise InputError("--record: keeps what flows through a broker; give --broker URL")
    if hex_ is not None:
        show(None, _frame(hex_), selection, None, json, console)
        return
    stored = None if keys is None else StoredKeys(keys)

    async def run() -> None:
        with stopped_by_signals():
            async with open_broker(broker) as there:
                known = stored or (PublicKeys() if is_loopback(there.host) else None)
                if known is None:
                    console.print("no key: frames are decoded, and marked ? since nothing verifies them", style="dim")
                if record is not None and known is None:
                    raise InputError(f"--record {record}: no key tells whose frames are genuine; give --keys")
                with contextlib.ExitStack() as beside:
                    taker = None if record is None else beside.enter_context(Taker(record, console))
                    await watch(there, tenant, selection, known, json, console, taker)

    try:
        asyncio.run(run())
    except BrokenPipeError:  # whoever read the lines has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _frame(text: str) -> bytes:
    try:
        return bytes.fromhex("".join(text.split()).removeprefix("0x"))
    except ValueError:
        raise InputError("--hex: not an even number of hex digits; paste the whole sealed frame") from None
