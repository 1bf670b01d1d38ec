"""The observed feed: JSON lines in a file, so that a test can see what the centre really did, and when."""

import contextlib
import json
import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .alarms import Alarm
from .details import details
from .findings import Found
from .model import Batch, CentreError, Json

log = logging.getLogger("lilong.centre")


class ObservedFeed:
    """Appends and flushes; without a path it does nothing. What it cannot write holds up no alarm.

    detailed: tell events, dates and incidents too (`details`); what a kill cut off of these is not made up for.
    """

    def __init__(self, path: str | None, detailed: bool = False) -> None:
        self._path = path
        self._detailed = detailed
        self._file: BinaryIO | None = None
        self._complaint = ""
        if path is None:
            return
        try:
            self._file = open(path, "a+b" if Path(path).is_file() or not Path(path).exists() else "ab")  # noqa: SIM115 - open as long as the centre
        except OSError as error:
            raise CentreError(f"--observed {path}: {error.strerror}; give a file that can be written") from error

    def catch_up(self, now_ms: int, alarms: Iterable[Alarm], findings: Iterable[Found] = ()) -> None:
        """Write what was stored of these and not written when the centre was killed, as of now."""
        if self._file is None or not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            return  # a pipe or a terminal remembers nothing
        written: set[tuple[str, str]] = set()
        whole = 0  # bytes; a line that was cut off is taken away
        self._file.seek(0)
        for line in self._file:
            if line.endswith(b"\n"):
                whole += len(line)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    row = json.loads(line)
                    written.add((row["alarm"], row["event"]))
        self._file.truncate(whole)
        told: list[Alarm | Found] = [*alarms, *findings]
        for one in told:
            self.write(now_ms, [row for row in one.happened() if (one.id, row["event"]) not in written])

    def tell(self, at_ms: int, batch: Batch) -> None:
        """What a batch has made true at `at_ms`, the end of its commit."""
        more = details(batch.decided) if self._detailed and batch.decided is not None else []
        self.write(at_ms, batch.feed + more)

    def write(self, at_ms: int, rows: Iterable[Json]) -> None:
        """Append rows, each with its time."""
        if self._file is None:
            return
        lines = [json.dumps({**row, "at": at_ms}, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows]
        if not lines:
            return
        try:
            self._file.write("".join(lines).encode())
            self._file.flush()  # what fails stays in the buffer and is tried again with the next
        except OSError as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                log.error("--observed %s: %s; the feed lags behind until there is room", self._path, error.strerror)

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
