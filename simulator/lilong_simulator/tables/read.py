"""The small tables of a run read back."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from lilong_protocol.pc.findings import BY_NAME

from ..truth import ALARM_CODES, MORE_LIMITS, Expectation, Limits, TruthError, TruthRow
from . import parquet
from .parquet import is_whole

_LIMITS = ("local_ms", "ingest_ms", "shown_ms", "acknowledged_ms")


def truth(path: Path) -> tuple[list[TruthRow], float | None]:
    """The rows of truth.parquet, and Unix ms of world time 0 (None: no row); TruthError for what is none."""
    rows, began = [], None
    for row in _rows(path, "truth"):
        code = ALARM_CODES.get(row["alarm"])
        finding = BY_NAME.get(row["alarm"])
        if code is None and finding is None:
            raise TruthError(f"{path}: {row['id']}: {row['alarm']!r} is no alarm and no finding of this version")
        rows.append(
            TruthRow(
                row["id"], row["device"], row["name"], code or BY_NAME[row["alarm"]].number, row["alarm"],
                row["expect"], row["crossing_ms"], row["cause"], row["incident"],
                {name: row[name] for name in _LIMITS} | _more(row), row["until_ms"], row.get("by", "device"),
                tuple(row.get("members") or ()), json.loads(row.get("tells") or "{}"), row.get("through") or "",
                row.get("recall"), tuple(row.get("after") or ()), row.get("quorum") or 0,
            )
        )  # fmt: skip
        began = float(row["time"] - row["crossing_ms"])
    return rows, began


def _more(row: dict[str, Any]) -> Limits:
    """Limits that few rows have; files of earlier versions lack their columns."""
    return {name: row[name] for name in MORE_LIMITS if row.get(name) is not None}


def expectations(path: Path) -> list[Expectation]:
    """The rows of expectations.parquet; a file of an earlier version lacks columns of what was added."""
    found = []
    for row in _rows(path, "expectations"):
        values: dict[str, Any] = {one.name: row[one.name] for one in fields(Expectation) if one.name in row}
        values["after"] = tuple(values["after"])
        found.append(Expectation(**values))
    return found


def _rows(path: Path, table: str) -> list[dict[str, Any]]:
    if not parquet.is_there():
        raise TruthError(
            f"{path}: pip install 'lilong[parquet]' to read it, or give {table}.jsonl"
        )
    if not is_whole(path):  # the reader would panic
        raise TruthError(f"{path}: is no {table}.parquet of lilong simulate; give that one, or {table}.jsonl")
    from arro3.core import DataType  # noqa: PLC0415  only who has tables needs it
    from arro3.io import read_parquet  # noqa: PLC0415

    try:
        found = []
        for batch in read_parquet(path):
            columns = {}
            for name in batch.schema.names:
                column = batch[name]
                columns[name] = (column.cast(DataType.int64()) if name == "time" else column).to_pylist()
            found += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    except Exception as error:  # the reader has an exception of its own
        raise TruthError(f"{path}: is no {table}.parquet of lilong simulate ({error})") from None
    if found and not {"id", "device", "name"} <= set(found[0]):
        raise TruthError(f"{path}: is no {table}.parquet of lilong simulate; give that one")
    return found
