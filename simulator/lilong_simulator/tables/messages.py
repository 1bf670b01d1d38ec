"""The table of all frames: kept for a while as they are sent, made into columns at one go."""

from typing import TYPE_CHECKING

from lilong_protocol.frame import Frame

from ..estate import Estate
from ..fleet.spoken import said_of

if TYPE_CHECKING:
    from arro3.core import RecordBatch

Data = bytes | list[bytes] | None
"""The frame's bytes where there are any; of several a list."""

Sent = tuple[int, int, int, str, str, Frame, Data, bool]
"""First ms of the run, ms from one to the next, how many, device, class, what the first says, bytes, up. The others say
the same, each a number and as much time later."""


class Messages:
    """Takes frames of a while in any order of their devices; `close` ends it. `take` gives what is ready to be written,
    `rest` the remainder at the end. The rows are in the order of time, then of devices as the estate has them, then as
    they were given.

    epoch_zero: Unix time in ms at which the run begins. It needs the extra `lilong[parquet]`.
    """

    def __init__(self, estate: Estate, epoch_zero: int) -> None:
        from .batch import Batches  # noqa: PLC0415  only who wants tables needs what it imports

        self._batches = Batches(estate, epoch_zero)
        self._sent: list[Sent] = []
        self._ready: list[RecordBatch] = []
        self.count = 0  # of those that were made into columns

    def up(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self._sent.append((at, 0, 1, device, cls, said_of(frame), frame if len(frame) else None, True))

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self._sent.append((at, 0, 1, device, cls, said_of(frame), frame if len(frame) else None, False))

    def told(self, at: int, step: int, count: int, device: str, cls: str, said: Frame, data: Data) -> None:
        """What a device has said, `count` times."""
        self._sent.append((at, step, count, device, cls, said, data, True))

    def close(self) -> None:
        """All that was sent up to now has been told."""
        if self._sent:
            sent, self._sent = self._sent, []
            batch = self._batches.of(sent)
            self.count += batch.num_rows
            self._ready.append(batch)

    def take(self) -> "list[RecordBatch]":
        ready, self._ready = self._ready, []
        return ready

    def rest(self) -> "list[RecordBatch]":
        """What is left, at the end."""
        self.close()
        return self.take()
