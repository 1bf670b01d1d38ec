"""What a run leaves behind: report.json for machines and report.html for people, self-contained and offline."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from lilong_protocol.registry import ALARM

from . import plots
from .latency import Latency
from .linkage import Linked
from .recorder import Recorder
from .score import CLOCKS, Score

SCHEMA_VERSION = 1
TIGHTEST_LIMIT_MS = 2_000  # of all that the world knows: a forced door's local output (GB 50396 5.1.2)
PASS, FAIL, SATURATED = "pass", "fail", "generator saturated"
EXIT_CODES = {PASS: 0, FAIL: 1, SATURATED: 3}
CLASS_NAMES = {
    "st": "birth", "hb": "heartbeat", "tm": "telemetry", "ev": "event", "al": "alarm", "rs": "response",
    "cf": "configuration", "ot": "update", "lg": "log",
}  # fmt: skip


@dataclass(frozen=True)
class Conditions:
    """What a run was: estate, broker and how it was asked for."""

    estate: str
    mode: str  # "live" or "virtual"
    seed: int
    started: str  # local time of the estate's world
    duration_s: float
    broker: str
    measures_latency: bool  # False: a broker that carries the run but no claim about latency
    incidents: tuple[str, ...]
    devices: int
    real_micropython: dict[str, str]  # kind: device name
    lost: int  # always-on devices that were not connected at the end
    connect_s: float | None  # from power-on until the backend had accepted every device
    troubles: dict[str, int]
    machine: dict[str, Any] | None


def tightest_limit_ms(score: Score) -> float | None:
    """The tightest limit that the run judged."""
    limits = [limit for one in score.judged if one.row.expect == "must" for limit in one.row.limits.values() if limit]
    return min(limits, default=None)


def saturation(score: Score, recorder: Recorder) -> str | None:
    """Why the run proves nothing: the generator's own lag would colour its result."""
    lag = recorder.lags.percentile(99)
    tightest = tightest_limit_ms(score)
    if tightest is None:
        tightest = TIGHTEST_LIMIT_MS  # none was judged: what might have been
    if lag is None or lag <= tightest / 10:
        return None
    return f"generator saturated: lag p99 {lag:g} ms, above a tenth of the tightest judged limit of {tightest:g} ms"


def shortcomings(
    score: Score, connected: int | None, devices: int, linkage: Sequence[Linked] = (), lost: int = 0
) -> list[str]:
    """Every reason why a run does not pass, the generator's lag apart."""
    reasons = score.failures + [linked.failure for linked in linkage if linked.failure is not None]
    if connected is not None and connected < devices:
        reasons.append(f"not connected: the backend has accepted {connected} of {devices} devices")
    if lost:
        reasons.append(f"lost: {lost} always-on devices were not connected at the end")
    if connected is None and not score.stored:
        reasons.append("not observed: no backend answered a birth or stored an alarm")
    return reasons


def verdict(
    score: Score,
    recorder: Recorder,
    connected: int | None,
    devices: int,
    linkage: Sequence[Linked] = (),
    lost: int = 0,
) -> str:
    """`pass`, `fail`, or `generator saturated`, whatever else went wrong in such a run."""
    if saturation(score, recorder) is not None:
        return SATURATED
    return FAIL if shortcomings(score, connected, devices, linkage, lost) else PASS


