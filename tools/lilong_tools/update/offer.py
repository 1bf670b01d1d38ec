"""The options of `lilong update offer` and `resume`."""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from lilong_protocol.pc.keystore import load as load_keys
from lilong_protocol.pc.roots import KeySource
from lilong_protocol.pc.simulation import simulation_key_at
from lilong_simulator.estate import load_estate
from rich.console import Console

from ..broker import parse_url
from ..inputs import InputError, output_folder
from ..stopping import stopped_by_signals
from . import access, release
from . import keys as release_keys
from . import report as reports
from . import state as states
from .access import Access
from .carry_out import carry_out
from .channel import Channel, Direct, ThroughCentre
from .errors import UpdateError
from .rollout import DONE, planned
from .show import Screen
from .state import Kept

INTERRUPTED = 130
UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LEAST_WAIT_MS = 1_000

ReleaseFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="a release of `lilong update sign`, or a device's new access, ID.access")
]
StopAt = Annotated[str, typer.Option("--stop-at", help="share of the devices so far that may fail")]
Report = Annotated[Path | None, typer.Option(help="folder for report.json and junit.xml")]


def offer(
    file: ReleaseFile,
    centre: Annotated[str | None, typer.Option(help="the console of the centre that serves the estate")] = None,
    broker: Annotated[str | None, typer.Option(help="where no centre runs: this is the backend then")] = None,
    estate: Annotated[str | None, typer.Option(help="with --broker: a built-in estate, or an estate file")] = None,
    keys: Annotated[Path | None, typer.Option(help="with --broker: the key store; else the simulation's")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="all devices of a kind; several")] = None,
    device: Annotated[list[str] | None, typer.Option(help="a device by its id; several")] = None,
    waves: Annotated[str, typer.Option(help="share of the devices at the end of each wave")] = "1%,10%,100%",
    stop_at: StopAt = "2%",
    wait: Annotated[str, typer.Option(help="how long a device may show no progress: 90s, 10m, 2h")] = "10m",
    at_once: Annotated[int, typer.Option(min=1, help="devices that fetch at a time")] = 200,
    public: Annotated[Path | None, typer.Option(help="the public file of the release key: verify before")] = None,
    operator: Annotated[str, typer.Option(help="who offers it, for the record")] = "lilong update",
    report: Report = None,
    state: Annotated[Path | None, typer.Option(help="to go on from later; else FILE.rollout.json")] = None,
    simulation_key: Annotated[bool, typer.Option("--simulation-key", help="on another machine's broker too")] = False,
) -> None:
    """Offer a release in waves; the next one opens when the last has ended well, and failures stop it."""
    found = _read(file)
    if isinstance(found, Access):
        device, kind = [found.device], None
    elif public is not None:
        release.check(file, found, release_keys.load_public(public))
    if (centre is None) == (broker is None):
        raise InputError("give --centre URL where a centre serves the estate, else --broker URL and --estate NAME")
    if broker is not None and estate is None:
        raise InputError("--broker: whose devices? give --estate too")
    if not kind and not device:
        raise InputError("to which devices? give --kind, as in --kind smoke, or --device")
    path = state or file.with_name(file.name + states.SUFFIX)
    if path.exists():
        raise InputError(f"--state {path}: is there already; `lilong update resume {path}` goes on, or remove it")
    shares, stop, wait_ms = shares_of(waves), share_of("--stop-at", stop_at), duration_ms("--wait", wait)
    folder = None if report is None else output_folder("--report", report)
    kept = Kept(
        str(file.resolve()), found.digest.hex(), operator, centre, broker, estate,
        None if keys is None else str(keys.resolve()),
        None if folder is None else str(folder.resolve()), simulation_key, now_ms(),
        planned((), (), stop, wait_ms, at_once, len(found.data), 0),
    )  # fmt: skip

    async def plan(channel: Channel) -> None:
        ids = chosen(await channel.devices(), kind or [], device or [])
        number = found.artifact().number
        kept.rollout = planned(ids, shares, stop, wait_ms, at_once, len(found.data), number)

    _run(kept, path, found, plan)


