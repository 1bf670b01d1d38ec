"""The rows of report.json: of the truth, of linkage, of faults."""

from __future__ import annotations

from math import inf
from typing import Any

from lilong_protocol.pc.findings import BY_NUMBER
from lilong_protocol.registry import ALARM

from ..load.faults.outcome import Outcome
from ..score import Judged, Score
from ..score.judged import ALL_CLOCKS
from ..score.linkage import Linked
from ..score.passages import Passages
from ..score.recall import Recall
from ..score.shares import Share
from ..truth import TruthRow
from .figures import rounded


def alarm_row(one: Judged) -> dict[str, Any]:
    until = one.row.until_ms
    return {
        "truth": one.row.id,
        "device": one.row.device,
        "name": one.row.name,
        "alarm": one.row.alarm,
        "level": (ALARM if one.row.by == "device" else BY_NUMBER)[one.row.code].level,
        "expect": one.row.expect,
        "by": one.row.by,
        "incident": one.row.incident,
        "cause": one.row.cause,
        "crossing_ms": round(one.crossing, 3),
        "until_ms": None if until is None else round(one.crossing + until - one.row.crossing_ms, 3),
        "alarm_id": one.answered,
        "decided_after_ms": rounded(one.alarm.decided - one.crossing) if one.alarm else None,
        "after_crossing_ms": {clock: rounded(one.after_crossing(clock)) for clock in ALL_CLOCKS},
        "after_decision_ms": {clock: rounded(one.after_decision(clock)) for clock in ALL_CLOCKS},
        "limits_ms": {clock: one.row.limits.get(f"{clock}_ms") for clock in ALL_CLOCKS},
        "not_before_ms": one.row.limits.get("not_before_ms"),
        "transfer_ms": one.row.limits.get("transfer_ms"),
        "told": one.told,
        "late": one.late,
        "missing": one.missing,
        "repeated": one.repeated,
        "broken": one.broken,
        "failures": one.failures,
        "excused": one.excused,
        "possible_after_ms": rounded(one.send_from - one.crossing) if one.crossing < one.send_from < inf else None,
    }


def fault_row(one: Outcome, score: Score) -> dict[str, Any]:
    """A fault and what it caused; times in ms of the run's clock."""
    at, until = one.at_ms, one.until_ms
    during = [
        judged for judged in score.judged
        if judged.row.expect == "must" and at is not None and at <= judged.crossing <= (inf if until is None else until)
    ]  # fmt: skip
    return {
        "name": one.name,
        "fault": one.text,
        "at_ms": rounded(at),
        "until_ms": rounded(until),
        "devices": one.devices,
        "links_lost": one.links_lost,
        "reconnect_ms": one.reconnect.summary(),
        "backlog": one.backlog,
        "drained_ms": rounded(one.drained_ms),
        "frames": one.frames,
        "alarms_during": len(during),
        "excused_during": sum(1 for judged in during if judged.alarm is None and judged.excused is not None),
    }


def recall_row(one: Recall) -> dict[str, Any]:
    return {
        "incident": one.incident, "alarm": one.alarm, "wanted": one.wanted, "true": one.true, "raised": one.raised,
        "stored": one.stored, "lost": one.raised - one.stored, "share": round(one.share, 4), "low": round(one.low, 4),
        "high": round(one.high, 4),
    }  # fmt: skip


def share_row(one: Share) -> dict[str, Any]:
    return {
        "what": one.what, "within_ms": one.within_ms, "wanted": one.wanted, "of": one.of, "kept": one.kept,
        "share": rounded(one.share),
    }  # fmt: skip


def passages_row(one: Passages) -> dict[str, Any]:
    return {
        "incident": one.incident, "action": one.action, "of": one.of, "let_in": len(one.after),
        "within_ms": one.within_ms, "wanted": one.wanted, "share_ms": one.share_ms,
        "kept": None if one.wanted is None else one.kept, "p50_ms": rounded(one.percentile(50)),
        "p99_ms": rounded(one.percentile(99)), "max_ms": rounded(one.percentile(100)),
    }  # fmt: skip


def unobserved_row(row: TruthRow) -> dict[str, Any]:
    return {
        "truth": row.id, "device": row.device, "name": row.name, "alarm": row.alarm,
        "crossing_ms": round(row.crossing_ms, 3),
    }  # fmt: skip


def linkage_row(linked: Linked) -> dict[str, Any]:
    asked = linked.expectation
    return {
        "incident": asked.incident,
        "action": asked.action,
        "what": asked.what,
        "name": asked.name,
        "after_ms": rounded(linked.after),
        "limit_ms": asked.within_ms,
        "triggered": linked.trigger is not None,
        "trigger_ms": rounded(linked.trigger),
        "failure": linked.failure,
    }
