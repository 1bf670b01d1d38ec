"""report.html: what report.json holds, drawn so that a person reads it at a glance; self-contained and offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from .. import plots
from ..recorder import Recorder
from ..score import CLOCKS
from ..truth import What
from .incident_drawing import draw
from .incident_lanes import put_off_ms

ROWS_SHOWN = 40
LAG_PERCENTS = (0, 25, 50, 75, 90, 95, 99, 99.9, 99.99)
TONE = {"pass": "pass", "fail": "fail", "threshold breached": "fail"}  # all others: saturated

ASKED_FOR: dict[What, str] = {
    "command": "carried out", "report": "reported", "not_cleared": "alarm stays", "kept": "stays so",
    "latched": "waits for a reset", "events": "events told", "telemetry": "telemetry told", "granted": "opened",
    "denied": "denied", "done": "done by itself", "noted": "noted by itself", "delivered": "stored once delivered",
    "repeated": "said again", "born": "back", "beats": "stays there", "accepted": "waits to be accepted",
}  # fmt: skip

Row = list[float | None]


def render(report: Mapping[str, Any], recorder: Recorder) -> str:
    """report.html as text."""
    environment = Environment(
        loader=PackageLoader("lilong_simulator.report", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["span"] = lambda ms: "–" if ms is None else plots.span(ms)
    environment.filters["later"] = _later
    environment.filters["seconds"] = lambda ms: f"{ms / 1000:.2f} s" if ms < 600_000 else plots.span(ms)
    environment.filters["count"] = lambda number: "not observed" if number is None else f"{number:,}"
    must = [row for row in report["alarm_rows"] if row["expect"] == "must"]
    shown = sorted(must, key=_trouble)[:ROWS_SHOWN]
    shown.sort(key=lambda row: row["crossing_ms"])
    return environment.get_template("report.html").render(
        report=report,
        tone=TONE.get(report["verdict"], "saturated"),
        why=_why(report),
        title="plain clients" if report["plain"] is not None else report["estate"],
        conditions=_conditions(report),
        rows=shown,
        more=len(must) - len(shown),
        clocks=CLOCKS,
        asked_for=ASKED_FOR,
        ink=plots.INK,
        timeline=plots.timelines([(_where(row), row["after_crossing_ms"], _limits(row)) for row in shown]),
        classes=plots.bars(list(report["messages"]["by_class"].items())),
        by_alarm=_by_alarm(report),
        drawings=list(_drawings(report)),
        incidents=[(one, _drawn(report, one)) for one in report["by_incident"]],
        lag=plots.curve([(p, recorder.lags.percentile(p) or 0.0) for p in LAG_PERCENTS], "ms"),
    )


def _where(row: dict[str, Any]) -> str:
    """What a backend finds about no single device is of the estate."""
    return row["name"] or "the estate"


def _later(ms: float) -> str:
    """Since an incident began: +95 s, +2 min 30 s, +1 h 5 min."""
    seconds = round(ms / 1000)
    if seconds < 120:
        return f"+{seconds} s"
    if seconds < 3_600:
        return f"+{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    return f"+{seconds // 3600} h" + (f" {seconds % 3600 // 60} min" if seconds % 3600 >= 60 else "")


def _drawn(report: Mapping[str, Any], incident: Mapping[str, Any]) -> str:
    rows = [row for row in report["alarm_rows"] if row["incident"] == incident["name"]]
    linkage = [row for row in report["linkage"] if row["incident"] == incident["name"]]
    return draw(incident, rows, linkage)


def _trouble(row: Mapping[str, Any]) -> tuple[bool, float]:
    """What went wrong comes first, then what took longest."""
    took = row["after_decision_ms"]["ingest"]
    return not (row["late"] or row["missing"] or took is None), -(took or 0.0)


def _why(report: Mapping[str, Any]) -> str:
    """The verdict in a sentence."""
    reasons = report["failures"]
    alarms = report["alarms"]
    if reasons:
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        return f"{reasons[0]}{more}"
    blind = " No backend was observed: what the broker took is what counts." if report["ingest_by"] == "PUBACK" else ""
    if report["plain"] is not None:
        sent = report["messages"]["total"]
        return f"The broker took {sent:,} messages of {report['plain']['clients']:,} plain clients."
    if not alarms["true"]:
        broke = any(one["links_lost"] for one in report["faults"]) or report["link_troubles"]
        links = "every device was connected at the end" if broke else "every device stayed connected"
        return f"The world raised no alarm; {links}.{blind}"
    worst = report["latency_ms"]["ingest"]["max"]
    by = {"observed feed": "stored", "stored-ack": "acknowledged as stored", "PUBACK": "taken by the broker"}
    what = by.get(report["ingest_by"], "delivered")
    took = "" if worst is None else f", the slowest {plots.span(worst)} after the decision"
    each = "The one true alarm was" if alarms["true"] == 1 else f"All {alarms['true']:,} true alarms were"
    return f"{each} raised and {what}{took}.{blind}"


def _limits(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Counted from the crossing."""
    return {
        clock: None if limit is None else limit + put_off_ms(row, clock) for clock, limit in row["limits_ms"].items()
    }


