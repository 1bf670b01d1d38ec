"""Frames of a while as one Arrow batch. Only whoever has the extra `lilong[parquet]` may import this.

Most frames are one of many alike, and each text is one of few: a column is an array of numbers, made by numpy, by which
an array of texts is indexed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from arro3.core import Array, ChunkedArray, DataType, RecordBatch, list_array, struct_array
from lilong_protocol import frame as frames
from lilong_protocol.frame import Frame
from lilong_protocol.registry import ALARM, COMMAND_BY_NUMBER, EVENT, MESSAGE
from numpy.typing import NDArray

from ..estate import Estate
from . import schema
from .measured import Measured
from .messages import Data, Sent
from .parquet import arrow_schema, arrow_type

DEVICES_MAX = 65_536  # of one estate

Ints = NDArray[np.int64]

_ALARMS = (frames.RAISE, frames.UPDATE, frames.CLEAR)
_NAMES: dict[int, dict[int, Any]] = {
    **dict.fromkeys(_ALARMS, ALARM), frames.EVENT: EVENT, frames.COMMAND: COMMAND_BY_NUMBER,
    frames.RESPONSE: {}, frames.ERROR: {},
}  # fmt: skip
_NONE = -1  # no number in a frame is negative


class Words:
    """An array of texts by their places in a vocabulary."""

    def __init__(self, words: Iterable[str]) -> None:
        self._places = {word: place for place, word in enumerate(dict.fromkeys(words))}
        self._array = _texts([*self._places, None])

    def places(self, words: Iterable[str | None]) -> Ints:
        return np.array([self._places.get(word, _NONE) for word in words], dtype=np.int64)  # type: ignore[arg-type]

    def array(self, places: Ints) -> Array:
        return self._array.take(places % (len(self._places) + 1))  # none is the last


class Batches:
    """Makes batches in the order of `schema.MESSAGES`. epoch_zero: Unix time in ms at which the run begins."""

    def __init__(self, estate: Estate, epoch_zero: int) -> None:
        self._epoch_zero = epoch_zero
        self._schema = arrow_schema(schema.MESSAGES)
        self._estate = Words([estate.id])
        self._places = {device.id: place for place, device in enumerate(estate.devices)}
        self._devices = Words(self._places)
        self._kinds = Words(device.kind for device in estate.devices)
        self._kind_of = self._kinds.places(device.kind for device in estate.devices)
        self._directions = Words(["down", "up"])

    def of(self, sent: Sequence[Sent]) -> RecordBatch:
        """One row a frame, by time, then by the places of devices in the estate, then as given."""
        first, step, count, devices, classes, said, data, up = zip(*sent, strict=True)
        counts = np.array(count, dtype=np.int64)
        one = np.repeat(np.arange(len(sent)), counts)  # of `sent`, each row's
        nth = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
        later = np.array(step, dtype=np.int64)[one] * nth  # than the first, ms
        at = np.array(first, dtype=np.int64)[one] + later
        place = np.array([self._places[device] for device in devices], dtype=np.int64)
        order = np.argsort(at * DEVICES_MAX + place[one], kind="stable")
        one, nth, later, at = one[order], nth[order], later[order], at[order]
        place = place[one]
        return RecordBatch.from_arrays(
            [
                _times(self._epoch_zero + at),
                Array.from_numpy(at),
                self._estate.array(np.zeros(len(at), dtype=np.int64)),
                self._devices.array(place),
                self._kinds.array(self._kind_of[place]),
                self._directions.array(np.array(up, dtype=np.int64)[one]),
                _words(classes, one),
                _words([MESSAGE[it.kind].name for it in said], one),
                _numbers([it.boot for it in said], one),
                _numbers([it.seq for it in said], one, nth),
                _numbers([it.uptime for it in said], one, later),
                _times(_numbers([it.epoch if ours else None for it, ours in zip(said, up, strict=True)], one, later)),
                _words([_code(it) for it in said], one),
                _words([_alarm(device, it) for device, it in zip(devices, said, strict=True)], one),
                _readings(Measured(said), one),
                *_frames(data, count, order),
            ],
            schema=self._schema,
        )


def _texts(texts: Sequence[str | None]) -> Array:
    return Array(texts, DataType.string()).cast(arrow_type(schema.WORD))


def _words(words: Sequence[str | None], one: Ints) -> Array:
    known = Words(word for word in words if word is not None)
    return known.array(known.places(words)[one])


def _numbers(numbers: Sequence[int | None], one: Ints, more: Ints | None = None) -> Array:
    """`more`: to be added in each row."""
    given = np.array([_NONE if number is None else number for number in numbers], dtype=np.int64)[one]
    return _but(given == _NONE, given if more is None else given + more)


def _but(absent: NDArray[np.bool_], values: Ints) -> Array:
    """Values that are null where they are absent."""
    array = Array.from_numpy(values)
    if not absent.any():
        return array
    with_none = ChunkedArray([array, Array([None], DataType.int64())]).combine_chunks()
    return with_none.take(np.where(absent, len(values), np.arange(len(values))))


def _times(values: Ints | Array) -> Array:
    array = values if isinstance(values, Array) else Array.from_numpy(values)
    return array.cast(arrow_type(schema.TIME))


def _readings(measured: Measured, one: Ints) -> Array:
    lengths = np.array(measured.lengths, dtype=np.int64)[one]
    ends = np.cumsum(lengths)
    starts = np.array(measured.starts, dtype=np.int64)[one]
    each = np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1])
    kind = arrow_type(schema.READINGS)
    inner = kind.value_type
    assert inner is not None
    parts = (
        _texts(measured.quantities),
        Array(measured.values, DataType.float64()),
        Array(measured.ages, DataType.int64()),
    )
    items = struct_array([part.take(each) for part in parts], fields=inner.fields)
    return list_array(Array.from_numpy(np.append(0, ends).astype(np.int32)), items, type=kind)


def _frames(data: Sequence[Data], count: Sequence[int], order: Ints) -> tuple[Array, Array]:
    """Sizes, and bytes."""
    each: list[bytes | None] = []
    for one, many in zip(data, count, strict=True):
        if isinstance(one, list):
            each += one
        else:
            each += [one] * many
    sizes = np.array([_NONE if one is None else len(one) for one in each], dtype=np.int64)[order]
    return _but(sizes == _NONE, sizes), Array(each, DataType.binary()).take(order)


def _code(said: Frame) -> str | None:
    names = _NAMES.get(said.kind)
    if names is None:
        return None
    code = said.body.get(0)
    return names[code].name if code in names else str(code)


def _alarm(device: str, said: Frame) -> str | None:
    if said.ref is not None:
        return f"{device}-{said.ref[0]}-{said.ref[1]}"
    return f"{device}-{said.boot}-{said.seq}" if said.kind == frames.RAISE else None
