"""Demand against limits: how much of one gateway or broker is used, how many are needed, and what decides it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .demand import STORM_MESSAGES, Demand, Riser
from .limits import Broker, Gateway


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: what is asked of all, what one has (of a broker: the share that may be used), how many that needs."""

    part: str
    what: str
    asked: float
    has: float
    unit: str
    needs: int

    @property
    def used(self) -> float:
        """Of one."""
        return self.asked / self.has


@dataclass(frozen=True, slots=True)
class Answer:
    """`rows`: brokers, then gateways, whose `asked` is that of the fullest. `per_broker`: devices like these."""

    rows: tuple[Row, ...]
    brokers: int
    gateways: int
    broker_binds: Row
    gateway_binds: Row | None
    per_broker: int
    fullest: Riser | None


def answer(demand: Demand, gateway: Gateway, broker: Broker) -> Answer:
    """How many of each; at least one broker, and no gateway where nothing has wires."""
    rows = list(_broker_rows(demand, broker))
    binds = max(rows, key=lambda row: row.used)
    gateways, worst, places = 0, None, []
    for place, times in demand.gateways:
        own = list(_gateway_rows(place, gateway))
        gateways += times * max(row.needs for row in own)
        places.append((max(row.used for row in own), place))
    if places:
        _, worst = max(places, key=lambda item: item[0])
        rows += _gateway_rows(worst, gateway)
    of_gateways = [row for row in rows if row.part == "gateway"]
    return Answer(
        tuple(rows), max(1, *(row.needs for row in rows if row.part == "broker")), gateways, binds,
        max(of_gateways, key=lambda row: row.used) if of_gateways else None,
        math.floor(demand.devices / binds.used) if binds.used else 0, worst,
    )  # fmt: skip


def _broker_rows(demand: Demand, broker: Broker) -> Iterator[Row]:
    back = demand.connections / broker.online_s
    for what, asked, has, unit in (
        ("messages, busiest", demand.peak, broker.messages * broker.share, "/s"),
        ("messages, storm", demand.steady + STORM_MESSAGES * back, broker.messages * broker.share, "/s"),
        ("connects, storm", back, broker.connects * broker.share, "/s"),
        ("connections", demand.connections, broker.connections * broker.share, ""),
        ("memory", _memory_mb(demand, broker), broker.memory_mb * broker.share, "MB"),
    ):
        yield Row("broker", what, asked, has, unit, math.ceil(asked / has))


def _memory_mb(demand: Demand, broker: Broker) -> float:
    return (demand.connections * broker.connection_kb + demand.devices * broker.retained_kb) / 1000


def _gateway_rows(place: Riser, gateway: Gateway) -> Iterator[Row]:
    ask_s = gateway.bus_ms / 1000
    for what, asked, has, unit in (
        ("children", place.children, gateway.children, ""),
        ("round of its bus", place.children * ask_s, gateway.round_s, "s"),
        ("fire release", place.released * ask_s, gateway.release_s, "s"),
    ):
        yield Row("gateway", what, asked, has, unit, max(1, math.ceil(asked / has)))
