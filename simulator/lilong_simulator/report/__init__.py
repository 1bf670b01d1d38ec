"""What a run leaves behind: report.json for machines and report.html for people, self-contained and offline."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..load.faults.outcome import Outcome
from ..load.measures import CLASS_NAMES
from ..load.shards.unseen import Unseen
from ..load.thresholds import Threshold, judge
from ..recorder import Recorder
from ..score import Score
from ..score.clock_skew import skew
from ..score.incidents import Step, conclusion, incidents_of
from ..score.linkage import Linked
from ..score.passages import passages
from .figures import broker_of, latency_of, series, unexplained
from .html import render
from .model import SEALED, VERSION
from .rows import alarm_row, fault_row, linkage_row, passages_row, recall_row, share_row, unobserved_row

TIGHTEST_LIMIT_MS = 2_000  # of all that the world knows: a forced door's local output (GB 50396 5.1.2)
PASS, FAIL, SATURATED, PARTIAL, BREACHED = "pass", "fail", "generator saturated", "partial", "threshold breached"
EXIT_CODES = {PASS: 0, FAIL: 1, SATURATED: 3, PARTIAL: 4, BREACHED: 99}
TEN_YEARS_MS = 3.2e11
IN_SECONDS = "\"at\" of the observed feed is in milliseconds since 1970, not in seconds"
NO_BACKEND = "not observed: no backend answered a birth or stored an alarm"
BY_FEED, BY_STORED_ACK, BY_PROBE, BY_PUBACK = "observed feed", "stored-ack", "probe subscriber", "PUBACK"


@dataclass(frozen=True)
class Conditions:
    """What a run was: estate, broker and how it was asked for."""

    estate: str
    mode: str  # "live", "virtual" or "plain"
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
    began_s: float | None = None  # when the worlds began, on the run's clock
    estates: int = 1
    rate: float = 1.0
    shards: int = 1
    shards_missing: int = 0
    accept: str = "stored"
    ingest_by: str = BY_STORED_ACK
    thresholds: tuple[Threshold, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()  # why the run did not come to its end
    workers: Sequence[Mapping[str, Any]] = ()  # of a run by several processes, see `model`
    unseen: Unseen | None = None  # what happened to the devices of lost shards
    knee: Mapping[str, Any] | None = None
    faults: Sequence[Outcome] = ()
    refused: Mapping[str, int] = field(default_factory=dict)  # devices that were never let in, by why
    payload: str = SEALED
    plain: Mapping[str, Any] | None = None  # of plain clients: what was asked for, and rates
    tightest_ms: float | None = None  # the tightest limit where the world has none
    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)  # of each incident by its name
    completeness: Mapping[str, Any] | None = None  # see `completeness`
    quality: Mapping[str, Any] | None = None  # how data faults were found, see `model`
    world_began: float | None = None  # Unix ms of world time 0


def tightest_limit_ms(score: Score) -> float | None:
    """The tightest limit that the run judged."""
    limits = [limit for one in score.judged if one.row.expect == "must" for limit in one.row.limits.values() if limit]
    return min(limits, default=None)


def saturation(score: Score, recorder: Recorder, otherwise_ms: float | None = None) -> str | None:
    """Why the run proves nothing: the generator's own lag would colour its result."""
    lag = recorder.lags.percentile(99)
    tightest = tightest_limit_ms(score)
    if tightest is None:
        tightest = otherwise_ms or TIGHTEST_LIMIT_MS  # none was judged: what might have been
    if lag is None or lag <= tightest / 10:
        return None
    return f"generator saturated: lag p99 {lag:g} ms, above a tenth of the tightest judged limit of {tightest:g} ms"


def shortcomings(
    score: Score,
    connected: int | None,
    devices: int,
    linkage: Sequence[Linked] = (),
    lost: int = 0,
    broker_counts: bool = False,
    refused: Mapping[str, int] = MappingProxyType({}),
) -> list[str]:
    """Every reason why a run does not pass, the generator's lag apart. `broker_counts`: its answers were enough."""
    reasons = score.failures + [linked.failure for linked in linkage if linked.failure is not None]
    if connected is not None and connected < devices and not broker_counts:
        reasons.append(f"not connected: the backend has accepted {connected} of {devices} devices")
    reasons += [f"refused: {count:,} devices were never let in: {why}" for why, count in refused.items()]
    if lost:
        reasons.append(f"lost: {lost} always-on devices were not connected at the end")
    if connected is None and not score.stored and not broker_counts:
        reasons.append(NO_BACKEND)
    return reasons


