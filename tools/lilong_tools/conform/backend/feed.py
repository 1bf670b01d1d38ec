"""The observed feed of a backend, read from the file that it appends to."""

import json
from pathlib import Path

from ...inputs import InputError
from .wire import Row

NEEDED = ("event", "device", "boot", "seq")


class FeedFile:
    """`rows`: all that has been written since this was made; a line that is not whole yet waits."""

    def __init__(self, path: Path) -> None:
        self.rows: list[Row] = []
        self._path = path
        self._rest = b""
        try:
            self._at = path.stat().st_size
        except FileNotFoundError:
            self._at = 0  # the backend makes it with its first row
        except OSError as error:
            raise InputError(
                f"--observed {path}: {error.strerror}; give the file that the backend appends to"
            ) from None

    def look(self) -> list[Row]:
        """Read on; every row so far. InputError when it is no feed."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return self.rows
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.rows.append(self._row(line))
        return self.rows

    def _row(self, line: bytes) -> Row:
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or any(name not in row for name in NEEDED):
            text = line[:80].decode(errors="replace")
            raise InputError(f"--observed {self._path}: {text!r} is no row; one needs {', '.join(NEEDED)}") from None
        return row
