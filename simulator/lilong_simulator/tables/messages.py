"""The table of all frames: kept for a while as they are sent, made into columns some thousands at a time."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Any

from lilong_protocol import frame as frames
from lilong_protocol.frame import Frame
from lilong_protocol.pc.values import quantity_name
from lilong_protocol.registry import ALARM, COMMAND_BY_NUMBER, EVENT, MESSAGE, QUANTITIES

from ..estate import Estate
from ..fleet.spoken import said_of
from .parquet import BATCH_ROWS, Columns, Lists

_DIVISORS = {row.number: float(10**-row.exponent) for row in QUANTITIES}  # no exponent is above 0
_READINGS_AT = {frames.BIRTH: 7, frames.HEARTBEAT: 3, frames.EVENT: 4, frames.RAISE: 4, frames.UPDATE: 4}  # in bodies
_ALARMS = (frames.RAISE, frames.UPDATE, frames.CLEAR)
_NAMES: dict[int, dict[int, Any]] = {
    **dict.fromkeys(_ALARMS, ALARM), frames.EVENT: EVENT, frames.COMMAND: COMMAND_BY_NUMBER,
    frames.RESPONSE: {}, frames.ERROR: {},
}  # fmt: skip

Sent = tuple[int, str, str, Frame, bytes | None, bool]
"""ms of the run, device, class, content, its bytes where there are any, up."""

Read = tuple[tuple[str, ...], list[float | None], list[int]]
"""Quantities, values and ages in ms."""

DEVICES_MAX = 65_536  # of one estate


class Messages:
    """Takes frames of a while in any order of their devices; `close` ends it. `take` gives what is ready to be written,
    `rest` the remainder at the end. The rows are in the order of time, then of devices as the estate has them, then as
    they were given.

    epoch_zero: Unix time in ms at which the run begins.
    """

    def __init__(self, estate: Estate, epoch_zero: int) -> None:
        self._estate = estate.id
        self._kinds = {device.id: device.kind for device in estate.devices}
        self._places = {device.id: float(place) for place, device in enumerate(estate.devices)}
        self._epoch_zero = epoch_zero
        self._sent: list[Sent] = []
        self._keys: list[float] = []  # of these, in the order wanted; floats compare quickest
        self._closed: list[Sent] = []
        self._ready: list[Columns] = []
        self.count = 0  # of those that were made into columns

    def up(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self._take(at, device, cls, said_of(frame), frame or None, True)

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self._take(at, device, cls, said_of(frame), frame or None, False)

    def told(self, at: int, device: str, cls: str, said: Frame, data: bytes | None) -> None:
        """What a device has said."""
        self._take(at, device, cls, said, data, True)

    def close(self) -> None:
        """All that was sent up to now has been told."""
        sent, keys = self._sent, self._keys
        self._sent, self._keys = [], []
        closed = self._closed
        closed += [sent[at] for at in sorted(range(len(sent)), key=keys.__getitem__)]
        whole = len(closed) // BATCH_ROWS * BATCH_ROWS
        for at in range(0, whole, BATCH_ROWS):
            self._cut(closed[at : at + BATCH_ROWS])
        self._closed = closed[whole:]

    def take(self) -> list[Columns]:
        """Whole batches, of BATCH_ROWS each."""
        ready, self._ready = self._ready, []
        return ready

    def rest(self) -> list[Columns]:
        """What is left, at the end."""
        self.close()
        if self._closed:
            self._cut(self._closed)
            self._closed = []
        return self.take()

    def _take(self, at: int, device: str, cls: str, said: Frame, data: bytes | None, up: bool) -> None:
        self._sent.append((at, device, cls, said, data, up))
        self._keys.append(at * float(DEVICES_MAX) + self._places[device])

    def _cut(self, sent: Sequence[Sent]) -> None:
        self.count += len(sent)
        self._ready.append(self._columns(sent))

    def _columns(self, sent: Sequence[Sent]) -> Columns:
        """In the order of `schema.MESSAGES`."""
        times, devices, classes, said, data, up = zip(*sent, strict=True)
        zero = self._epoch_zero
        return [
            [zero + at for at in times],
            times,
            [self._estate] * len(sent),
            devices,
            [self._kinds[device] for device in devices],
            ["up" if one else "down" for one in up],
            classes,
            [MESSAGE[one.kind].name for one in said],
            [one.boot for one in said],
            [one.seq for one in said],
            [one.uptime for one in said],
            [one.epoch if ours else None for one, ours in zip(said, up, strict=True)],
            [_code(one) for one in said],
            [_alarm(device, one) for device, one in zip(devices, said, strict=True)],
            readings(said),
            [None if frame is None else len(frame) for frame in data],
            data,
        ]


def readings(said: Sequence[Frame]) -> Lists:
    """What each frame measured, by `schema.READING`."""
    counts: list[int] = []
    quantities: list[str] = []
    values: list[float | None] = []
    ages: list[int] = []
    known: dict[int, Read] = {}  # by what is read, often the very same
    for one in said:
        what = one.body if one.kind == frames.TELEMETRY else _told(one)
        if not what:
            counts.append(0)
            continue
        read = known.get(id(what))
        if read is None:
            read = known[id(what)] = _batch(what) if one.kind == frames.TELEMETRY else _present(what)
        quantities += read[0]
        values += read[1]
        ages += read[2]
        counts.append(len(read[0]))
    return Lists(list(accumulate(counts)), [quantities, values, ages])


def _told(said: Frame) -> dict[int, Any] | None:
    """The present values in a frame."""
    place = _READINGS_AT.get(said.kind)
    return None if place is None else said.body.get(place)


def _present(told: dict[int, Any]) -> Read:
    names, divisors, in_order = _meaning(tuple(told))
    values = [None if value is None else value / by for value, by in zip(in_order(told), divisors, strict=True)]
    return names, values, [0] * len(names)


def _batch(body: dict[int, Any]) -> Read:
    """Of telemetry."""
    rows = body[1]
    names: tuple[str, ...] = ()
    values: list[float | None] = []
    for quantity, column in zip(body[0], body[2], strict=True):
        (name,), (divisor,), _ = _meaning((quantity,))
        names += (name,) * len(rows)
        values += [None if value is None else value / divisor for value in column]
    return names, values, list(rows) * len(body[0])


@lru_cache(maxsize=1_000)
def _meaning(
    quantities: tuple[int, ...],
) -> tuple[tuple[str, ...], tuple[float, ...], Callable[[dict[int, Any]], tuple[Any, ...]]]:
    """Of quantities, ascending as on the wire: names, by what their integers are divided, how to get them."""
    order = sorted(quantities)
    names = tuple(map(quantity_name, order))
    get = itemgetter(*order)
    return names, tuple(_DIVISORS.get(one, 1.0) for one in order), get if len(order) > 1 else lambda told: (get(told),)


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
