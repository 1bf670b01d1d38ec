"""Telemetry in columns, for kinds that send it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def columns(now: int, rows: "list[tuple[int, dict[int, int]]]") -> "dict[int, Any]":
    """A columnar batch: {0: quantities, 1: age of each row in ms, 2: a list of values per quantity}."""
    quantities = sorted(rows[0][1])
    return {
        0: quantities,
        1: [now - at for at, _ in rows],
        2: [[values.get(q) for _, values in rows] for q in quantities],
    }
