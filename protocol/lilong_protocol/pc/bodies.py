"""The bodies of messages: which shape each kind must have before anything is done with it, from the registry."""

from collections.abc import Callable
from typing import Any

from .. import topics
from ..registry import MESSAGES
from ..registry.tables import U32, Field

# The kinds that each uplink class may carry.
KINDS_OF_CLASS: dict[str, tuple[int, ...]] = {
    cls: tuple(message.number for message in MESSAGES if message.uplink and message.cls == cls)
    for cls in topics.UP_CLASSES
}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check(field: Field) -> Callable[[Any], bool]:
    low, high = field.low, field.high
    checks: dict[str, Callable[[Any], bool]] = {
        "number": lambda v: _whole(v) and low <= v <= high,
        "bool": lambda v: isinstance(v, bool),
        "text": lambda v: isinstance(v, str) and low <= len(v) <= high,
        "bytes": lambda v: isinstance(v, bytes) and low <= len(v) <= high,
        "values": lambda v: isinstance(v, dict) and all(one is None or _whole(one) for one in v.values()),
        "numbers": lambda v: isinstance(v, dict) and all(map(_whole, v.values())),
        "list": lambda v: isinstance(v, list) and all(_whole(one) and one >= 0 for one in v),
        "columns": lambda v: isinstance(v, list) and all(map(_column, v)),
        "class": lambda v: v in topics.UP_CLASSES,
    }
    return checks[field.type]


def _column(value: Any) -> bool:
    return isinstance(value, list) and all(one is None or _whole(one) for one in value)


_CHECKS = {
    message.number: tuple((field.key, field.required, _check(field)) for field in message.body) for message in MESSAGES
}


def _even(body: dict[int, Any]) -> bool:
    """Telemetry: as many columns as quantities, each with a value for every row, and at least one row."""
    quantities, ages, columns = body[0], body[1], body[2]
    return (
        bool(ages)
        and len(columns) == len(quantities)
        and all(len(column) == len(ages) for column in columns)
        and all(quantity <= U32 for quantity in quantities)
    )


_TELEMETRY = next(message.number for message in MESSAGES if message.cls == topics.TELEMETRY)


def well_formed(kind: int, body: Any) -> bool:
    """The body has the shape of its kind. Unknown keys, codes and quantities are let through.

    kind: one that the registry knows.
    """
    if not isinstance(body, dict):
        return False
    for key, required, check in _CHECKS[kind]:
        value = body.get(key)
        if value is None:
            if required or key in body:
                return False
        elif not check(value):
            return False
    return kind != _TELEMETRY or _even(body)
