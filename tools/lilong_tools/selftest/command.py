"""`lilong selftest`: every pin, driver and promise of a board, tried on the board itself."""

import json
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ..boards import Board, BoardError, open_board
from ..boards.complaints import Complaint
from ..boards.show import table
from ..flash import seen, settings
from ..flash.errors import FlashError
from ..flash.remote import RESTART_S, Remote
from ..flash.there import check, look
from ..provision.identity import eui64
from . import chip, parts, result
from .rows import Row, held, passed
from .session import Session

BOOT_MOST_S = 30.0
"""(ours) From the restart until the device is online, with a network and a broker within reach."""
FAILED = 1


def selftest(
    port: Annotated[str, typer.Option(help="its serial port, as /dev/ttyUSB0")],
    board: Annotated[str, typer.Option(help="a name, or the path of a folder with a board.toml")],
    kind: Annotated[str, typer.Option(help="what is wired to it: smoke, gas ...")],
    config: Annotated[Path | None, typer.Option(help="the device's configuration: its broker and network too")] = None,
    csv: Annotated[Path | None, typer.Option(help="append the rows to this file")] = None,
    out: Annotated[Path | None, typer.Option(help="folder for result, calibration and evidence")] = None,
    key: Annotated[Path | None, typer.Option(help="sign with the line's key (`lilong update keygen`)")] = None,
    loopback: Annotated[Path | None, typer.Option(help="a fixture: TOML of output = GPIO that sees it")] = None,
    ask: Annotated[bool, typer.Option(help="ask the person what outputs do, and to work the inputs")] = True,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="in clean air: take calibration records")] = False,
    online: Annotated[float, typer.Option(help="restart a flashed device, and wait so many seconds for it")] = 0.0,
) -> None:
    """Try every pin and driver of a board, and what it promises; sign what was seen."""
    say = Console(highlight=False, soft_wrap=True, markup=False)
    chosen = open_board(board)
    if kind not in chosen.kinds:
        raise BoardError([Complaint(chosen.file, f"kind.{kind}", "there is no such kind on this board")])
    loops = _loops(loopback, chosen)
    given = None if config is None else settings.read(config, chosen.id, kind)
    remote = Remote(port)
    remote.look()
    there = look(remote, ())
    check(there, chosen, port)
    asker = typer.confirm if ask else None
    rows: list[Row] = []
    records: dict[str, str] = {}
    with Session(remote, chosen, kind) as session:
        begun = session.begin({} if given is None else _data(given))
        say.print(f"{chosen.id} at {port}: {there.machine}, {len(begun['sensors'])} sensors, "
                  f"{len(begun['outputs'])} outputs")  # fmt: skip
        wiring = chosen.kinds[kind]
        for found in (
            chip.measured(session, chosen, begun), _handshake(remote, session, given),
            parts.levels(session, chosen, wiring), parts.sensors(session, wiring),
            parts.driven(session, wiring, asker, loops), parts.changes(session, wiring, asker),
        ):  # fmt: skip
            for row in found:
                rows.append(row)
                say.print(f"  {row.verdict:9} {row.step}: {row.name} {_shown(row.value)} {row.unit}".rstrip())
        for row, name, record in parts.calibrated(session, wiring) if calibrate else ():
            rows.append(row)
            if record:
                records[name] = record
    if online:
        rows += until_online(remote, online)
    head = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "board": chosen.id, "kind": kind,
        "device": _device(begun["unique_id"]) if given is None else given.device, "unique_id": begun["unique_id"],
        "machine": there.machine, "micropython": ".".join(map(str, there.version)), "passed": passed(rows),
    }  # fmt: skip
    shown = [(row.step, row.name, _shown(row.value), row.unit, row.limits, row.verdict, row.source) for row in rows]
    say.print("\n" + table([("step", "what", "value", "unit", "limits", "verdict", "limits from"), *shown]) + "\n")
    for path in result.write(out or Path(f"selftest-{head['device']}"), head, rows, records, key):
        say.print(f"wrote {path}{' (signed)' if path.name == result.RESULT and key is not None else ''}")
    if csv is not None:
        result.append(csv, head, rows)
    failed = sum(row.verdict == "FAIL" for row in rows)
    open_ = sum(row.verdict == "not asked" for row in rows)
    say.print(f"{'passed' if not failed else f'{failed} FAILED'}, {open_} not asked")
    sys.exit(FAILED if failed else 0)


def _loops(path: Path | None, board: Board) -> dict[str, int]:
    """Output -> GPIO of a fixture; FlashError for a file that is none, or a GPIO that the board lacks."""
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise FlashError(f"--loopback {path}: {error}; write lines as `sounder = 5`") from None
    for name, gpio in content.items():
        if not isinstance(gpio, int) or gpio not in board.chip.pins:
            raise FlashError(f"--loopback {path}: {name}: {gpio!r} is no GPIO of {board.chip.name}; give its number")
    return content


def _data(given: settings.Settings) -> dict[str, bytes]:
    config = json.loads(given.files[settings.CONFIG])
    return {name: given.files[path] for name, path in (config.get("data") or {}).items()}


def _handshake(remote: Remote, session: Session, given: settings.Settings | None) -> Iterator[Row]:
    config: dict[str, Any] = {} if given is None else json.loads(given.files[settings.CONFIG])
    if given is not None and config.get("tls") and not config.get("modem"):
        remote.set_clock()
        yield from chip.handshake(session, config, given.files[config["tls"]["ca"]])


def until_online(remote: Remote, seconds: float) -> list[Row]:
    begun = time.monotonic() + RESTART_S
    try:
        seen.on_console(remote, seconds, lambda _: None)
    except FlashError as error:
        return [Row("boot", "online after", None, "s", None, BOOT_MOST_S, "FAIL", str(error).splitlines()[0])]
    return [held("boot", "online after", round(time.monotonic() - begun, 1), "s", None, BOOT_MOST_S, "(ours)")]


def _device(unique_id: str) -> str:
    """As `lilong provision` names a board by its chip."""
    try:
        return unique_id if len(unique_id) == 16 else eui64(unique_id)
    except ValueError:
        return unique_id


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
