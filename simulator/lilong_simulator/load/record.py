"""Records what devices send, while they do: one file, gzip of JSON lines, that never holds up a run.

    {"format": "lilong recording 1", "epoch_zero": Unix ms at ms 0, "by": "lilong load"}
    {"n": 0, "tenant": "music_plaza", "device": "a4cf12fffe0b3c5d"}     before the first row of each device
    [12345.678, 0, "al", "8443a1..."]                                   ms, device n, class, the sealed frame
    [12345.912, 0, "tm", "8443a1...", 1]                                the same with another QoS than the protocol's
    [23456.789, 0]                                                      its connection has ended
    {"rows": 2}                                                         the last line of a whole recording

Rows are in the order of their times, which begin anywhere. What is written each fifth of a second can be read even if
the process is killed (`recorded`).
"""

from __future__ import annotations

import json
import threading
import zlib
from collections import deque
from collections.abc import Callable
from io import RawIOBase
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Self

from lilong_protocol.topics import up_qos

from ..tables.spare import Spare

FORMAT = "lilong recording 1"
WRITE_S = 0.2
MOST = 500_000  # rows that wait for the disk: a disk that is slower than that ends the recording, not the run
PIECE = 1_000  # rows made into bytes at a time
GZIP = 31  # window bits of zlib: a gzip header around it

Row = tuple[float, str, str, bytes] | tuple[float, str, str, bytes, int]
"""ms, device, class, frame, QoS where it is known; an empty class: its connection has ended."""


SPARE_BYTES = 8_000_000  # (ours) of the disk, left to the report of a run whose recording has filled it


class RecordError(Exception):
    """A recording that cannot be begun; the text says why and what to do."""


class Recording:
    """`put` takes a row at the cost of a list's append; a thread writes. `with Recording(...)`: whole at the end.

    epoch_zero: Unix time in ms at ms 0. tenant_of: of each device. tell: is told once, from that thread, why the
    recording has ended before the run. to: what is written to in place of a file at `path`, from that thread.
    """

    def __init__(
        self,
        path: Path,
        epoch_zero: float,
        by: str,
        tenant_of: Callable[[str], str],
        tell: Callable[[str], object] = lambda why: None,
        to: RawIOBase | None = None,
    ) -> None:
        self.path = path
        self.rows = 0  # that were written
        self.trouble: str | None = None
        self._tenant_of = tenant_of
        self._tell = tell
        self._waiting: deque[Row] = deque()
        self.put: Callable[[Row], object] = self._waiting.append
        self._numbers: dict[str, int] = {}
        self._last = -inf
        self._pack = zlib.compressobj(1, zlib.DEFLATED, GZIP)
        self._over = threading.Event()
        try:
            self._file: RawIOBase = path.open("wb", buffering=0) if to is None else to
        except OSError as error:
            raise RecordError(f"--record {path}: {error.strerror}; name a file that can be written") from None
        self._spare = spare_in(path.parent) if to is None else None
        head = {"format": FORMAT, "epoch_zero": round(epoch_zero, 3), "by": by}
        self._head = json.dumps(head) + "\n"
        self._thread = threading.Thread(target=self._write_all, name="recording", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, and that it is whole."""
        self._over.set()
        self._thread.join()
        self._free()

    # ---- the thread

    def _write_all(self) -> None:
        try:
            with self._file:
                self._give(self._pack.compress(self._head.encode()) + self._pack.flush(zlib.Z_SYNC_FLUSH))
                while not self._over.wait(WRITE_S):
                    self._write_waiting()
                    if len(self._waiting) > MOST:
                        self._end(f"the disk is too slow: more than {MOST:,} rows wait for it")
                        return
                self._write_waiting()
                last = f'{{"rows": {self.rows}}}\n'
                self._give(self._pack.compress(last.encode()) + self._pack.flush())
        except OSError as error:
            self._end(error.strerror or str(error))

    def _write_waiting(self) -> None:
        """What waits now; what comes meanwhile has its turn the next time."""
        left = len(self._waiting)
        if not left:
            return
        take = self._waiting.popleft
        written = self.rows + left
        while left:
            count = min(left, PIECE)
            text = "".join([self._line(*take()) for _ in range(count)])
            self._give(self._pack.compress(text.encode()))
            left -= count
        self._give(self._pack.flush(zlib.Z_SYNC_FLUSH))
        self.rows = written

    def _line(self, at: float, device: str, cls: str, frame: bytes, qos: int | None = None) -> str:
        at = self._last = max(at, self._last)  # what a process of its own tells may come late
        number = self._numbers.get(device)
        before = ""
        if number is None:
            number = self._numbers[device] = len(self._numbers)
            told = {"n": number, "tenant": self._tenant_of(device), "device": device}
            before = json.dumps(told) + "\n"
        if not cls:
            return f"{before}[{at:.3f},{number}]\n"
        last = "" if qos is None or qos == up_qos(cls) else f",{qos}"
        return f'{before}[{at:.3f},{number},"{cls}","{frame.hex()}"{last}]\n'

    def _give(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]

    def _free(self) -> None:
        if self._spare is not None:
            self._spare.close()

    def _end(self, why: str) -> None:
        self._free()
        self.put = _nothing
        self._waiting.clear()
        self.trouble = f"{self.path}: the recording has ended after {self.rows:,} rows, the run goes on ({why})"
        self._tell(self.trouble)


def spare_in(folder: Path) -> Spare | None:
    """Room for the report of a run whose recording fills the disk; None where there is none even now."""
    try:
        return Spare(folder, SPARE_BYTES)
    except OSError:
        return None  # what is left is for the recording


def _nothing(row: Row) -> None:
    pass
