"""`lilong capacity`: its options, and what it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from lilong_simulator.capacity import Broker, Gateway, answer, demand_of
from lilong_simulator.capacity.limits import TLS_CONNECTION_KB, TLS_CONNECTS
from lilong_simulator.load.places import places_of
from lilong_simulator.load.scenario import STREETS, read_scenario
from rich.console import Console

from ..inputs import InputError
from ..running import run
from .measure import measure
from .table import tell

GATEWAY, BROKER = Gateway(), Broker()
HELP = "; default {:,}"
Figures = TypeVar("Figures", Gateway, Broker)


def capacity(
    estate: Annotated[str | None, typer.Option(help="a built-in estate, or an estate file; else music_plaza")] = None,
    street: Annotated[str | None, typer.Option(help="a built-in street, or a street file")] = None,
    city: Annotated[str | None, typer.Option(help="a built-in city, or a city file")] = None,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls", help=f"connections by TLS: {TLS_CONNECTS:g} connects a second, {TLS_CONNECTION_KB:g} kB each"
        ),
    ] = False,
    gateway_children: Annotated[
        int | None, typer.Option(help=f"of the list of one{HELP.format(GATEWAY.children)}")
    ] = None,
    bus_ms: Annotated[
        float | None, typer.Option(help=f"a question on its bus, and the answer{HELP.format(GATEWAY.bus_ms)}")
    ] = None,
    broker_messages: Annotated[
        float | None, typer.Option(help=f"a second, to one subscriber{HELP.format(BROKER.messages)}")
    ] = None,
    broker_connections: Annotated[
        int | None, typer.Option(help=f"by its limit of files{HELP.format(BROKER.connections)}")
    ] = None,
    broker_connects: Annotated[
        float | None, typer.Option(help=f"accepted a second{HELP.format(BROKER.connects)}")
    ] = None,
    broker_memory: Annotated[
        float | None, typer.Option(help=f"MB of its machine{HELP.format(BROKER.memory_mb)}")
    ] = None,
    connection_kb: Annotated[
        float | None, typer.Option(help=f"kB of its memory for each{HELP.format(BROKER.connection_kb)}")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help=f"of a broker's figures that may be used{HELP.format(BROKER.share)}")
    ] = None,
    online_s: Annotated[
        float | None, typer.Option(help=f"in which all are back after a blackout{HELP.format(BROKER.online_s)}")
    ] = None,
    measure_it: Annotated[
        bool, typer.Option("--measure", help="messages and connects a second of a broker on this machine, in seconds")
    ] = False,
    broker: Annotated[
        str | None, typer.Option(help="that is measured, mqtt://...; else our own: mosquitto, or the embedded one")
    ] = None,
) -> None:
    """How many gateways and brokers are needed: messages, bytes, connections and memory against what one can take."""
    name = _asked_about(estate, street, city)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if broker is not None and not measure_it:
        raise InputError(f"--broker {broker}: is measured with --measure alone; give that too, or leave it out")
    gateway = _with(GATEWAY, {"--gateway-children": gateway_children, "--bus-ms": bus_ms})
    secured = Broker(connects=TLS_CONNECTS, connection_kb=TLS_CONNECTION_KB) if tls else BROKER
    one = _with(secured, {
        "--broker-messages": broker_messages, "--broker-connections": broker_connections,
        "--broker-connects": broker_connects, "--broker-memory": broker_memory, "--connection-kb": connection_kb,
        "--share": share, "--online-s": online_s,
    })  # fmt: skip
    if one.share > 1:
        raise InputError(f"--share {one.share:g}: out of bounds; give a share above 0 and at most 1")
    demand = demand_of(Path(name).stem, places_of(replace(read_scenario(name), incidents=(), faults=()), alike=True))

    async def measured() -> int:
        found = await measure(broker, console)
        given = replace(one, messages=broker_messages or found.messages, connects=broker_connects or found.connects)
        tell(demand, answer(demand, gateway, given), given, console)
        return 0

    if measure_it:
        run(lambda _: measured())
    tell(demand, answer(demand, gateway, one), one, console)


def _asked_about(estate: str | None, street: str | None, city: str | None) -> str:
    named = {f"--{option}": name for option, name in (("estate", estate), ("street", street), ("city", city)) if name}
    if len(named) > 1:
        raise InputError(f"{' and '.join(named)}: only one can be reckoned at a time; leave the others out")
    option, name = next(iter(named.items()), ("--estate", "music_plaza"))
    several = read_scenario(name).several
    if option == "--estate" and several:
        raise InputError(f"--estate {name}: is a street or a city; give it by that option")
    if option != "--estate" and not several:
        known = ", ".join(sorted(file.stem for file in STREETS.glob("*.toml")))
        raise InputError(f"{option} {name}: is no {option[2:]}; known: {known}; or give a file with [[estates]]")
    return name


FIELDS = {
    "--gateway-children": "children", "--bus-ms": "bus_ms", "--broker-messages": "messages",
    "--broker-connections": "connections", "--broker-connects": "connects", "--broker-memory": "memory_mb",
    "--connection-kb": "connection_kb", "--share": "share", "--online-s": "online_s",
}  # fmt: skip


def _with(usual: Figures, given: Mapping[str, float | None]) -> Figures:
    """Those that are given in place of the usual ones; InputError for what is no amount."""
    changes = {}
    for option, value in given.items():
        if value is None:
            continue
        if not 0 < value < float("inf"):
            raise InputError(f"{option} {value:g}: is no amount; give a number above 0")
        changes[FIELDS[option]] = value
    return replace(usual, **changes)
