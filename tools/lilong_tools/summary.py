"""The summary of a run on the terminal."""

from collections.abc import Mapping
from typing import Any

from lilong_simulator.report.model import SEALED
from rich.console import Console
from rich.table import Table

VERDICT_STYLE = {
    "pass": "bold green", "fail": "bold red", "threshold breached": "bold red", "generator saturated": "bold yellow",
    "partial": "bold yellow",
}  # fmt: skip
INCIDENT_STYLE = {"pass": "green", "fail": "red", "not judged": "yellow"}
FAILURES_SHOWN = 10
BY = {
    "stored-ack": "ingest is an upper bound: the arrival of the stored-ack; --observed gives the commit itself",
    "probe subscriber": "ingest is the delivery to a subscriber of ours; what a backend stored was not observed",
    "PUBACK": "ingest is the PUBACK: the broker has the alarm, whether a backend has it was not observed",
}


def summarise(content: dict[str, Any], console: Console) -> None:
    """Print what report.json holds, as far as a person wants it at once."""
    alarms = content["alarms"]
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("latency in ms")
    for name in ("p50", "p90", "p99", "max", "count"):
        table.add_column(name, justify="right")
    rows = [*content["latency_ms"].items()]
    if content["broker_ms"] is not None:
        rows += [("PUBACK", content["broker_ms"]["puback"]), ("connect", content["broker_ms"]["online"])]
    for clock, row in (*rows, ("generator lag", content["generator_lag_ms"])):
        cells = [_number(row[name]) for name in ("p50", "p90", "p99", "max")]
        table.add_row(clock, *cells, str(row["count"]))
    console.print()
    console.print(table)
    console.print()
    console.print(f"alarms: {_counts(alarms)}", highlight=False, markup=False)
    if content["findings"]["true"]:
        console.print(f"findings: {_counts(content['findings'])}", highlight=False, markup=False)
    accepted = "acceptance not observed" if content["connected"] is None else f"{content['connected']:,} accepted"
    by = "" if content["payload"] == SEALED else f" by the template {content['payload']}"
    console.print(
        f"{content['devices']:,} devices ({len(content['real_micropython'])} of them real MicroPython), "
        f"{accepted}, {content['messages']['total']:,} messages{by}, broker: {content['broker']}",
        highlight=False,
        markup=False,
    )
    whole = content["completeness"]
    if whole is not None and whole["expected"]:
        console.print(
            f"completeness: {whole['share']:.2%} of {whole['expected']:,} heartbeats and telemetry frames, "
            f"{whole['whole']:,} of {whole['devices']:,} devices lack nothing",
            highlight=False, markup=False,
        )  # fmt: skip
    for one in content["by_incident"]:
        console.print(one["told"], style=INCIDENT_STYLE[one["verdict"]], highlight=False, markup=False)
    if content["latency_ms"]["ingest"]["count"] and content["ingest_by"] in BY and content["mode"] == "live":
        console.print(BY[content["ingest_by"]], style="dim")
    _conclude(content, console)


def summarise_plain(content: dict[str, Any], console: Console) -> None:
    """The same of a check with plain clients, which have no alarms."""
    plain = content["plain"]
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("latency in ms")
    for name in ("p50", "p90", "p99", "p99.9", "max", "count"):
        table.add_column(name, justify="right")
    rows = (
        ("connect", content["broker_ms"]["connack"]), ("PUBACK", content["broker_ms"]["puback"]),
        ("generator lag", content["generator_lag_ms"]),
    )  # fmt: skip
    for name, row in rows:
        table.add_row(name, *(_number(row[one]) for one in ("p50", "p90", "p99", "p999", "max")), f"{row['count']:,}")
    console.print()
    console.print(table)
    console.print()
    rates = {name.removesuffix("_per_s"): plain[name] for name in plain if name.endswith("_per_s")}
    told = ", ".join(f"{'–' if value is None else f'{value:,.1f}'} {name}" for name, value in rates.items())
    console.print(f"a second: {told}", highlight=False, markup=False)
    _conclude(content, console)


def _conclude(content: dict[str, Any], console: Console) -> None:
    for one in content.get("faults", ()):
        console.print(f"  {_fault(one)}", style="cyan", highlight=False, markup=False)
    for one in content["thresholds"]:
        value = "not observed" if one["value"] is None else f"{one['value']:g}"
        kept, style = ("kept", "green") if one["kept"] else ("breached", "red")
        console.print(f"  {kept}: {one['text']}: {value}", style=style, highlight=False, markup=False)
    for warning in content["warnings"]:
        console.print(f"  {warning}", style="yellow", highlight=False, markup=False)
    for failure in content["failures"][:FAILURES_SHOWN]:
        console.print(f"  {failure}", style="red", highlight=False, markup=False)
    if len(content["failures"]) > FAILURES_SHOWN:
        console.print(f"  and {len(content['failures']) - FAILURES_SHOWN} more")
    console.print(f"verdict: {content['verdict']}", style=VERDICT_STYLE[content["verdict"]])


def _fault(one: dict[str, Any]) -> str:
    """A fault and what it caused."""
    if one["at_ms"] is None:
        return f"{one['fault']}: the run ended before it"
    told = [f"{one['devices']:,} devices", f"{one['links_lost']:,} links lost"]
    back = one["reconnect_ms"]
    if back["count"]:
        told.append(f"back after p50 {back['p50']:,.0f}, p99 {back['p99']:,.0f}, max {back['max']:,.0f} ms")
    if one["backlog"]:
        drained = "not drained" if one["drained_ms"] is None else f"drained after {one['drained_ms']:,.0f} ms"
        told.append(f"backlog {one['backlog']:,}, {drained}")
    if one["excused_during"]:
        told.append(f"{one['excused_during']:,} alarms excused")
    return f"{one['fault']}: {', '.join(told)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _counts(values: Mapping[str, int | None]) -> str:
    counted = ", ".join(f"{'?' if n is None else n} {name.replace('_', ' ')}" for name, n in values.items())
    return counted + (" (?: not observed)" if None in values.values() else "")