def build(conditions: Conditions, recorder: Recorder, score: Score, linkage: Sequence[Linked] = ()) -> dict[str, Any]:
    """The content of report.json; its keys are described in `model` and simulator/README.md."""
    connected = len(recorder.accepted) if recorder.accepted else None
    saturated = saturation(score, recorder, conditions.tightest_ms)
    measures = recorder.measures
    unseen = () if conditions.unseen is None else conditions.unseen.truth
    broker_counts = conditions.accept == "puback" and measures is not None and bool(measures.puback)
    broker_counts = broker_counts or conditions.plain is not None
    failures = [*conditions.reasons] or shortcomings(
        score, connected, conditions.devices, linkage, conditions.lost, broker_counts, conditions.refused
    )
    failures += unexplained(measures)
    must = [one for one in score.judged if one.row.expect == "must"]
    skewed = skew(score.judged, conditions.accept == "stored" and conditions.ingest_by == BY_FEED)
    by_incident = incidents_of(score, linkage, conditions.incidents, conditions.steps)
    content: dict[str, Any] = {
        "schema": VERSION,
        "verdict": PASS,
        "conclusion": "",
        "failures": [],
        "warnings": list(conditions.warnings),
        "estate": conditions.estate,
        "estates": conditions.estates,
        "mode": conditions.mode,
        "seed": conditions.seed,
        "rate": conditions.rate,
        "started": conditions.started,
        "duration_s": conditions.duration_s,
        "incidents": list(conditions.incidents),
        "by_incident": by_incident,
        "broker": conditions.broker,
        "measures_latency": conditions.measures_latency,
        "machine": conditions.machine,
        "shards": conditions.shards,
        "shards_missing": conditions.shards_missing,
        "workers": list(conditions.workers),
        "unobserved": [unobserved_row(row) for row in unseen],
        "devices": conditions.devices,
        "connected": connected,
        "lost": conditions.lost,
        "connect_s": conditions.connect_s,
        "began_s": conditions.began_s,
        "world_began": conditions.world_began,
        "real_micropython": conditions.real_micropython,
        "accept": conditions.accept,
        "ingest_by": conditions.ingest_by,
        "payload": conditions.payload,
        "plain": conditions.plain,
        "messages": {
            "total": sum(recorder.messages.values()),
            "by_class": {CLASS_NAMES[cls]: count for cls, count in sorted(recorder.messages.items())},
            "fates": None
            if measures is None
            else {CLASS_NAMES[cls]: asdict(counts) for cls, counts in sorted(measures.counts.items())},
        },
        "alarms": score.counts(),
        "findings": score.findings.counts(),
        "recall": [recall_row(one) for one in score.recalls],
        "shares": [share_row(one) for one in score.shares],
        "passages": [passages_row(one) for one in passages(linkage)],
        "quality": conditions.quality,
        "latency_ms": latency_of(must),
        "by_alarm": {
            name: latency_of([one for one in must if one.row.alarm == name])
            for name in sorted({one.row.alarm for one in must})
        },
        "broker_ms": None if measures is None else broker_of(measures),
        "generator_lag_ms": recorder.lags.summary(),
        "tightest_limit_ms": tightest_limit_ms(score) or conditions.tightest_ms,
        "clock_skew": {
            "impossible": skewed.impossible,
            "worst_ms": skewed.worst_ms,
            "backend_ahead_ms": None if skewed.ahead_ms is None else list(skewed.ahead_ms),
        },
        "thresholds": [],
        "knee": conditions.knee,
        "faults": [fault_row(one, score) for one in conditions.faults],
        "series": None if measures is None else series(measures),
        "alarm_rows": [alarm_row(one) for one in score.judged],
        "linkage": [linkage_row(linked) for linked in linkage],
        "link_troubles": conditions.troubles,
        "completeness": conditions.completeness,
    }
    if skewed.zone_h is not None:
        off = f"{abs(skewed.zone_h):g} h too {'late' if skewed.zone_h > 0 else 'early'}"
        content["warnings"].append(
            f"all times of the observed feed are {off}: "
            "\"at\" is in milliseconds since 1970 UTC, not of local time"
        )
    elif skewed.impossible:
        content["warnings"].append(
            f"clock skew: {skewed.impossible} times cannot be, by up to {abs(skewed.worst_ms or 0):g} ms: "
            + (IN_SECONDS if abs(skewed.worst_ms or 0) > TEN_YEARS_MS else "set the clock of the backend's machine")
        )
    judged = judge(conditions.thresholds, content)
    content["thresholds"] = [{"text": one.text, "value": value, "kept": kept} for one, value, kept in judged]
    breached = [
        f"threshold breached: {one.text}: {'not observed' if value is None else f'it is {one.shown(value)}'}"
        for one, value, kept in judged
        if not kept
    ]
    partial = []
    if conditions.shards_missing:
        lost = f"{conditions.shards_missing} of {conditions.shards} shards were lost"
        gone = len(conditions.unseen.devices) if conditions.unseen is not None else 0
        partial = [f"partial: {lost}; their part is unknown: {gone:,} devices, {len(unseen):,} alarms of the truth"]
    for verdict, reasons in (
        (SATURATED, [saturated] if saturated is not None else []), (PARTIAL, partial), (BREACHED, breached),
        (FAIL, failures),
    ):  # fmt: skip
        if reasons and content["verdict"] == PASS:
            content["verdict"] = verdict
        content["failures"] += reasons
    content["conclusion"] = conclusion(score, linkage, by_incident, content["verdict"])
    return content


def this_machine() -> dict[str, Any]:
    """The machine of a live run; a virtual one has none, since its result does not depend on it."""
    return {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}


def write(folder: Path, report: dict[str, Any], recorder: Recorder, name: str = "report") -> None:
    """Write {name}.json and {name}.html into `folder`, which is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / f"{name}.html").write_text(render(report, recorder), encoding="utf-8")
