"""A store of two copies, each in a LittleFS of its own: what rots in one, the other has.

A record's file is its stamp (the number of the start and of the write since then, u32 each), the CRC of stamp, name
and data (u32), and the data. The stamp rises with every write; the record MARK has that of the last drop. So the
highest stamp of a volume says how far it has come. LittleFS commits a file when it is closed, and all files of a volume
lie in one directory, which is one log of commits: power cuts and rotten bits take a volume back to an earlier state of
itself, never to a mixture.

A write or a drop is done in one volume after the other. At the start the volume that has come furthest is right, and
the others become its copies, in the order of the stamps, so that none looks complete before it is. A volume that has
gone back, or has not taken what another took, gets nothing more until then; one that cannot be read is made anew. A
device writes its boot number at each start, so that each life begins with a stamp above all of the one before.
"""

from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from .store import LogStore

    class Files(Protocol):
        """Files in one place that fails by itself. Each method may raise OSError, and always does for no such file."""

        def put(self, name: str, data: bytes) -> None:
            """All of it is there after the return; after a power cut, that or what was before."""

        def drop(self, name: str) -> None: ...
        def get(self, name: str) -> bytes: ...
        def names(self) -> list[str]: ...
        def renew(self) -> None:
            """Make the place anew and empty."""


STAMP, HEAD = 8, 12  # bytes
MARK = "z"  # the last name of all
BEGUN = b"?"  # LittleFS has the name, and no bytes yet: the power went in the middle of a first `put`


class Mirror:
    """Records in several volumes; the files of the log are in `log`, which may be None.

    damaged: copies and volumes that were found to be wrong. failed: writes that a volume did not take.
    """

    __slots__ = ("LOGS", "_all", "_last", "_live", "_log", "_stamp", "_start", "_writes", "damaged", "failed")

    def __init__(self, volumes: "list[Files]", log: "LogStore | None" = None) -> None:
        self.LOGS = log is not None
        self._all = volumes
        self._live: list[Files] = []
        self._log = log
        self._start = b""  # 4 bytes, once the volumes have been looked at
        self._writes = 0
        self._last, self._stamp = "", b""  # the record that was written last, and its stamp
        self.damaged = 0
        self.failed = 0

    def put(self, name: str, data: bytes) -> None:
        """OSError when no volume takes it."""
        self._drop_stale()
        record = self._record(name, data)
        taken = [volume for volume in self._live if self._try(volume.put, name, record)]
        if not taken:
            raise OSError(28)  # ENOSPC: none has room, or none works
        self._live = taken
        self._last, self._stamp = name, record[:STAMP]

    def drop(self, name: str) -> None:
        self._drop_stale()
        mark = self._record(MARK, b"")
        for volume in self._live:
            try:
                volume.drop(name)
            except OSError:
                continue  # it was not there
            if self._try(volume.put, MARK, mark):
                self._last, self._stamp = MARK, mark[:STAMP]

    def get(self, name: str) -> bytes:
        """The latest sound copy of a record; what has been dropped may be there again where a volume has gone back."""
        return self._latest(name)[HEAD:]

    def items(self) -> "list[tuple[str, bytes]]":
        """All records, sorted by name. The copies are made equal."""
        held = []  # the stamp of each record of each volume, none of a damaged one
        records: dict[str, bytes] = {}  # of the volume that has come furthest
        self._stamp = b""
        for at, volume in enumerate(self._all):
            stamps: dict[str, bytes] = {}
            held.append(stamps)
            for name in self._names(volume):
                record = _sound(volume, name)
                stamps[name] = b"" if record == BEGUN else record[:STAMP]
                if at == 0 and record != BEGUN:
                    records[name] = record
        furthest = max(range(len(held)), key=lambda at: max(held[at].values(), default=b""))
        if furthest:
            records = {name: _sound(self._all[furthest], name) for name in held[furthest]}
            records = {name: records[name] for name in records if records[name] != BEGUN}
        for name in sorted(records):
            if not records[name]:
                self.damaged += 1
                records[name] = self._latest(name)
            if records[name][:STAMP] > self._stamp:
                self._last, self._stamp = name, records[name][:STAMP]
        if not self._start:
            self._start = (int.from_bytes(self._stamp[:4], "big") + 1).to_bytes(4, "big")
        self._live = [volume for at, volume in enumerate(self._all) if self._equal(volume, held[at], records)]
        return [(name, records[name][HEAD:]) for name in sorted(records) if records[name] and name != MARK]

    def write(self, name: str, at: int, data: bytes) -> None:
        if self._log is None:
            raise OSError(19)  # ENODEV
        self._log.write(name, at, data)

    def read(self, name: str, at: int, size: int) -> bytes:
        return b"" if self._log is None else self._log.read(name, at, size)

    # ---- inside

    def _drop_stale(self) -> None:
        """A volume without the last write has gone back: what came on top would make it a mixture."""
        if not self._start:
            self.items()
        fresh = [volume for volume in self._live if _sound(volume, self._last)[:STAMP] == self._stamp]
        if len(fresh) < len(self._live):
            self.damaged += len(self._live) - len(fresh)
            self._live = fresh

    def _record(self, name: str, data: bytes) -> bytes:
        self._writes += 1
        stamp = self._start + self._writes.to_bytes(4, "big")
        return stamp + _check(stamp, name, data) + data

    def _names(self, volume: "Files") -> "list[str]":
        """The names in a volume; one that cannot be read is made anew."""
        try:
            return volume.names()
        except OSError:
            self.damaged += 1
            self._try(volume.renew)
        return []

    def _latest(self, name: str) -> bytes:
        """The latest of the copies that are sound."""
        latest = b""
        for volume in self._all:
            record = _sound(volume, name)
            if len(record) >= HEAD and record[:STAMP] > latest[:STAMP]:
                latest = record
        return latest

    def _equal(self, volume: "Files", stamps: "dict[str, bytes]", records: "dict[str, bytes]") -> bool:
        """Make a volume hold these records, the latest last; False when it does not take them."""
        for name in stamps:
            if not records.get(name) and not self._try(volume.drop, name):
                return False
        missing = sorted([(records[name], name) for name in records if stamps.get(name, b"") != records[name][:STAMP]])
        return all(self._try(volume.put, name, record) for record, name in missing)

    def _try(self, function: "Callable[..., None]", *arguments: object) -> bool:
        try:
            function(*arguments)
        except OSError:
            self.failed += 1
            return False
        return True


def _check(stamp: bytes, name: str, data: bytes) -> bytes:
    return crc32(data, crc32(name.encode(), crc32(stamp))).to_bytes(4, "big")


def _sound(volume: "Files", name: str) -> bytes:
    """The file of a record with its head; no bytes when it is missing or damaged; BEGUN."""
    try:
        record = volume.get(name)
    except OSError:
        return b""
    if not record:
        return BEGUN
    stamp = record[:STAMP]
    return record if record[STAMP:HEAD] == _check(stamp, name, record[HEAD:]) and len(record) >= HEAD else b""