def resume(
    file: Annotated[Path, typer.Argument(metavar="STATE", help="the file that `lilong update offer` has kept")],
    again: Annotated[bool, typer.Option("--again", help="devices that have failed are offered it again")] = False,
    stop_at: Annotated[str | None, typer.Option("--stop-at", help="another share that may fail")] = None,
) -> None:
    """Go on with a roll-out that was interrupted, or that has stopped."""
    kept = states.read(file)
    found = _read(Path(kept.release))
    if found.digest.hex() != kept.digest:
        raise UpdateError(f"{kept.release}: is another release than the roll-out began with; bring back that one")
    if stop_at is not None:
        kept.rollout.stop_at = share_of("--stop-at", stop_at)
    if kept.rollout.state == DONE and not kept.rollout.busy() and not again:
        typer.echo(f"{file}: has ended; {reports.sentence(kept)}")
        return

    async def plan(_: Channel) -> None:
        kept.rollout.resumed(now_ms(), again)

    _run(kept, file, found, plan)


def _read(file: Path) -> release.Release | Access:
    return access.read(file) if file.suffix == access.SUFFIX else release.read(file)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def shares_of(text: str) -> list[float]:
    """1%,10%,100% as shares; InputError unless they rise to all."""
    shares = [share_of("--waves", part) for part in text.split(",")]
    if shares != sorted(set(shares)) or shares[0] <= 0 or shares[-1] != 1:
        raise InputError(f"--waves {text}: give shares that rise to 100%, as in 1%,10%,100%")
    return shares


def share_of(option: str, text: str) -> float:
    """2% as 0.02."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if match is None or float(match[1]) > 100:
        raise InputError(f"{option} {text}: give a share from 0% to 100%")
    return float(match[1]) / 100


def duration_ms(option: str, text: str) -> int:
    """10m in ms."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if match is None or float(match[1]) * UNITS_MS[match[2]] < LEAST_WAIT_MS:
        raise InputError(f"{option} {text}: give a time of at least a second, as in 90s, 10m, 2h or 1d")
    return round(float(match[1]) * UNITS_MS[match[2]])


def chosen(there: dict[str, str], kinds: list[str], devices: list[str]) -> list[str]:
    """Of the estate's devices by kind those that were named; InputError for what there is none of."""
    for kind in kinds:
        if kind not in there.values():
            raise InputError(f"--kind {kind}: the estate has none; it has {', '.join(sorted(set(there.values())))}")
    for device in devices:
        if device not in there:
            raise InputError(f"--device {device}: not in the estate; give the 16 hex digits of one that is")
        if kinds and there[device] not in kinds:
            says = f"is a {there[device]}, and --kind {', '.join(kinds)}; leave one of them out"
            raise InputError(f"--device {device}: {says}")
    return [device for device, kind in there.items() if (device in devices if devices else kind in kinds)]


def channel_of(kept: Kept, path: Path, found: release.Release | Access) -> Channel:
    """How its devices are reached."""
    if kept.centre is not None:
        return ThroughCentre(kept.centre, found, kept.operator)
    assert kept.broker is not None
    assert kept.estate is not None
    place = load_estate(kept.estate)
    there = parse_url(kept.broker)
    keys: KeySource
    if kept.keys is not None:
        keys = load_keys(Path(kept.keys))
    else:
        keys = simulation_key_at(place.id, there.host, kept.simulation_key, "give --keys, or --simulation-key in a lab")
    kinds = {placed.id: placed.kind for placed in place.devices}
    memory = path.with_name(path.name + ".db")
    return Direct(kept.broker, keys, place.id, kinds, memory, found, kept.simulation_key)


def _run(
    kept: Kept, path: Path, found: release.Release | Access, plan: Callable[[Channel], Awaitable[None]]
) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)

    async def run() -> int:
        with stopped_by_signals():
            async with channel_of(kept, path, found) as channel:
                await plan(channel)
                kept.write(path)
                title = f"{Path(kept.release).name}, version {found.version}"
                with Screen(console, title) as screen:
                    return await carry_out(kept, path, channel, screen, now_ms)

    try:
        code = uvloop.run(run())
    except asyncio.CancelledError:
        code = INTERRUPTED
        if path.exists():
            kept.write(path)
    if kept.report is not None and kept.rollout.members:
        reports.write(Path(kept.report), kept, now_ms())
    console.print(_end(kept, path, code))
    sys.exit(code)


def _end(kept: Kept, path: Path, code: int) -> str:
    plan = kept.rollout
    says = reports.sentence(kept)
    if code == INTERRUPTED:
        return f"interrupted: {says}; `lilong update resume {path}` goes on"
    if plan.why:
        return f"stopped in wave {plan.wave}: {plan.why}; {says}; nothing more is offered"
    later = f"; `lilong update resume {path}` offers it to those that were away" if plan.busy() else ""
    return f"done: {says}{later}"
