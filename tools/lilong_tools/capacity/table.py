"""The answer in words and one table: what is asked, what one can take, how many are needed, and what decides it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lilong_simulator.capacity import Answer, Broker, Demand, Row
from lilong_simulator.capacity.demand import BUSIEST
from rich.console import Console
from rich.table import Table
from rich.text import Text

FULL = 0.8  # (ours) of a limit: worth a look
BACKEND = 60_000  # frames that one core of a backend verifies and decodes in a second (benchmarks/README.md)


def tell(demand: Demand, found: Answer, broker: Broker, console: Console) -> None:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in demand.kinds.most_common())
    estates = f"{demand.estates:,} estates, " if demand.estates > 1 else ""
    console.print(f"{demand.name}: {estates}{demand.devices:,} devices: {kinds}")
    console.print()
    for name, told in _facts(demand, broker):
        console.print(f"{name:<13}{told}")
    console.print()
    console.print(_limits(found))
    console.print()
    for line in _conclusion(demand, found):
        console.print(line)


def _facts(demand: Demand, broker: Broker) -> Iterator[tuple[str, str]]:
    yield "messages", (
        f"{demand.mean:,.1f} a second as a mean of the day: {demand.heartbeats:,.1f} heartbeats, "
        f"{demand.telemetry:,.1f} telemetry, {demand.events:,.1f} events, {demand.wakings:,.2f} wakings"
    )
    yield "busiest", f"{demand.peak:,.1f} a second: the fullest five minutes from {BUSIEST}:00 to {BUSIEST + 1}:00"
    yield "bytes", (
        f"{_bytes(demand.bytes_mean)} a second, {_bytes(demand.bytes_peak)} when it is busiest, with MQTT and TCP/IP, "
        f"without TLS; {_bytes(demand.bytes_birth)} of births when all come back"
    )
    yield "connections", f"{demand.connections:,} that stay; all are back within {broker.online_s:g} s of a blackout"


def _limits(found: Answer) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("of one")
    table.add_column("limit", no_wrap=True)
    for name in ("asked", "one takes", "used", "needed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for row in found.rows:
        binds = row in (found.broker_binds, found.gateway_binds)
        style = "bold red" if row.used > 1 else "yellow" if row.used > FULL else ""
        used = Text(f"{row.used:,.0%}" if row.used >= 0.1 else f"{row.used:.2%}", style)
        unit = f" {row.unit}" if row.unit else ""
        table.add_row(
            row.part, row.what, f"{_number(row.asked)}{unit}", f"{_number(row.has)}{unit}", used, f"{row.needs:,}",
            "decides" if binds else "",
        )  # fmt: skip
    return table


def _conclusion(demand: Demand, found: Answer) -> Iterator[str]:
    binds = found.broker_binds
    estates = found.per_broker / demand.devices if demand.devices else 0.0
    many = f", {estates:,.1f} times as many" if found.per_broker > demand.devices else ""
    yield f"brokers: {found.brokers:,}, by {_what(binds)}; one takes {found.per_broker:,} devices like these{many}"
    if found.gateway_binds is not None and found.fullest is not None:
        riser = found.fullest
        placed = f"the files place {demand.placed:,}" if demand.placed else "the files place none"
        yield (
            f"gateways: {found.gateways:,}, and {placed}; the fullest has {riser.children:,} children ({riser.name}), "
            f"and by {_what(found.gateway_binds)} may have {int(riser.children / found.gateway_binds.used):,}"
        )
    cores = max(1, math.ceil(demand.peak / BACKEND))
    yield f"backend: cores to verify and decode it all: {cores:,}, at {BACKEND:,} frames a second each"


def _what(row: Row) -> str:
    return row.what.replace(",", " of the" if "messages" in row.what else " in the")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"