def _conditions(report: Mapping[str, Any]) -> str:
    """What was run, and how."""
    lasted, started, plain = f"{report['duration_s']:g} s", report["started"], report["plain"]
    if plain is not None:
        each = f"{plain['rate']:,g} messages a second of {plain['size']:,} bytes, QoS {plain['qos']}"
        return f"{plain['clients']:,} clients without a world, {each}, for {lasted} from {started}"
    if report["mode"] == "replay":
        return f"A recording of {started} UTC, replayed at speed {report['rate']:g} in {lasted}"
    rate = "" if report["rate"] == 1 else f" rate {report['rate']:g},"
    incidents = ", ".join(report["incidents"]) or "none"
    by = "," if started.endswith(" UTC") else f" (estate time), seed {report['seed']},"
    return f"{report['mode']} run of {lasted} from {started}{by}{rate} incidents: {incidents}"


def _by_alarm(report: Mapping[str, Any]) -> str:
    rows = []
    for name, clocks in report["by_alarm"].items():
        for clock in ("ingest", "shown", "acknowledged"):
            figures = {figure: clocks[clock][figure] for figure in ("p50", "p90", "p99", "max")}
            rows.append((f"{name}: {clock}", plots.INK[clock], figures))
    return plots.ranges(rows)


def _drawings(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """(title, what it shows, svg, legend of (ink, label))."""
    series = report["series"]
    if not series or not series["rows"]:
        return
    at = {name: number for number, name in enumerate(series["columns"])}
    rows: list[Row] = series["rows"]
    width = series["width_s"]
    seconds = float(rows[-1][0] or 0) + width
    begun = report["began_s"] or 0.0
    spans = [
        (one["at_ms"] / 1000, seconds if one["until_ms"] is None else one["until_ms"] / 1000, one["fault"])
        for one in report["faults"] if one["at_ms"] is not None
    ]  # fmt: skip

    def column(name: str) -> list[plots.Point]:
        """A latency: a gap where nothing was recorded."""
        return [(float(row[0] or 0) + width / 2, row[at[name]]) for row in rows]

    def counted(name: str, between: Callable[[Row], float]) -> list[plots.Point]:
        """A count, with what stands in the seconds that have no row."""
        points: list[plots.Point] = []
        due = 0
        before: Row | None = None
        for row in rows:
            second = int(row[0] or 0)
            while due < second and len(points) < 20_000:
                points.append((due + width / 2, 0.0 if before is None else between(before)))
                due += width
            points.append((second + width / 2, row[at[name]]))
            due, before = second + width, row
        return points

    def nothing(_: Row) -> float:
        return 0.0

    def same(row: Row) -> float:
        return float(row[at["online"]] or 0)

    tightest = report["tightest_limit_ms"]
    latency: list[plots.Line] = [
        ("PUBACK p50", plots.FAINT, column("puback_p50_ms")),
        ("PUBACK p99", plots.STRONG, column("puback_p99_ms")),
        ("slowest PUBACK", "#1e3a8a", column("puback_max_ms")),
        ("slowest stored-ack of an alarm", plots.INK["shown"], column("stored_max_ms")),
    ]
    if any(y is not None for _, _, points in latency for _, y in points):
        yield (
            "Latency over time", "From the due time, decades. A stalled broker stands out as a plateau.",
            plots.over_time("latency", latency, seconds, True, None, begun, spans), _legend(latency),
        )  # fmt: skip
    sent: list[plots.Line] = [
        ("sent", plots.STRONG, counted("sent", nothing)),
        ("lost with a link", plots.WARN, counted("lost", nothing)),
        ("skipped", "#d97706", counted("skipped", nothing)),
    ]
    sent = [sent[0], *(one for one in sent[1:] if any(y for _, y in one[2]))]
    drawn = plots.over_time("messages a second", sent, seconds, marks=begun, spans=spans)
    yield "Messages a second", "", drawn, _legend(sent)
    online: list[plots.Line] = [("connected devices", plots.INK["acknowledged"], counted("online", same))]
    plain = report["plain"] is not None
    asleep = "" if plain else "Kinds that sleep connect only to report."
    drawn = plots.over_time("connected devices", online, seconds, marks=begun, spans=spans)
    yield "Connected clients" if plain else "Connected devices", asleep, drawn, _legend(online)
    lag: list[plots.Line] = [
        ("lag p50", plots.FAINT, column("lag_p50_ms")), ("lag p99", plots.STRONG, column("lag_p99_ms")),
        ("largest lag", "#1e3a8a", column("lag_max_ms")),
    ]  # fmt: skip
    limit = tightest / 10 if tightest else None
    what = "How late this generator was." if plain else "How late this generator called devices and worlds."
    if limit:
        what += f" Dashed: the limit for its p99 over the whole run, {plots.span(limit)}."
    yield "The generator's own lag", what, plots.over_time("lag", lag, seconds, True, limit, begun, spans), _legend(lag)


def _legend(lines: list[plots.Line]) -> list[tuple[str, str]]:
    return [(ink, label) for label, ink, points in lines if any(y is not None for _, y in points)]
