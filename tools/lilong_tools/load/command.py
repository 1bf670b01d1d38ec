"""`lilong load`: looks at everything that can be wrong, asks where it must, and runs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from lilong_protocol.pc.keystore import load as load_keys
from lilong_protocol.pc.simulation import is_loopback, simulation_key_at
from lilong_simulator import report
from lilong_simulator.feed import Feed
from lilong_simulator.fleet.live import Passwords, need_files
from lilong_simulator.load.faults.broker_restart import BrokerRestart
from lilong_simulator.load.faults.given import with_faults
from lilong_simulator.load.observed import observed, probe
from lilong_simulator.load.payload import Template, read_template
from lilong_simulator.load.places import Place, places_of
from lilong_simulator.load.prometheus import address_of
from lilong_simulator.load.scenario import MOST_COPIES, Copies, Scenario, read_scenario
from lilong_simulator.load.shards.cluster import is_local
from lilong_simulator.load.thresholds import parse
from rich.console import Console

from ..inputs import InputError, local_time, output_folder, seconds
from ..live import Request, run_live
from ..running import run
from ..stopping import Stopper
from . import options
from .dry_run import plan_of, tell
from .hands import Commands, hands_for, needs_hands
from .knee import find_knee
from .plain_command import PlainRequest, asked_for, check, check_together, describe, plain_access
from .sharded import Shards
from .target import Access, Reached, look_at, reach, source_addresses

INCIDENTS = ("kitchen_fire_cut",)
NO_INCIDENT = "none"
BY_ONE_HAND = {"broker_restart", "frozen_broker"}  # faults that no shard can have for itself


def load(
    context: typer.Context,
    broker: options.Broker,
    played: options.Played = None,
    clients: options.Clients = None,
    size: options.Size = None,
    qos: options.Qos = None,
    copies: options.Copies = None,
    duration: options.Duration = None,
    ramp: options.Ramp = None,
    rate: options.Rate = None,
    telemetry_qos: options.TelemetryQos = None,
    find_the_knee: options.FindKnee = False,
    seed: options.Seed = None,
    start: options.Start = None,
    incident: options.Incidents = None,
    fault: options.Faults = None,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    real_micropython: options.RealMicroPython = True,
    dry_run: options.DryRun = False,
    broker_restart: options.BrokerRestart = None,
    broker_freeze: options.BrokerFreeze = None,
    broker_thaw: options.BrokerThaw = None,
    yes: options.Yes = False,
    public_key: options.PublicKey = False,
    keys: options.Keys = None,
    ca: options.Ca = None,
    cert: options.Cert = None,
    key: options.Key = None,
    certificates: options.Certificates = None,
    credentials: options.Credentials = None,
    source: options.Source = None,
    observed: options.Observed = None,
    probe: options.Probe = False,
    accept: options.Accept = None,
    template: options.Template = None,
    linkage: options.Linkage = False,
    require: options.Require = None,
    report: options.Report = None,
    junit: options.Junit = None,
    metrics: options.Metrics = None,
    record: options.Record = None,
) -> None:
    """The live fleet against any broker and backend, with honest latency."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    check_together(_given(context), clients is not None, played is not None)
    thresholds = tuple(parse(text) for text in require or ())
    if clients is not None:
        plain = asked_for(clients, rate, size, qos, seconds("--duration", duration), _ramp(ramp))
        asked = PlainRequest(plain, *_outputs(report, junit), thresholds)
        access = plain_access(plain, ca, cert, key, certificates, credentials, source_addresses(source or ()))
        there, _ = look_at(broker, access)
        need_files(clients)
        if not is_loopback(there.host) and not yes:
            console.print(describe(plain, f"{there.host}:{there.port}"))
            ask(there.host, console)
        run(lambda stopper: check(asked, broker, access, console, stopper))
    assert played is not None
    given: dict[str, Any] = {
        "seed": seed, "start": None if start is None else local_time("--start", start),
        "duration_s": seconds("--duration", duration), "ramp_s": _ramp(ramp), "rate": _rate(rate),
        "telemetry_qos": telemetry_qos, "accept": None if accept is None else accept.value,
    }  # fmt: skip
    scenario = _scenario(played, copies, incident)
    scenario = replace(scenario, **{name: value for name, value in given.items() if value is not None})
    if template is not None:
        scenario = _by_template(scenario, read_template(template), accept is not None, observed, probe, linkage)
    scenario = with_faults(scenario, fault)
    commands = Commands(broker_restart, broker_freeze, broker_thaw)
    _check_feed(scenario, observed, probe)
    if find_the_knee and scenario.duration_s is None:
        raise InputError("--find-knee: each rate needs an end; give --duration")
    if record is not None and (find_the_knee or template is not None):
        raise InputError("--record: keeps the sealed frames of one run; leave --find-knee and --template out")
    if metrics is not None:
        address_of(metrics)
    folder, junit = _outputs(report, junit)
    places = places_of(scenario)
    access = _access(ca, cert, key, certificates, credentials, source, places)
    there, _ = look_at(broker, access)
    hands_for(scenario, there, commands)
    plan = plan_of(scenario, places)
    if dry_run:
        tell(plan, scenario, f"{there.host}:{there.port}, which was not asked", console)
        return
    estate_keys = _keys(keys, places, there.host, public_key)
    shards = _shards(workers, cluster, broker, there.host, access, record, scenario)
    if cluster is None:  # else each node looks at its own limit
        need_files(-(-plan.devices // (workers or 1)))
    if not is_loopback(there.host) and not yes:
        tell(plan, scenario, f"{there.host}:{there.port}", console)
        ask(there.host, console)
    if shards is not None and (one := needs_hands(scenario)) is not None:
        raise InputError(f"--workers: none of several processes holds the broker; leave out {one}, or play in one")
    request = Request(
        scenario, places, estate_keys, folder, real_micropython and not find_the_knee, False, linkage, thresholds,
        _ingest_by(probe), junit, metrics, view=True, record=record, shards=shards, commands=commands,
    )  # fmt: skip
    run(lambda stopper: _run(request, broker, access, observed, probe, find_the_knee, console, stopper))


def _given(context: typer.Context) -> list[tuple[str, str]]:
    """(parameter, option as it is written) of all that the command line gives."""
    found = []
    for one in context.command.params:
        source = context.get_parameter_source(one.name or "")
        if source is not None and source.name == "COMMANDLINE":
            found.append((one.name or "", max(one.opts, key=len)))
    return found


def _outputs(report: Path | None, junit: Path | None) -> tuple[Path | None, Path | None]:
    """The folder of the report and the file of JUnit, where they can be written."""
    folder = None if report is None else output_folder("--report", report)
    if junit is not None:
        output_folder("--junit", junit.parent)
    return folder, junit


async def _run(
    request: Request, url: str, access: Access, feed: str | None, probed: bool, knee: bool, console: Console,
    stopper: Stopper,
) -> int:  # fmt: skip
    reached = await reach(url, access)
    console.print(f"broker: {reached.broker.describe()}", markup=False)
    async with _feed(request, feed, probed, reached) as events:
        if knee:
            return await find_knee(request, reached, events, console, stopper)
        return await run_live(request, reached, events, console, stopper)


@contextlib.asynccontextmanager
async def _feed(request: Request, spec: str | None, probed: bool, reached: Reached) -> AsyncIterator[Feed | None]:
    if spec is not None:
        async with observed(spec, reached.account) as feed:
            yield feed
    elif probed:
        given = request.scenario.template
        template = None if given is None else Template.parse(*given)
        async with probe([place.tenant for place in request.places], reached.account, template) as feed:
            yield feed
    else:
        yield None


def _shards(
    workers: int | None, cluster: str | None, url: str, host: str, access: Access, record: Path | None,
    scenario: Scenario,
) -> Shards | None:  # fmt: skip
    if workers is None and cluster is None:
        return None
    if record is not None:
        raise InputError("--record: one process keeps what it sends; leave --workers and --cluster out")
    if ours := sorted(BY_ONE_HAND.intersection(fault.name for fault in scenario.faults)):
        raise InputError(f"--fault {ours[0]}: is done to the broker once, by one process; leave --workers out")
    if cluster is not None:
        if not cluster.isdigit() and "://" not in cluster:
            raise InputError(f"--cluster {cluster}: give a scheduler as tcp://10.0.0.1:8786, or a number of nodes")
        if cluster.isdigit() and not 1 <= int(cluster) <= 1000:
            raise InputError(f"--cluster {cluster}: out of bounds; give 1 to 1000 nodes")
        if not is_local(cluster) and is_loopback(host):
            raise InputError(
                f"--broker {host}: on each node of {cluster} that is the node itself; give the address by which they "
                "reach the broker"
            )
    return Shards(workers, cluster, url, access)


def _ingest_by(probed: bool) -> str:
    return report.BY_PROBE if probed else report.BY_FEED


def _scenario(played: str, copies: int | None, incident: list[str] | None) -> Scenario:
    scenario = read_scenario(played)
    if copies is not None:
        if scenario.estates != (Copies(played),):
            raise InputError(f"--copies {copies}: {played} says itself how many of each; leave one of them out")
        if not 1 <= copies <= MOST_COPIES:
            raise InputError(f"--copies {copies}: out of bounds; give 1 to {MOST_COPIES:,}")
        scenario = replace(scenario, estates=(Copies(played, copies),))
    if incident is not None:
        return replace(scenario, incidents=() if incident == [NO_INCIDENT] else tuple(incident))
    return scenario if scenario.incidents else replace(scenario, incidents=INCIDENTS)


def _ramp(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 86_400:
        raise InputError(f"--ramp {value:g}: out of bounds; give seconds, 0 to 86400")
    return value


def _rate(value: float | None) -> float | None:
    if value is not None and not 0 < value <= 1_000_000:
        raise InputError(f"--rate {value:g}: out of bounds; give a factor, above 0 and at most 1000000")
    return value


def _check_feed(scenario: Scenario, feed: str | None, probed: bool) -> None:
    if feed is not None and probed:
        raise InputError("--observed and --probe: only one can tell what was stored; leave one of them out")
    restarts = any(one.name == BrokerRestart.NAME for one in scenario.faults)
    if restarts and (probed or (feed or "").startswith("mqtt:")):
        option = "--probe" if probed else f"--observed {feed}"
        raise InputError(f"{option}: misses what comes while the broker restarts; give the feed as a file or by HTTP")
    if scenario.accept == "observed" and feed is None:
        raise InputError("--accept observed: nothing tells what was stored; give --observed too")


def _by_template(
    scenario: Scenario, template: Template, chosen: bool, feed: str | None, probed: bool, linkage: bool
) -> Scenario:
    """Without a stored-ack: the observed feed ends the retries where there is one, else the PUBACK."""
    if linkage:
        raise InputError(f"--linkage: nobody commands devices that speak by {template.name}; leave it out")
    if probed and template.alarm is None:
        raise InputError(f"--probe: {template.name} does not say where an alarm has its id; add [probe] to it")
    accept = scenario.accept if chosen else "puback" if feed is None else "observed"
    if accept == "stored":
        raise InputError("--accept stored: a template has no stored-ack; give puback, or observed with --observed")
    return replace(scenario, template=(template.name, template.text), accept=accept)


def _access(
    ca: Path | None, cert: Path | None, key: Path | None, certificates: Path | None, credentials: Path | None,
    source: Sequence[str] | None, places: Sequence[Place],
) -> Access:  # fmt: skip
    first = places[0].devices[0].id
    passwords = None
    if credentials is not None:
        passwords = Passwords(credentials)
        passwords.check(device.id for place in places for device in place.devices)
    return Access(ca, cert, key, passwords, certificates, source_addresses(source or ()), first)


def _keys(file: Path | None, places: Sequence[Place], host: str, public_key: bool) -> Mapping[str, bytes]:
    """Estate keys by tenant: the user's own, or those of simulations where the broker allows it."""
    if file is None:
        hint = "give --keys for keys of your own, or --simulation-key if that is a lab"
        return {place.tenant: simulation_key_at(place.tenant, host, public_key, hint) for place in places}
    store = load_keys(file)
    found = {}
    for place in places:
        estate = store.estates.get(place.tenant)
        if estate is None or estate.key is None:
            raise InputError(f"--keys {file}: no key of the estate {place.tenant}; make one with lilong keys new")
        found[place.tenant] = estate.key
    return found


def ask(host: str, console: Console) -> None:
    """Whether a broker on another machine shall be loaded; InputError unless somebody says yes."""
    if not sys.stdin.isatty():
        raise InputError(f"broker {host}: another machine, and nobody is there to be asked; give --yes to load it")
    console.print(f"{host} is another machine. Load it? [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError(f"broker {host}: not loaded; give --yes if you mean it")