def build(conditions: Conditions, recorder: Recorder, score: Score, linkage: Sequence[Linked] = ()) -> dict[str, Any]:
    """The content of report.json; its keys are described in simulator/README.md."""
    latency: dict[str, Any] = {}
    for clock in CLOCKS:
        histogram = Latency()
        for one in score.judged:
            if one.row.expect != "must":
                continue
            ms = one.after_crossing(clock) if clock == "local" else one.after_decision(clock)
            if ms is not None:
                histogram.record(ms)
        latency[clock] = histogram.summary()
    connected = len(recorder.accepted) if recorder.accepted else None
    saturated = saturation(score, recorder)
    failures = shortcomings(score, connected, conditions.devices, linkage, conditions.lost)
    return {
        "schema": SCHEMA_VERSION,
        "verdict": verdict(score, recorder, connected, conditions.devices, linkage, conditions.lost),
        "estate": conditions.estate,
        "mode": conditions.mode,
        "seed": conditions.seed,
        "started": conditions.started,
        "duration_s": conditions.duration_s,
        "incidents": list(conditions.incidents),
        "broker": conditions.broker,
        "measures_latency": conditions.measures_latency,
        "devices": conditions.devices,
        "connected": connected,
        "lost": conditions.lost,
        "connect_s": conditions.connect_s,
        "real_micropython": conditions.real_micropython,
        "messages": {
            "total": sum(recorder.messages.values()),
            "by_class": {CLASS_NAMES[cls]: count for cls, count in sorted(recorder.messages.items())},
        },
        "alarms": score.counts(),
        "latency_ms": latency,
        "generator_lag_ms": recorder.lags.summary(),
        "tightest_limit_ms": tightest_limit_ms(score),
        "alarm_rows": [_row(one) for one in score.judged],
        "linkage": [_linkage_row(linked) for linked in linkage],
        "failures": [*([saturated] if saturated is not None else ()), *failures],
        "link_troubles": conditions.troubles,
        "machine": conditions.machine,
    }


def this_machine() -> dict[str, Any]:
    """The machine of a live run; a virtual one has none, since its result does not depend on it."""
    return {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}


def _row(one: Any) -> dict[str, Any]:
    return {
        "truth": one.row.id,
        "device": one.row.device,
        "name": one.row.name,
        "alarm": one.row.alarm,
        "level": ALARM[one.row.code].level,
        "expect": one.row.expect,
        "cause": one.row.cause,
        "crossing_ms": round(one.crossing, 3),
        "alarm_id": one.alarm.id if one.alarm else None,
        "decided_after_ms": _rounded(one.alarm.decided - one.crossing) if one.alarm else None,
        "after_crossing_ms": {clock: _rounded(one.after_crossing(clock)) for clock in CLOCKS},
        "after_decision_ms": {clock: _rounded(one.after_decision(clock)) for clock in CLOCKS},
        "limits_ms": {clock: one.row.limits.get(f"{clock}_ms") for clock in CLOCKS},
        "late": one.late,
        "missing": one.missing,
    }


def _linkage_row(linked: Linked) -> dict[str, Any]:
    asked = linked.expectation
    return {
        "action": asked.action,
        "what": asked.what,
        "name": asked.name,
        "after_ms": _rounded(linked.after),
        "limit_ms": asked.within_ms,
        "triggered": linked.trigger is not None,
    }


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 3)


def write(folder: Path, report: dict[str, Any], recorder: Recorder, name: str = "report") -> None:
    """Write {name}.json and {name}.html into `folder`, which is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / f"{name}.html").write_text(render(report, recorder), encoding="utf-8")


def render(report: dict[str, Any], recorder: Recorder) -> str:
    """report.html as text."""
    environment = Environment(
        loader=PackageLoader("lilong_simulator", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    must = [row for row in report["alarm_rows"] if row["expect"] == "must"]
    shown = must[:40]
    return environment.get_template("report.html").render(
        report=report,
        rows=shown,
        more=len(must) - len(shown),
        clocks=CLOCKS,
        ink=plots.INK,
        timeline=plots.timelines([(row["name"], row["after_crossing_ms"], row["limits_ms"]) for row in shown]),
        classes=plots.bars(list(report["messages"]["by_class"].items())),
        lag=plots.curve(
            [(p, recorder.lags.percentile(p) or 0.0) for p in (0, 25, 50, 75, 90, 95, 99, 99.9, 99.99)], "ms"
        ),
    )
