"""What was recorded, read row by row: a recording of `record`, or the folder that `lilong simulate` leaves.

A file that ends before its end (its recorder was killed, its disk was full) is read up to its last whole row; `cut`
then says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from lilong_protocol import frame as frames
from lilong_protocol.cbor import CborError, decode
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.seal import device_bytes
from lilong_protocol.topics import UP_CLASSES, up_qos

from .lines import GIVE, Lines, RecordingError, Said, value_of
from .record import FORMAT
from .simulated import Simulated, Table

CLOCKS = 1_000  # dated frames by which the time of a recording without one is reckoned


class Source(Protocol):
    """Where rows come from. epoch_zero: Unix ms at its ms 0, None where it does not say. cut: after all rows, where
    and why they ended before their end."""

    name: str
    epoch_zero: float | None
    cut: str | None

    def rows(self) -> Iterator[Said]:
        """From the first on, as often as it is called; RecordingError for what cannot be read."""


class Recorded:
    """A file of `record`, packed or unpacked."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.cut: str | None = None
        self.epoch_zero: float | None = None
        self._path = path
        head = value_of(next(Lines(path), b""))
        if not isinstance(head, dict) or not str(head.get("format", "")).startswith("lilong recording "):
            raise RecordingError(f"{path}: is no recording; {GIVE}")
        if head["format"] != FORMAT:
            raise RecordingError(f"{path}: is a {head['format']!r}; this reads {FORMAT!r}")
        if not isinstance(head.get("epoch_zero"), (int, float)):
            raise RecordingError(f"{path}:1: has no epoch_zero; record it again")
        self.epoch_zero = float(head["epoch_zero"])

    def rows(self) -> Iterator[Said]:
        devices: list[tuple[str, str]] = []
        count = 0
        lines = Lines(self._path)
        next(lines, None)
        whole = False
        lacks: list[str] = []
        for number, line in enumerate(lines, 2):
            row = value_of(line)
            if isinstance(row, dict):
                if "rows" in row:
                    whole = True
                    lacks = row.get("lacks", [])
                    break
                devices.append(self._device(row, len(devices), number))
                continue
            said = _said(row, devices)
            if said is None:
                raise RecordingError(f"{self.name}:{number}: is no row of a recording: {line[:60]!r}; record it again")
            count += 1
            yield said
        self.cut = f"{self.name}: lacks {'; '.join(map(str, lacks))}" if lacks else None
        if not whole:
            self.cut = f"{self.name}: {lines.why or 'ends'} after {count:,} whole rows; the rest was never written"

    def _device(self, row: dict[str, Any], number: int, line: int) -> tuple[str, str]:
        tenant, device = row.get("tenant"), row.get("device")
        if row.get("n") != number or not isinstance(tenant, str) or not _is_device(device):
            raise RecordingError(f"{self.name}:{line}: names no device; record it again")
        return tenant, str(device)


class Several:
    """The folders of several estates as one."""

    def __init__(self, name: str, sources: list[Source]) -> None:
        self.name = name
        self.cut: str | None = None
        self.epoch_zero = sources[0].epoch_zero
        self._sources = sources

    def rows(self) -> Iterator[Said]:
        yield from merge(*(source.rows() for source in self._sources), key=attrgetter("at"))
        self.cut = next((source.cut for source in self._sources if source.cut is not None), None)


def open_source(path: Path, sealed: bool = True) -> Source:
    """The recording at a path; RecordingError when it is none, or when it has frames that are not `sealed`."""
    if not path.exists():
        raise RecordingError(f"{path}: is not there; {GIVE}")
    if path.is_dir():
        folders = (path, *sorted(one for one in path.iterdir() if one.is_dir()))
        found = list(chain.from_iterable(_folder(one, sealed) for one in folders))
        if not found:
            raise RecordingError(f"{path}: holds no messages.parquet and no messages.jsonl; {GIVE}")
        return found[0] if len(found) == 1 else Several(str(path), found)
    if path.suffix == ".parquet":
        return Table(path, sealed)
    return Simulated(path) if path.name == "messages.jsonl" else Recorded(path)


@dataclass
class Contents:
    """What a source holds. epoch_zero: Unix ms at its ms 0, by its own word or by its devices' clocks. answered:
    classes of which some were sent with QoS 1 though the protocol has them with QoS 0."""

    devices: dict[str, str] = field(default_factory=dict)  # tenant by device
    frames: dict[str, int] = field(default_factory=dict)  # by class
    answered: set[str] = field(default_factory=set)
    first: float = 0.0
    last: float = 0.0
    epoch_zero: float | None = None
    cut: str | None = None

    @property
    def rows(self) -> int:
        return sum(self.frames.values())

    @property
    def tenants(self) -> list[str]:
        return sorted(set(self.devices.values()))


def look_through(source: Source) -> Contents:
    """Read it once from end to end, so that nothing of it comes as a surprise; RecordingError for what is wrong."""
    found = Contents(epoch_zero=source.epoch_zero)
    clocks: list[float] = []
    devices, counts = found.devices, found.frames
    last = None
    for at, tenant, device, cls, data, qos in source.rows():
        if last is None:
            found.first = last = at
        if at < last:
            raise RecordingError(f"{source.name}: a row at {at:g} ms stands behind one at {last:g} ms; sort its rows")
        last = at
        if devices.setdefault(device, tenant) != tenant:
            raise RecordingError(f"{source.name}: {device} is of {devices[device]} and of {tenant}; keep them apart")
        if not cls:
            continue
        if cls not in UP_CLASSES:
            raise RecordingError(f"{source.name}: {cls!r} is no class of what devices send; record it again")
        counts[cls] = counts.get(cls, 0) + 1
        if qos and not up_qos(cls):
            found.answered.add(cls)
        if found.epoch_zero is None and len(clocks) < CLOCKS:
            clocks += _clock(at, data)
    if last is None:
        raise RecordingError(f"{source.name}: holds nothing that a device sent")
    found.last = last
    found.cut = source.cut
    if found.epoch_zero is None:
        found.epoch_zero = round(median(clocks)) if clocks else None
    return found


def _folder(path: Path, sealed: bool) -> Iterator[Source]:
    if (path / "messages.parquet").is_file():
        yield Table(path / "messages.parquet", sealed)
    elif (path / "messages.jsonl").is_file():
        yield Simulated(path / "messages.jsonl")


def _said(row: Any, devices: list[tuple[str, str]]) -> Said | None:
    try:
        at, number, *rest = row
        cls, data, *qos = rest or ("", "")
        if type(number) is int and number >= 0 and isinstance(cls, str) and qos in ([], [0], [1]):
            return Said(float(at), *devices[number], cls, bytes.fromhex(data), *qos)
    except (TypeError, ValueError, IndexError):
        pass
    return None


def _is_device(text: Any) -> bool:
    try:
        device_bytes(text)
    except (ValueError, TypeError):
        return False
    return True


def _clock(at: float, data: bytes) -> Iterator[float]:
    """The Unix ms at ms 0 by the clock of a device that has just made a frame."""
    try:
        fields: Any = decode(payload_of(data))
        if fields[1] in (frames.BIRTH, frames.HEARTBEAT) and 5 in fields:
            yield fields[5] - at
    except (CborError, LookupError, TypeError):
        pass
