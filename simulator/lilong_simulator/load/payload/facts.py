"""What a message says, by the names that a template may ask for; they come from the registry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lilong_protocol import frame
from lilong_protocol.frame import Frame
from lilong_protocol.registry import ALARM, EVENT, KIND_BY_NUMBER, KINDS, MESSAGE, QUANTITIES, QUANTITY
from lilong_protocol.registry.tables import LEVEL, Field

ABSENT: Any = object()
"""What a getter gives where the message says nothing."""

NAMES = {
    "birth": frame.BIRTH, "heartbeat": frame.HEARTBEAT, "telemetry": frame.TELEMETRY, "event": frame.EVENT,
    "alarm_raise": frame.RAISE, "alarm_update": frame.UPDATE, "alarm_clear": frame.CLEAR, "death": frame.DEATH,
}  # fmt: skip
"""Kinds of message by the names of a template's tables."""

_NAME_OF = {number: name for name, number in NAMES.items()}
_ROWS: dict[str, dict[int, Any]] = {"alarms": ALARM, "events": EVENT, "kinds": KIND_BY_NUMBER}
_VALUES_AT = {kind: field.key for kind in NAMES.values() for field in MESSAGE[kind].body if field.name == "values"}
DIVISORS = {row.number: 10**-row.exponent for row in QUANTITIES}  # no exponent is above 0

Getter = Callable[["Facts"], Any]


class Facts:
    """One message of one device. `at_ms`: Unix time at which it was made; `rows`: makes those of telemetry."""

    __slots__ = ("at_ms", "device", "estate", "kind", "name", "rows", "said")

    def __init__(self, estate: str, device: str, kind: str, name: str, said: Frame, at_ms: float) -> None:
        self.estate = estate
        self.device = device
        self.kind = kind
        self.name = name
        self.said = said
        self.at_ms = at_ms
        self.rows: Callable[[Facts], list[Any]] | None = None


def number(quantity: int, value: int) -> int | float:
    """A measured value in its unit; exact where a float can be."""
    divisor = DIVISORS.get(quantity, 1)
    return value if divisor == 1 else value / divisor


def quantity_name(quantity: int) -> str:
    known = QUANTITY.get(quantity)
    return str(quantity) if known is None else known.name


def raw_values(said: Frame) -> dict[int, int]:
    """What was measured, by quantity, as on the wire; of telemetry the newest row."""
    if said.kind == frame.TELEMETRY:
        return newest(said)
    values: dict[int, int | None] = said.body.get(_VALUES_AT.get(said.kind, -1), {})
    return {one: value for one, value in values.items() if value is not None}


def newest(said: Frame) -> dict[int, int]:
    """The row of telemetry that was measured last."""
    return min(telemetry_rows(said), key=lambda row: row[0])[1] if said.body[1] else {}


def telemetry_rows(said: Frame) -> list[tuple[int, dict[int, int]]]:
    """(age in ms, values by quantity) of each row; what was not measured is left out."""
    quantities, ages, columns = said.body[0], said.body[1], said.body[2]
    return [
        (age, {one: column[at] for one, column in zip(quantities, columns, strict=True) if column[at] is not None})
        for at, age in enumerate(ages)
    ]


def alarm_id(device: str, said: Frame) -> str:
    """`device-boot-seq` of the raise that an alarm frame is about."""
    boot, seq = (said.boot, said.seq) if said.kind == frame.RAISE else said.ref
    return f"{device}-{boot}-{seq}"


# ---- getters


def _values(facts: Facts) -> dict[str, int | float]:
    return {quantity_name(one): number(one, value) for one, value in raw_values(facts.said).items()}


def _one_value(kind: str | None, quantity: int) -> Getter:
    def get(facts: Facts) -> Any:
        if kind is not None and facts.kind != kind:
            return ABSENT
        value = raw_values(facts.said).get(quantity)
        return ABSENT if value is None else number(quantity, value)

    return get


def _iso(facts: Facts) -> str:
    at = datetime.fromtimestamp(facts.at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rows(facts: Facts) -> Any:
    return ABSENT if facts.rows is None else facts.rows(facts)


def _level(facts: Facts) -> Any:
    body = facts.said.body
    if facts.said.kind == frame.RAISE:
        return LEVEL[body[1]]
    return ALARM[body[0]].level if body[0] in ALARM else ABSENT


def _label(facts: Facts) -> Any:
    row = _ROWS["events" if facts.said.kind == frame.EVENT else "alarms"].get(facts.said.body[0])
    return ABSENT if row is None else row.label.en


def of_body(field: Field) -> Getter:
    """A number, text or truth value of the body, named where the registry has a name."""
    key, rows, meanings = field.key, _ROWS.get(field.names), dict(field.meanings)

    def get(facts: Facts) -> Any:
        value = facts.said.body.get(key, ABSENT)
        if value is ABSENT:
            return value
        if rows is not None:
            row = rows.get(value)
            return str(value) if row is None else row.name
        return meanings.get(value, value)

    return get


@lru_cache
def body_getters(kind: int) -> dict[str, Getter]:
    """What the body of a kind of message has beside measured values, in the order of the registry."""
    plain = ("number", "text", "bool")
    return {field.name: of_body(field) for field in MESSAGE[kind].body if field.type in plain}


@lru_cache
def getters(kind: int) -> dict[str, Getter]:
    """Everything that may stand between braces in a message of that kind."""
    message = MESSAGE[kind]
    found: dict[str, Getter] = body_getters(kind) | {
        "estate": lambda facts: facts.estate,
        "device": lambda facts: facts.device,
        "kind": lambda facts: facts.kind,
        "name": lambda facts: facts.name,
        "message": lambda facts: _NAME_OF[facts.said.kind],
        "time": lambda facts: round(facts.at_ms),
        "time_s": lambda facts: round(facts.at_ms) / 1000,
        "time_iso": _iso,
        "boot": lambda facts: facts.said.boot,
    }
    if "seq" in message.header:
        found |= {"seq": lambda facts: facts.said.seq, "uptime": lambda facts: facts.said.uptime}
    if kind in (frame.RAISE, frame.UPDATE, frame.CLEAR):
        found |= {"alarm": lambda facts: alarm_id(facts.device, facts.said), "level": _level}
    if kind in (frame.RAISE, frame.UPDATE, frame.CLEAR, frame.EVENT):
        found |= {"label": _label, "number": lambda facts: facts.said.body[0]}
    if kind == frame.TELEMETRY:
        found["rows"] = _rows
    if kind in _VALUES_AT or kind == frame.TELEMETRY:
        found |= value_getters()
    return found


@lru_cache
def value_getters() -> dict[str, Getter]:
    """All measured values, one of them, or one of them where the device is of a kind."""
    numbers = {row.name: row.number for row in QUANTITIES}
    found: dict[str, Getter] = {"values": _values}
    found |= {f"values.{name}": _one_value(None, at) for name, at in numbers.items()}
    for kind in KINDS:
        found |= {f"values.{kind.name}.{name}": _one_value(kind.name, numbers[name]) for name in kind.quantities}
    return found
