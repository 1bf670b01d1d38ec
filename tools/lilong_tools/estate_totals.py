"""What an estate comes to, in tables that a person reads at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lilong_protocol.codes import link
from lilong_protocol.registry import KIND
from lilong_simulator import traffic
from lilong_simulator.estate import Estate
from rich.console import Console
from rich.table import Table

BUSIEST = 18  # the hour from 18:00, when people come home


def purpose(file: Path) -> str:
    """The first sentence of the comment at the head of an estate file: what it is for."""
    words: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        words.append(line.lstrip("# ").strip())
    return " ".join(words).partition(". ")[0].rstrip(".") if words else ""


def tell(estate: Estate, console: Console) -> None:
    """All of it."""
    names = " ".join(dict.fromkeys((estate.name["en"], estate.name["zh"])))
    console.print(f"{estate.id}: {names}; nothing is wrong with it")
    console.print()
    for name, told in _facts(estate):
        console.print(f"{name:<11}{told}")
    console.print()
    console.print(_kinds(estate))


def _facts(estate: Estate) -> Iterator[tuple[str, str]]:
    plan = estate.plan()
    residential = [one for one in plan["buildings"] if one["use"] == "residential"]
    high = max(one["storeys"] for one in residential) if residential else 0
    yield "ground", (
        f"{estate.width_m:g} x {estate.height_m:g} m, {estate.area_m2:,.0f} m2; "
        f"{estate.road_length_m:,.0f} m of drives and paths, {len(plan['gates'])} gates, {estate.bays:,} bays"
    )
    yield "buildings", (
        f"{len(residential)} residential of up to {high} storeys with {len(estate.cores)} cores, "
        f"{len(plan['buildings']) - len(residential)} commercial"
    )
    private = sum(home.confidential for home in estate.households)
    less = sum(bool(home.opted_out) for home in estate.households)
    yield "homes", f"{len(estate.flats):,}, of which {private:,} confidential; {less:,} have not all that they might"
    ages = [person.age for person in estate.residents]
    yield "people", (
        f"{len(ages):,}, of whom {sum(age >= 60 for age in ages):,} are 60 or older "
        f"and {sum(age >= 80 for age in ages):,} 80 or older"
    )
    yield "devices", f"{len(estate.devices):,}, of which {len(_gateways(estate))} are gateways"
    mains = Counter(feeder for one in estate.devices if (feeder := estate.feeder_of(one.id)) is not None)
    feeders = ", ".join(f"{estate.feeders[id_]['en']} with {mains[id_]:,} devices" for id_ in estate.feeders)
    yield "feeders", feeders or "none"
    cells = {cell.id: cell.officer for one in estate.devices if (cell := estate.cell_of(one)) is not None}
    yield "cells", ", ".join(f"{id_}, whose officer is {officer}" for id_, officer in cells.items()) or "no officer"
    said = sum(one.messages for one in traffic.steady(estate.devices).values())
    events = traffic.events_a_day(estate)
    yield "messages", f"{said:,.1f} a second by themselves, {said * traffic.DAY_S:,.0f} a day"
    yield "events", (
        f"{events:,.0f} a working day, {traffic.events_in_hour(estate, BUSIEST):,.0f} of them from {BUSIEST}:00 to "
        f"{BUSIEST + 1}:00; all together {said + events / traffic.DAY_S:,.1f} messages a second"
    )


def _gateways(estate: Estate) -> tuple[object, ...]:
    return estate.of_kind("gateway")


def _kinds(estate: Estate) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("kind")
    for name in ("devices", "beat", "telemetry", "messages a second", "a day"):
        table.add_column(name, justify="right")
    steady = traffic.steady(estate.devices)
    for one in sorted(steady.values(), key=lambda one: -one.devices):
        beats = sorted({device.beat_s or link(KIND[one.kind].number)[2] for device in estate.of_kind(one.kind)})
        telemetry = link(KIND[one.kind].number)[4]
        table.add_row(
            one.kind, f"{one.devices:,}", ", ".join(map(_period, beats)), _period(telemetry) if telemetry else "",
            f"{one.messages:,.3f}", f"{one.messages * traffic.DAY_S:,.0f}",
        )  # fmt: skip
    whole = sum(one.messages for one in steady.values())
    table.add_section()
    table.add_row("all", f"{len(estate.devices):,}", "", "", f"{whole:,.3f}", f"{whole * traffic.DAY_S:,.0f}")
    return table


def _period(seconds: int) -> str:
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds} s"
