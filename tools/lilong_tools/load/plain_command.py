"""`lilong load --broker URL --clients N`: plain clients for a quick check of a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lilong_simulator import report
from lilong_simulator.fleet.live import Passwords
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.plain import LIMIT_MS, Plain, PlainRun, shortcomings, summary
from lilong_simulator.load.prometheus import address_of
from lilong_simulator.load.thresholds import FIGURES, Threshold
from lilong_simulator.score import score
from rich.console import Console

from ..inputs import InputError
from ..stopping import Stopper
from ..summary import summarise_plain
from . import uses
from .dry_run import files, show
from .plain_shards import STOPPED, Checked, by_workers
from .plain_view import tell_connected, watched
from .saving import save
from .target import Access, Reached, reach

FITS = frozenset((
    "broker", "clients", "rate", "size", "qos", "duration", "ramp", "yes", "ca", "cert", "key", "certificates",
    "credentials", "source", "require", "report", "junit", "metrics", "workers", "dry_run",
))  # fmt: skip
"""Parameters of `lilong load` that go with --clients."""
ONLY = ("size", "qos")
"""Those that go with nothing else."""
MOST_CLIENTS, MOST_RATE, MOST_BYTES = 1_000_000, 1_000_000, 16_000


@dataclass(frozen=True)
class PlainRequest:
    asked: Plain
    folder: Path | None
    junit: Path | None
    thresholds: tuple[Threshold, ...]
    metrics: str | None = None
    workers: int | None = None  # so many processes; None: this one

    def __post_init__(self) -> None:
        if self.metrics is not None:
            address_of(self.metrics)
        if self.workers is not None and self.workers > self.asked.clients:
            raise InputError(
                f"--workers {self.workers}: more than there are clients; give {self.asked.clients} at most"
            )


def asked_for(
    clients: int, rate: float | None, size: int | None, qos: int | None, duration: float | None, ramp: float | None
) -> Plain:
    """InputError for what is out of bounds; by default a message a second of each client."""
    rate = float(clients) if rate is None else rate
    size = 64 if size is None else size
    for name, value, low, high in (
        ("--clients", clients, 1, MOST_CLIENTS), ("--rate", rate, 0.01, MOST_RATE), ("--size", size, 1, MOST_BYTES),
    ):  # fmt: skip
        if not low <= value <= high:
            raise InputError(f"{name} {value:g}: out of bounds; give {low:g} to {high:,}")
    return Plain(clients, rate, size, 1 if qos is None else qos, 10.0 if duration is None else duration, ramp)


def check_together(given: Sequence[tuple[str, str]], clients: bool, estate: bool) -> None:
    """InputError for options that do not go together. given: (parameter, option as it is written) of each."""
    if clients and estate:
        raise InputError("--clients: plain clients play no estate; leave the estate or --clients out")
    if not clients and not estate:
        raise InputError("lilong load: nothing to play; name an estate or a street, or give --clients N")
    for name, option in given:
        if clients and name not in FITS:
            raise InputError(f"{option} and --clients: plain clients have nothing of the kind; leave one of them out")
        if not clients and name in ONLY:
            raise InputError(f"{option}: goes with --clients alone; leave it out, or give --clients N")


def describe(asked: Plain, broker: str) -> str:
    """What is about to be done, in a line."""
    lasts = "until it is stopped" if asked.duration_s is None else f"for {asked.duration_s:g} s"
    return (
        f"{asked.clients:,} clients at {broker}: {asked.rate:,g} messages a second of {asked.size:,} bytes, "
        f"QoS {asked.qos}, {lasts}"
    )


def plain_access(
    asked: Plain, ca: Path | None, cert: Path | None, key: Path | None, certificates: Path | None,
    credentials: Path | None, sources: Sequence[str],
) -> Access:  # fmt: skip
    """How the clients reach the broker; each has its own name in a CSV of passwords or a folder of certificates."""
    passwords = None
    if credentials is not None:
        passwords = Passwords(credentials)
        passwords.check(asked.names)
    return Access(ca, cert, key, passwords, certificates, sources, asked.names[0])


def tell(asked: Plain, broker: str, console: Console, given: Mapping[str, Any]) -> None:
    """What would be done and needed. given: the options of the command line, by the name of their parameter."""
    rows = [
        ("broker", broker),
        *uses.reached(given["broker"], given, plain=True),
        ("clients", describe(asked, broker.partition(",")[0])),
        ("processes", uses.processes(given)),
        *uses.thresholds(given),
        *uses.written(given),
        ("files", files(asked.clients, given)),
    ]
    show(rows, console)


async def check(request: PlainRequest, url: str, access: Access, console: Console, stopper: Stopper) -> int:
    """Reach the broker, run, judge, tell; the exit code."""
    reached = await reach(url, access)
    console.print(f"broker: {reached.broker.describe()}", markup=False)
    if request.workers is None:
        checked = await _by_this_process(request, reached, console, stopper)
    else:
        checked = await by_workers(request.asked, request.workers, url, access, request.metrics, console, stopper)
    content = judged(request, checked, reached)
    summarise_plain(content, console)
    code = report.EXIT_CODES[content["verdict"]]
    return code if save(request.folder, request.junit, content, checked.result, console) else code or 1


async def _by_this_process(request: PlainRequest, reached: Reached, console: Console, stopper: Stopper) -> Checked:
    run = PlainRun(request.asked, reached.target)
    run.refusals.tell = lambda text: console.print(text, style="yellow")
    reasons: list[str] = []
    with stopper.ends(run.stop):
        async with watched(run, request.metrics, console):
            try:
                await run.bring_up()
                if run.connect_s is None:
                    reasons.append(STOPPED)
                else:
                    tell_connected(request.asked.clients, run.refusals.given_up, run.connect_s, console)
                    await run.play()
            except NotOnline as error:
                reasons.append(str(error))
            finally:
                await run.close()
    return Checked(run.result(), reasons)


def judged(request: PlainRequest, checked: Checked, reached: Reached) -> dict[str, Any]:
    """The content of report.json."""
    latencies = [
        one.limit for one in request.thresholds
        if one.figure in FIGURES and one.figure != "count" and one.name != "lag" and one.compare in ("<", "<=")
    ]  # fmt: skip
    asked, result = request.asked, checked.result
    conditions = report.Conditions(
        estate="none",
        mode="plain",
        seed=0,
        started=datetime.now().isoformat(" ", "seconds"),
        duration_s=result.played_s,
        broker=reached.broker.describe(),
        measures_latency=reached.broker.kind != "embedded",
        incidents=(),
        devices=result.devices,
        real_micropython={},
        lost=result.lost,
        connect_s=result.connect_s,
        began_s=None if result.world_zero is None else round(result.world_zero / 1000, 3),
        troubles=result.troubles,
        refused=result.refused,
        machine=report.this_machine(),
        estates=0,
        shards=result.count,
        shards_missing=result.missing,
        workers=checked.workers,
        unseen=checked.unseen,
        accept="puback",
        ingest_by=report.BY_PUBACK,
        thresholds=request.thresholds,
        reasons=tuple(checked.reasons) or tuple(shortcomings(result.recorder)),
        payload=f"{asked.size} bytes of no meaning",
        plain=summary(asked, result),
        tightest_ms=min([LIMIT_MS, *(limit for limit in latencies if limit)]),
    )
    scored = score([], [], None, by_puback=True, acknowledgement_expected=False)
    return report.build(conditions, result.recorder, scored)
