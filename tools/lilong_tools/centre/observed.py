"""The observed feed: JSON lines in a file, so that a test can see what the centre really did, and when."""

import json
from collections.abc import Iterable
from typing import IO

from .model import CentreError, Json


class ObservedFeed:
    """Appends and flushes; without a path it does nothing."""

    def __init__(self, path: str | None) -> None:
        self._file: IO[str] | None = None
        if path is None:
            return
        try:
            self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - open as long as the centre
        except OSError as error:
            raise CentreError(f"--observed {path}: {error.strerror}; give a file that can be written") from error

    def write(self, at_ms: int, rows: Iterable[Json]) -> None:
        """Rows that have become true at `at_ms`, the end of the commit."""
        if self._file is None:
            return
        lines = [json.dumps({**row, "at": at_ms}, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows]
        if lines:
            self._file.write("".join(lines))
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
