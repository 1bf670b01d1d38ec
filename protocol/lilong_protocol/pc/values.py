"""Values by the registry: names, units, and numbers scaled to them."""

from decimal import Decimal
from typing import NamedTuple

from ..registry import QUANTITY


class Measured(NamedTuple):
    """A value in its unit (RFC 8428 symbols): a Decimal, the name of an enumeration's place, or None: not measured."""

    value: Decimal | str | None
    unit: str


def quantity_name(number: int) -> str:
    """The registry's name, or the number itself as text."""
    known = QUANTITY.get(number)
    return str(number) if known is None else known.name


def measured(number: int, value: int | None) -> Measured:
    """The integer of a frame, scaled; a quantity that the registry lacks keeps its integer."""
    known = QUANTITY.get(number)
    if value is None or known is None:
        return Measured(None if value is None else Decimal(value), "" if known is None else known.unit)
    for meant, name, _ in known.meanings:
        if meant == value:
            return Measured(name, "")
    return Measured(Decimal(value).scaleb(known.exponent), known.unit)
