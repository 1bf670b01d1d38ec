"""A message as a SenML pack in JSON (RFC 8428): one record for each thing that it says.

The base name is the device's URN (RFC 9039 4.1, EUI-64), the base time when the message was made. Units are those of
IANA's registry of primary units: values are converted where ours is none of them, and a unit that has no counterpart
is left out, as RFC 8428 12.1 has it for what is not registered.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from lilong_protocol import frame
from lilong_protocol.registry import QUANTITY

from .facts import ABSENT, Facts, body_getters, getters, quantity_name, raw_values, telemetry_rows

# Our units that are none of IANA's primary ones: the one that is, and by what a value is multiplied.
UNITS: dict[str, tuple[str | None, Fraction]] = {
    "%": ("/", Fraction(1, 100)),
    "%LEL": ("/", Fraction(1, 100)),
    "ppm": ("/", Fraction(1, 1_000_000)),
    "g": ("m/s2", Fraction("9.80665")),  # a gram there
    "h": ("s", Fraction(3_600)),
    "d": ("s", Fraction(86_400)),
    "Wh": ("J", Fraction(3_600)),
    "dB/m": (None, Fraction(1)),
    "CNY": (None, Fraction(1)),
}
_BESIDE = ("alarm", "level", "boot", "seq")  # of a message, before what its body has


def pack(facts: Facts) -> list[dict[str, Any]]:
    """The records; the first has the base fields, and the second of an alarm its id: `/1/vs`."""
    said = facts.said
    records = [
        {
            "bn": f"urn:dev:mac:{facts.device}:", "bt": round(facts.at_ms) / 1000,
            "n": "message", "vs": getters(said.kind)["message"](facts),
        }
    ]  # fmt: skip
    known = getters(said.kind)
    named = [(name, known[name]) for name in _BESIDE if name in known]
    for name, get in (*named, *body_getters(said.kind).items()):
        value = get(facts)
        if value is not ABSENT:
            records.append(record(name, value))
    if said.kind == frame.TELEMETRY:
        for age, values in telemetry_rows(said):
            records += [measured(one, value) | ({"t": -age / 1000} if age else {}) for one, value in values.items()]
    else:
        records += [measured(one, value) for one, value in raw_values(said).items()]
    return records


def record(name: str, value: Any) -> dict[str, Any]:
    """A value by its type (RFC 8428 4.2)."""
    key = "vb" if isinstance(value, bool) else "vs" if isinstance(value, str) else "v"
    return {"n": name, key: value}


def measured(quantity: int, value: int) -> dict[str, Any]:
    """A measured value, with its unit where it has one."""
    name, unit, top, bottom = _meaning(quantity)
    told: dict[str, Any] = {"n": name} if unit is None else {"n": name, "u": unit}
    told["v"] = value * top if bottom == 1 else value * top / bottom
    return told


@lru_cache
def _meaning(quantity: int) -> tuple[str, str | None, int, int]:
    """Name, unit, and the fraction by which a number on the wire is multiplied."""
    known = QUANTITY.get(quantity)
    if known is None:
        return quantity_name(quantity), None, 1, 1
    unit, factor = UNITS.get(known.unit, (known.unit, Fraction(1)))
    factor *= Fraction(10) ** known.exponent
    return known.name, unit, factor.numerator, factor.denominator
