"""What `lilong simulate` leaves, read row by row as a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..tables import parquet
from .lines import GIVE, Lines, RecordingError, Said, value_of

BATCH_ROWS = 8_192


class Simulated:
    """messages.jsonl of `lilong simulate`. Whose it is stands in score.json beside it."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.cut: str | None = None
        self.epoch_zero: float | None = None
        self._path = path
        score = path.with_name("score.json")
        try:
            self._tenant = str(json.loads(score.read_text("utf-8"))["estate"])
        except (OSError, ValueError, KeyError, TypeError):
            raise RecordingError(f"{score}: does not say which estate it is; run lilong simulate to its end") from None

    def rows(self) -> Iterator[Said]:
        lines = Lines(self._path)
        for number, line in enumerate(lines, 1):
            row = value_of(line)
            try:
                way, _, cls = row["class"].partition("/")
                said = Said(float(row["t"]), self._tenant, row["device"], cls, bytes.fromhex(row["frame"]))
            except (TypeError, KeyError, ValueError, AttributeError):
                raise RecordingError(f"{self.name}:{number}: is no row of messages.jsonl: {line[:60]!r}") from None
            if way == "u":
                yield said
        self.cut = None if lines.why is None else f"{self.name}: {lines.why} after its last whole row"


class Table:
    """messages.parquet of `lilong simulate`. `sealed` False: frames that are not are empty ones."""

    def __init__(self, path: Path, sealed: bool = True) -> None:
        self.name = str(path)
        self.cut: str | None = None
        self.epoch_zero: float | None = None
        self._path = path
        self._sealed = sealed
        if not parquet.is_there():
            raise RecordingError(f"{path}: what reads it is not installed; pip install 'lilong[parquet]'")
        if not _whole(path):  # the reader would panic
            raise RecordingError(f"{path}: is no whole Parquet file; run lilong simulate to its end")
        try:
            for batch in self._batches():
                (self.epoch_zero,) = (at - ms for at, ms in zip(batch["time"][:1], batch["run_ms"][:1], strict=True))
                break
        except Exception as error:  # the reader has an exception of its own
            raise RecordingError(f"{path}: is no messages.parquet of lilong simulate ({error})") from None

    def rows(self) -> Iterator[Said]:
        for batch in self._batches():
            columns = (batch[name] for name in ("run_ms", "estate", "device", "class", "direction", "frame"))
            for at, tenant, device, cls, way, data in zip(*columns, strict=True):
                if way != "up":
                    continue
                if data is None and self._sealed:
                    raise RecordingError(f"{self.name}: frames that are not sealed; simulate without --unsealed")
                yield Said(float(at), tenant, device, cls, data or b"")

    def _batches(self) -> Iterator[dict[str, list[Any]]]:
        from arro3.core import DataType  # noqa: PLC0415  only who has tables needs it
        from arro3.io import read_parquet  # noqa: PLC0415

        for batch in read_parquet(self._path, batch_size=BATCH_ROWS):
            found: dict[str, Any] = {}
            for name in ("time", "run_ms", "estate", "device", "class", "direction", "frame"):
                column = batch[name]
                found[name] = (column.cast(DataType.int64()) if name == "time" else column).to_pylist()
            yield found


def _whole(path: Path) -> bool:
    try:
        return parquet.is_whole(path)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}; {GIVE}") from None
