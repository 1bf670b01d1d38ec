"""What frames measured, in words and in units: pieces of columns."""

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from lilong_protocol import frame as frames
from lilong_protocol.frame import Frame
from lilong_protocol.pc.values import quantity_name
from lilong_protocol.registry import QUANTITIES

_DIVISORS = {row.number: float(10**-row.exponent) for row in QUANTITIES}  # no exponent is above 0
_PRESENT_AT = {frames.BIRTH: 7, frames.HEARTBEAT: 3, frames.EVENT: 4, frames.RAISE: 4, frames.UPDATE: 4}  # in bodies


class Measured:
    """What each of some frames measured. What several have alike stands in the lists but once.

    `quantities`, `values` and `ages` (ms): by `schema.READING`. Frame n has the part from `starts[n]`, of `lengths[n]`.
    """

    def __init__(self, said: "tuple[Frame, ...]") -> None:
        self.quantities: list[str] = []
        self.values: list[float | None] = []
        self.ages: list[int] = []
        self.starts: list[int] = []
        self.lengths: list[int] = []
        known: dict[int, tuple[int, int]] = {}  # by what is read, often the very same
        for one in said:
            what = one.body if one.kind == frames.TELEMETRY else _told(one)
            if what:
                part = known.get(id(what))
                if part is None:
                    part = known[id(what)] = self._read(one.kind, what)
                start, length = part
            else:
                start = length = 0
            self.starts.append(start)
            self.lengths.append(length)

    def _read(self, kind: int, what: dict[int, Any]) -> tuple[int, int]:
        start = len(self.values)
        if kind == frames.TELEMETRY:
            self._batch(what)
        else:
            names, divisors, in_order = _meaning(tuple(what))
            self.quantities += names
            self.values += [_in_unit(value, by) for value, by in zip(in_order(what), divisors, strict=True)]
            self.ages += [0] * len(names)
        return start, len(self.values) - start

    def _batch(self, body: dict[int, Any]) -> None:
        """Of telemetry."""
        rows = body[1]
        for quantity, column in zip(body[0], body[2], strict=True):
            (name,), (divisor,), _ = _meaning((quantity,))
            self.quantities += [name] * len(rows)
            self.values += [_in_unit(value, divisor) for value in column]
            self.ages += rows


def _told(said: Frame) -> dict[int, Any] | None:
    """The present values in a frame."""
    place = _PRESENT_AT.get(said.kind)
    return None if place is None else said.body.get(place)


def _in_unit(value: int | None, divisor: float) -> float | None:
    return None if value is None else value / divisor


@lru_cache(maxsize=1_000)
def _meaning(
    quantities: tuple[int, ...],
) -> tuple[tuple[str, ...], tuple[float, ...], Callable[[dict[int, Any]], tuple[Any, ...]]]:
    """Of quantities, ascending as on the wire: names, by what their integers are divided, how to get them."""
    order = sorted(quantities)
    names = tuple(map(quantity_name, order))
    get = itemgetter(*order)
    return names, tuple(_DIVISORS.get(one, 1.0) for one in order), get if len(order) > 1 else lambda told: (get(told),)
