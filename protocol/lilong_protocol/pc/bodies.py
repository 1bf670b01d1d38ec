"""The bodies of uplink messages: which shape each kind must have before anything is done with it."""

from collections.abc import Callable
from typing import Any

from .. import frame, topics

# The kinds that each class may carry.
KINDS_OF_CLASS: dict[str, tuple[int, ...]] = {
    topics.STATE: (frame.BIRTH, frame.DEATH),
    topics.HEARTBEAT: (frame.HEARTBEAT,),
    topics.TELEMETRY: (frame.TELEMETRY,),
    topics.EVENT: (frame.EVENT,),
    topics.ALARM: (frame.RAISE, frame.UPDATE, frame.CLEAR),
    topics.RESPONSE: (frame.RESPONSE, frame.ERROR),
}


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _absent_or_number(value: Any) -> bool:
    return value is None or _number(value)


def _values(value: Any) -> bool:
    """{quantity: integer or None}, or absent."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    return all(v is None or (isinstance(v, int) and not isinstance(v, bool)) for v in value.values())


def _birth(body: dict[int, Any]) -> bool:
    firmware = body.get(2)
    return (
        _number(body.get(0))
        and _number(body.get(1))
        and (firmware is None or isinstance(firmware, str))
        and _absent_or_number(body.get(3))
        and _absent_or_number(body.get(4))
        and _values(body.get(7))
    )


def _heartbeat(body: dict[int, Any]) -> bool:
    return all(_absent_or_number(body.get(key)) for key in (0, 1, 2)) and _values(body.get(3))


def _telemetry(body: dict[int, Any]) -> bool:
    quantities, ages, columns = body.get(0), body.get(1), body.get(2)
    if not isinstance(quantities, list) or not isinstance(ages, list) or not isinstance(columns, list):
        return False
    if not ages or len(columns) != len(quantities):
        return False
    if not all(_number(quantity) for quantity in quantities) or not all(_number(age) for age in ages):
        return False
    return all(
        isinstance(column, list) and len(column) == len(ages) and _values(dict(enumerate(column))) for column in columns
    )


def _told(body: dict[int, Any]) -> bool:
    """Events, raises and updates: a code and values."""
    return (
        _number(body.get(0))
        and _values(body.get(4))
        and all(_absent_or_number(body.get(key)) for key in (1, 2, 3, 5, 6))
    )


def _code(body: dict[int, Any]) -> bool:
    return _number(body.get(0))


_CHECKS: dict[int, Callable[[dict[int, Any]], bool]] = {
    frame.BIRTH: _birth,
    frame.DEATH: _code,
    frame.HEARTBEAT: _heartbeat,
    frame.TELEMETRY: _telemetry,
    frame.EVENT: _told,
    frame.RAISE: _told,
    frame.UPDATE: _told,
    frame.CLEAR: _told,
    frame.RESPONSE: _code,
    frame.ERROR: _code,
}


def well_formed(message: frame.Frame) -> bool:
    """The body has the shape of its kind. Unknown keys, codes and quantities are let through."""
    return _CHECKS[message.kind](message.body)
