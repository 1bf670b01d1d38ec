"""Rows of what was recorded, and the whole lines of files that may be packed, and may end before their end."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from .record import GZIP

PIECE = 1 << 16
LONGEST_LINE = 1 << 13


GIVE = "give a recording of --record, or a folder that lilong simulate has made"


class RecordingError(ValueError):
    """A source that cannot be replayed: where, what is wrong, what to do."""


class Said(NamedTuple):
    """One row, at ms of the recording. An empty `cls`: the connection of the device has ended. qos: None: as the
    protocol has it for the class."""

    at: float
    tenant: str
    device: str
    cls: str
    frame: bytes
    qos: int | None = None


class Lines(Iterator[bytes]):
    """The whole lines of a file, packed or not. `why`: it ends in the middle of one, or of what was packed."""

    def __init__(self, path: Path) -> None:
        self.why: str | None = None
        self._path = path
        self._lines = self._all()

    def __next__(self) -> bytes:
        return next(self._lines)

    def _all(self) -> Iterator[bytes]:
        left = b""
        for piece in self._pieces():
            *whole, left = (left + piece).split(b"\n")
            yield from whole
            if len(left) > LONGEST_LINE:
                raise RecordingError(f"{self._path}: has a line of more than {LONGEST_LINE} bytes")
        if left:
            self.why = "ends in the middle of a row"

    def _pieces(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                first = file.read(PIECE)
                pieces: Iterable[bytes] = chain([first], iter(lambda: file.read(PIECE), b""))
                yield from self._unpacked(pieces) if first[:2] == b"\x1f\x8b" else pieces
        except OSError as error:
            raise RecordingError(f"{self._path}: {error.strerror}") from None

    def _unpacked(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        unpack = zlib.decompressobj(GZIP)
        for piece in pieces:
            data = piece
            while data and not unpack.eof:
                try:
                    made = unpack.decompress(data, PIECE)
                except zlib.error as error:
                    raise RecordingError(f"{self._path}: is damaged ({error}); bring back a copy") from None
                yield made
                data = unpack.unconsumed_tail
        if not unpack.eof:
            self.why = "ends"


def value_of(line: bytes) -> Any:
    """The JSON of a line; None for what is none."""
    try:
        return json.loads(line)
    except ValueError:
        return None
