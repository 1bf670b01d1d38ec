"""`lilong conform ...`: each subcommand holds one sort of implementation to the specification."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from lilong_firmware.device import Identity
from rich.console import Console
from rich.table import Table

from ..broker import parse_url
from ..inputs import InputError, seconds
from .backend import command as on_backend
from .backend.mqtt_wire import Hooks
from .backend.run import listed as scenarios_of_backends
from .codec import ANSWER_S, check_codec
from .coverage import rows as coverage
from .device import command as on_device
from .device.maker import of_options as maker_of_options
from .device.run import listed as scenarios_of_devices
from .report import Result, tell

app = typer.Typer(no_args_is_help=True, help="Hold another implementation to the specification.")

JsonFile = Annotated[Path | None, typer.Option("--json", help="write every result to this file, as JSON")]
Only = Annotated[
    list[str] | None, typer.Option(help="ids, beginnings of ids (LIL-ALARM) or scenarios; may be given several times")
]
List = Annotated[bool, typer.Option("--list", help="show the scenarios and what each judges")]
Patience = Annotated[float, typer.Option(help="factor on every wait of the runner, for a slow network")]
Estate = Annotated[str, typer.Option(help="the estate of the devices")]
Key = Annotated[str | None, typer.Option(help="the estate's key, 64 hex digits")]
Keys = Annotated[Path | None, typer.Option(help="a key store (lilong keys)")]
JUnitFile = Annotated[Path | None, typer.Option("--junit", help="write every result to this file, as JUnit XML")]

SCENARIOS = ("scenario", "judges", "what it does")


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
    console = _console(json_file, junit_file)
    _end("conform codec", cmd, check_codec(command, answer), console, json_file, junit_file)


@app.command()
def device(
    broker: Annotated[str | None, typer.Option(help="mqtt[s]://[user:password@]host[:port] of the device")] = None,
    device: Annotated[str | None, typer.Option(help="its id, 16 hex digits")] = None,
    tenant: Estate = "music_plaza",
    root: Annotated[str | None, typer.Option(help="its root key, 64 hex digits")] = None,
    key: Key = None,
    keys: Keys = None,
    simulate: Annotated[str | None, typer.Option(help="a device of our own instead, of this kind")] = None,
    on: Annotated[str, typer.Option(help="where that runs: virtual (time), live, micropython")] = "virtual",
    stimulus: Annotated[
        str | None, typer.Option(help="a shell command that sets a sensor channel: 'press {channel} {value}'")
    ] = None,
    restart: Annotated[str | None, typer.Option(help="a shell command that restarts the device")] = None,
    log: Annotated[str | None, typer.Option(help="has it log a line: 'say {level}' (0 emergency to 7 debug)")] = None,
    crash: Annotated[str | None, typer.Option(help="makes its program fault; it restarts by itself")] = None,
    maker_key: Annotated[
        Path | None, typer.Option(help="the key that signs its firmware: `lilong update keygen` has made it")
    ] = None,
    board: Annotated[str | None, typer.Option(help="with --maker-key: its board, as in `lilong update sign`")] = None,
    release: Annotated[
        Path | None, typer.Option(help="with --maker-key: newer firmware, which is installed; else none is")
    ] = None,
    only: Only = None,
    list_: List = False,
    patience: Patience = 1.0,
    json_file: JsonFile = None,
    junit_file: JUnitFile = None,
) -> None:
    """Play a backend, honest and hostile, against one device."""
    if list_:
        _list(scenarios_of_devices(), SCENARIOS)
        return
    console = _console(json_file, junit_file, patience)
    hooks = on_device.Hooks(stimulus, restart, log, crash)
    if simulate is not None:
        if any(given is not None for given in (broker, device, root, key, keys, *hooks, maker_key, board, release)):
            raise InputError("--simulate: brings its own broker, device and keys; leave out the options for a real one")
        subject = f"simulated {simulate} ({on})"
        results = on_device.simulate(simulate, on, only or [], patience, console)
    else:
        if broker is None or device is None:
            raise InputError("--broker and --device: both are needed; or give --simulate KIND")
        subject = f"{tenant}/{device}"
        identity = Identity(tenant, device, on_device.root_of(tenant, device, root, key, keys))
        maker = maker_of_options(maker_key, board, release)
        results = on_device.real(broker, identity, hooks, maker, only or [], patience, console)
    _end("conform device", subject, results, console, json_file, junit_file)


@app.command()
def backend(
    broker: Annotated[str | None, typer.Option(help="mqtt[s]://[user:password@]host[:port] of the backend")] = None,
    tenant: Estate = "music_plaza",
    device: Annotated[list[str] | None, typer.Option(help="ids to play, three of those that the backend knows")] = None,
    estate: Annotated[str | None, typer.Option(help="take the ids from this estate (music_plaza, or a file)")] = None,
    key: Key = None,
    keys: Keys = None,
    public: Annotated[bool, typer.Option("--simulation-key", help="the public key of simulations")] = False,
    observed: Annotated[Path | None, typer.Option(help="the backend's observed feed, JSON lines")] = None,
    kill: Annotated[
        str | None, typer.Option(help="a shell command, or process id, that ends the backend at once")
    ] = None,
    restart: Annotated[
        str | None, typer.Option(help="a shell command that starts it again (or kills it first)")
    ] = None,
    command: Annotated[str | None, typer.Option(help="has it command a device: 'order {device}'")] = None,
    acknowledge: Annotated[
        str | None, typer.Option(help="acknowledges an alarm there: 'ack {alarm}' ({device} {boot} {seq})")
    ] = None,
    configure: Annotated[
        str | None, typer.Option(help="has it desire another configuration of a device: 'configure {device}'")
    ] = None,
    offer: Annotated[str | None, typer.Option(help="has it offer an update to a device: 'offer {device}'")] = None,
    only: Only = None,
    list_: List = False,
    patience: Patience = 1.0,
    json_file: JsonFile = None,
    junit_file: JUnitFile = None,
) -> None:
    """Play devices, honest and hostile, against one backend; it gets false alarms: not for an estate at work."""
    if list_:
        _list(scenarios_of_backends(), SCENARIOS)
        return
    console = _console(json_file, junit_file, patience)
    if broker is None:
        raise InputError("--broker: give the broker that the backend listens on")
    kinds = on_backend.players(tenant, device or [], estate)
    roots = on_backend.roots_of(tenant, kinds, key, keys, public)
    hooks = Hooks(kill, restart, command, acknowledge, configure, offer)
    results = on_backend.against(broker, tenant, kinds, roots, hooks, observed, only or [], patience, console)
    _end("conform backend", f"{tenant} on {parse_url(broker).host}", results, console, json_file, junit_file)


@app.command("sentences")
def list_sentences() -> None:
    """Every sentence of the specification, and the runners that judge it."""
    _list(coverage(), ("id", "a duty of", "judged by", "what it says"))


def _console(json_file: Path | None, junit_file: Path | None, patience: float = 1.0) -> Console:
    """Where a run is told, once what all commands take has been checked."""
    for option, file in (("--json", json_file), ("--junit", junit_file)):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{option} {file}: no folder {file.parent}; make it first")
    if not 0.1 <= patience <= 100:
        raise InputError(f"--patience {patience:g}: out of bounds; give a factor from 0.1 to 100")
    return Console(highlight=False, markup=False)


def _end(
    suite: str, subject: str, results: list[Result], console: Console, json_file: Path | None, junit_file: Path | None
) -> NoReturn:
    """Tell what was found, and leave with the exit code."""
    again = "" if suite == "conform codec" else _again()
    sys.exit(tell(suite, subject, results, console, json_file, junit_file, again))


def _again() -> str:
    """The command line as it was given, without what narrows it."""
    given = iter(sys.argv[1:])
    kept = []
    for word in given:
        if word in ("--only", "--json", "--junit"):
            next(given, None)
        else:
            kept.append(word)
    return shlex.join(["lilong", *kept])


def _list(rows: Iterable[tuple[str, ...]], columns: Sequence[str]) -> None:
    shown = Table()
    for n, column in enumerate(columns):
        shown.add_column(column, no_wrap=not n)
    for row in rows:
        shown.add_row(*row)
    Console(highlight=False, markup=False).print(shown)
