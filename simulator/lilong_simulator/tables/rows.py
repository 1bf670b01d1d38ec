"""The small tables of a run, from what the run holds anyway."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import accumulate
from typing import Any

from lilong_protocol.registry import ALARM

from ..data_faults.label import Label
from ..estate import Estate
from ..truth import MORE_LIMITS, Expectation, TruthRow
from .parquet import Columns, Lists

_LIMITS = ("local_ms", "ingest_ms", "shown_ms", "acknowledged_ms")


def devices(estate: Estate) -> Columns:
    return _columns(
        (estate.id, it.id, it.kind, it.name, it.building, it.core, it.unit, float(it.x), float(it.y), it.z)
        for it in estate.devices
    )


def truth(estate: Estate, epoch_zero: int, rows: Sequence[TruthRow]) -> Columns:
    """epoch_zero: Unix time in ms at which the run begins."""
    columns = _columns(
        (
            estate.id, it.id, it.device, it.name, it.alarm, it.expect, epoch_zero + it.crossing_ms, it.crossing_ms,
            it.until_ms, it.cause, it.incident, *(it.limits.get(name) for name in _LIMITS), it.by,
        )
        for it in rows
    )  # fmt: skip
    more = _columns(
        (
            *(it.limits.get(name) for name in MORE_LIMITS),
            json.dumps(it.tells, ensure_ascii=False) if it.tells else None, it.through, it.recall, it.quorum,
        )
        for it in rows
    )  # fmt: skip
    members, after = (_lists(getattr(it, name) for it in rows) for name in ("members", "after"))
    return [*columns, members, *more, after] if rows else []


def expectations(estate: Estate, rows: Sequence[Expectation]) -> Columns:
    """A column a field, in their order: one that is added to both needs nothing here."""
    if not rows:
        return []
    columns: list[Any] = [[estate.id] * len(rows)]
    for one in fields(Expectation):
        values = [getattr(it, one.name) for it in rows]
        columns.append(_lists(values) if one.name == "after" else values)
    return columns


def observed(estate: Estate, rows: Sequence[dict[str, Any]]) -> Columns:
    columns = _columns(
        (
            estate.id, round(it["at"]), it["event"], it["alarm"], it["device"],
            it.get("finding") or (ALARM[it["code"]].name if it["code"] else ""), it["boot"], it["seq"],
        )
        for it in rows
    )  # fmt: skip
    return [*columns, _lists(it.get("members", ()) for it in rows)] if rows else []


def labels(estate: Estate, epoch_zero: int, rows: Iterable[Label]) -> Columns:
    """epoch_zero: Unix time in ms at which the run begins."""
    return _columns(
        (
            estate.id, it.device, it.name, it.quantity or None, it.kind, epoch_zero + it.from_ms, it.from_ms, it.to_ms,
            it.cls, it.boot, it.seq, it.messages, int(it.evident),
        )
        for it in rows
    )  # fmt: skip


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[Sequence[Any]]:
    """None at all where there is no row."""
    return list(zip(*rows, strict=True))


def _lists(rows: Iterable[Sequence[str]]) -> Lists:
    kept = list(rows)
    return Lists(list(accumulate(map(len, kept))), [item for row in kept for item in row])
