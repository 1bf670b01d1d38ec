"""The parts of a recording that several processes make, a file each beside it, and the one that they come to.

A part is a recording of its own, and can be read alone. In the whole, rows stand in the order of their times; of rows
at one time that of the earlier shard comes first, so that the same parts give the same bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from heapq import merge
from io import FileIO
from operator import itemgetter
from pathlib import Path

from ..tables.spare import Spare
from .lines import Lines, RecordingError, value_of
from .record import FORMAT, GZIP, RecordError, spare_in

PIECE = 1_000  # rows packed at a time

_Row = tuple[float, int, int, bytes, bytes]  # ms, part, device in it; the same ms and what stands behind, as written


class Parts:
    """Takes the bytes of `count` parts as they come. `tell`: why a part has ended before the run."""

    def __init__(self, path: Path, count: int, tell: Callable[[str], object]) -> None:
        self.path = path
        self.files = [path.with_name(f"{path.name}.part{index}") for index in range(count)]
        self._tell = tell
        self._open: list[FileIO | None] = []
        self._spare: Spare | None = None
        try:
            path.open("wb").close()
            for file in self.files:
                self._open.append(file.open("wb", buffering=0))
        except OSError as error:
            self.close()
            raise RecordError(f"--record {path}: {error.strerror}; name a file that can be written") from None
        self._spare = spare_in(path.parent)

    def take(self, index: int, data: bytes) -> None:
        """What a part has more; nothing, once it could not be written."""
        file = self._open[index]
        try:
            left = memoryview(data)
            while file is not None and left:
                left = left[file.write(left) :]
        except OSError as error:
            self._open[index] = None
            if file is not None:
                file.close()
            self._free()
            self._tell(f"{self.files[index]}: the recording of shard {index} has ended, the run goes on "
                       f"({error.strerror or error})")  # fmt: skip

    def close(self) -> None:
        for file in self._open:
            if file is not None:
                file.close()

    def merge(self, epoch_zero: float) -> str | None:
        """Make the whole of them, and remove them; why not in words, and then they alone are left."""
        self.close()
        try:
            _write(self.path, self.files, epoch_zero)
        except (OSError, RecordingError) as error:
            why = getattr(error, "strerror", None) or error
            self.path.unlink(missing_ok=True)
            return f"{self.path}: cannot be made of its parts ({why}); replay {self.files[0].name} and the others"
        finally:
            self._free()
        for file in self.files:
            file.unlink()
        return None

    def _free(self) -> None:
        if self._spare is not None:
            self._spare.close()


def _write(path: Path, files: list[Path], epoch_zero: float) -> None:
    """RecordingError for a damaged part. What a part lacks stands in the last line."""
    parts = [_Part(number, file) for number, file in enumerate(files)]
    pack = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    numbers: dict[tuple[int, int], int] = {}
    rows = 0
    with path.open("wb") as whole:
        lines = [_json({"format": FORMAT, "epoch_zero": round(epoch_zero, 3), "by": "lilong load"})]
        for _, part, device, at, rest in merge(*(part.rows() for part in parts), key=itemgetter(0)):
            number = numbers.get((part, device))
            if number is None:
                number = numbers[part, device] = len(numbers)
                lines.append(_json({"n": number, **parts[part].devices[device]}))
            lines.append(b"[%s,%d%s\n" % (at, number, rest))
            rows += 1
            if len(lines) >= PIECE:
                whole.write(pack.compress(b"".join(lines)))
                lines.clear()
        lacks = [part.lacks for part in parts if part.lacks is not None]
        lines.append(_json({"rows": rows, "lacks": lacks} if lacks else {"rows": rows}))
        whole.write(pack.compress(b"".join(lines)) + pack.flush())


class _Part:
    """One part, read row by row. `lacks`: after all rows, what it does not hold, in words."""

    def __init__(self, number: int, file: Path) -> None:
        self.lacks: str | None = None
        self.devices: list[dict[str, str]] = []
        self._number = number
        self._file = file

    def rows(self) -> Iterator[_Row]:
        lines = Lines(self._file)
        next(lines, None)
        last: float | None = None
        whole = False
        for line in lines:
            if line[:1] == b"{":
                told = value_of(line)
                whole = "rows" in told
                if not whole:
                    self.devices.append({"tenant": told["tenant"], "device": told["device"]})
                continue
            at, device, rest = _fields(line)
            last = float(at)
            yield last, self._number, int(device), at, rest
        if not whole:
            after = "all" if last is None else f"after {last / 1000:.1f} s what"
            self.lacks = f"{after} shard {self._number} sent"


def _fields(line: bytes) -> tuple[bytes, bytes, bytes]:
    """ms, device and the rest of a row `[ms,device,...]` or `[ms,device]`."""
    at, _, behind = line[1:].partition(b",")
    comma = behind.find(b",")
    end = len(behind) - 1 if comma < 0 else comma
    return at, behind[:end], behind[end:]


def _json(values: object) -> bytes:
    return json.dumps(values).encode() + b"\n"
