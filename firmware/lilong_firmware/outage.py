"""Telemetry of an outage: thinned, kept in RAM, and told afterwards with its true times, when nothing else waits.

Of each batch that nobody hears, the rows stay in which a quantity is at its least or at its greatest, and the last one.
There is room for BATCHES; when it is full, neighbours become one in the same way, so that of a longer outage the older
part is the coarser, and no outage needs more memory. A restart ends what is kept: it is no alarm.
"""

from lilong_protocol import cbor, frame, topics

from .columns import columns
from .effects import NEVER
from .session import OUTAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

    Rows = list[tuple[int, dict[int, int]]]

BATCHES = 16  # (ours) of 15 min each: four hours before the first become one


class Outage:
    """Batches that nobody has heard, the oldest first; a source of `Session.later`. A batch becomes a frame when it is
    sent: by then the clock may be right that was not when it was measured."""

    WHAT = OUTAGE

    __slots__ = ("_batches", "_device", "_frame", "deadline")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._batches: list[bytes] = []
        self._frame: bytes | None = None  # the one on its way; an unsealed one of a simulation is empty
        self.deadline = NEVER

    def keep(self, rows: "Rows") -> None:
        batches = self._batches
        batches.append(_packed(thinned(rows)))
        if len(batches) > BATCHES:
            for at in range(BATCHES // 2):
                pair = _rows(batches[at]) + _rows(batches[at + 1])
                batches[at] = _packed(thinned(pair))
                batches.pop(at + 1)

    def first(self, now: int) -> "tuple[str, bytes, int] | None":
        if self._frame is None:
            body = columns(now, _rows(self._batches.pop(0)))
            self._frame = self._device.uplink.frame(now, frame.TELEMETRY, topics.TELEMETRY, body)
        return topics.TELEMETRY, self._frame, 0

    def sent(self, now: int, data: bytes) -> bool:
        if data is not self._frame:
            return False
        self._frame = None
        if not self._batches:
            self._device.session.later.remove(self)
        return True

    def step(self, now: int) -> None:
        """It waits for nothing but the link."""


def keep(device: "Device", rows: "Rows") -> None:
    """Nobody hears these rows of (uptime, values) now."""
    session = device.session
    for source in session.later:
        if source.WHAT == OUTAGE:
            break
    else:
        source = Outage(device)
        session.later = [source] + list(session.later)  # noqa: RUF005  MicroPython unpacks into no list
    source.keep(rows)


def thinned(rows: "Rows") -> "Rows":
    """Of rows in their order those in which a quantity is at its least or its greatest, and the last one."""
    kept = [len(rows) - 1]
    for quantity in rows[0][1]:
        known = [(values[quantity], at) for at, (_, values) in enumerate(rows) if quantity in values]
        kept += [min(known)[1], -max([(value, -at) for value, at in known])[1]]
    return [row for at, row in enumerate(rows) if at in kept]


def _packed(rows: "Rows") -> bytes:
    return cbor.encode(columns(0, rows))


def _rows(packed: bytes) -> "Rows":
    body = cbor.decode(packed)
    quantities = body[0]
    return [
        (-ago, {quantities[nth]: body[2][nth][at] for nth in range(len(quantities))}) for at, ago in enumerate(body[1])
    ]
