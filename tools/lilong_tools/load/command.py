"""`lilong load`: looks at everything that can be wrong, asks where it must, and runs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator import report
from lilong_simulator.data_faults import parse as parse_data_faults
from lilong_simulator.feed import Feed
from lilong_simulator.fleet.live import need_files
from lilong_simulator.load.faults.given import with_faults
from lilong_simulator.load.observed import observed, probe
from lilong_simulator.load.payload import Template
from lilong_simulator.load.places import places_of
from lilong_simulator.load.prometheus import address_of
from lilong_simulator.load.thresholds import parse
from rich.console import Console

from ..inputs import InputError, local_time, output_folder, seconds
from ..live import Request, run_live
from ..running import run
from ..stopping import Stopper
from . import options
from .consent import ask
from .dry_run import plan_of, tell
from .hands import Commands, hands_for
from .identities import access_of, keys_of
from .knee import find_knee
from .plain_command import PlainRequest, asked_for, check, check_together, describe, plain_access
from .plain_command import tell as tell_plain
from .scenario_asked import check_app, check_feed, ramp_of, rate_of, scenario_of, with_template
from .shards_asked import shards_of
from .target import Access, Reached, look_at, reach, source_addresses


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
    data_faults: options.DataFaults = None,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    cluster_ca: options.ClusterCa = None,
    cluster_cert: options.ClusterCert = None,
    cluster_key: options.ClusterKey = None,
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
    app: options.App = None,
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
        plain = asked_for(clients, rate, size, qos, seconds("--duration", duration), ramp_of(ramp))
        asked = PlainRequest(plain, *_outputs(report, junit), thresholds, metrics, workers)
        access = plain_access(plain, ca, cert, key, certificates, credentials, source_addresses(source or ()))
        there, _ = look_at(broker, access)
        if dry_run:
            tell_plain(plain, f"{there.host}:{there.port}, which was not asked", console, context.params)
            return
        need_files(-(-clients // (workers or 1)))
        if not is_loopback(there.host) and not yes:
            console.print(describe(plain, f"{there.host}:{there.port}"))
            ask(there.host, console)
        run(lambda stopper: check(asked, broker, access, console, stopper))
    assert played is not None
    given: dict[str, Any] = {
        "seed": seed, "start": None if start is None else local_time("--start", start),
        "duration_s": seconds("--duration", duration), "ramp_s": ramp_of(ramp), "rate": rate_of(rate),
        "telemetry_qos": telemetry_qos, "accept": None if accept is None else accept.value,
        "data_faults": None if data_faults is None else parse_data_faults(data_faults),
    }  # fmt: skip
    scenario = scenario_of(played, copies, incident)
    scenario = replace(scenario, **{name: value for name, value in given.items() if value is not None})
    scenario = with_template(scenario, template, accept is not None, observed, probe, linkage)
    scenario = with_faults(scenario, fault)
    commands = Commands(broker_restart, broker_freeze, broker_thaw)
    check_feed(scenario, observed, probe)
    if app is not None:
        check_app(app)
    if find_the_knee and scenario.duration_s is None:
        raise InputError("--find-knee: each rate needs an end; give --duration")
    if record is not None and (find_the_knee or scenario.template is not None):
        raise InputError("--record: keeps the sealed frames of one run; leave --find-knee and --template out")
    if metrics is not None:
        address_of(metrics)
    folder, junit = _outputs(report, junit)
    places = places_of(scenario, alike=dry_run and credentials is None)
    access = access_of(ca, cert, key, certificates, credentials, source, places)
    there, _ = look_at(broker, access)
    hands_for(scenario, there, commands)
    plan = plan_of(scenario, places)
    cluster_files = (cluster_ca, cluster_cert, cluster_key)
    shards = shards_of(workers, cluster, cluster_files, plan.devices, broker, there.host, access)
    if dry_run:
        tell(plan, scenario, f"{there.host}:{there.port}, which was not asked", console, context.params)
        return
    estate_keys = keys_of(keys, places, there.host, public_key)
    if cluster is None:  # else each node looks at its own limit
        need_files(-(-plan.devices // (workers or 1)))
    if not is_loopback(there.host) and not yes:
        tell(plan, scenario, f"{there.host}:{there.port}", console, context.params)
        ask(there.host, console)
    request = Request(
        scenario, places, estate_keys, folder, real_micropython and not find_the_knee, False, linkage, thresholds,
        _ingest_by(probe), junit, metrics, view=True, record=record, shards=shards, commands=commands,
        app=app,
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


def _ingest_by(probed: bool) -> str:
    return report.BY_PROBE if probed else report.BY_FEED
