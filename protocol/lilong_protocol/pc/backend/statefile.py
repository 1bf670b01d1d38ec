"""The state of a backend in a small SQLite file, for an application that has no database of its own."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ..decided import StateRow
from ..errors import BackendError

APPLICATION_ID = 0x4C694273  # "LiBs", in the header of the file
VERSION = 1
TABLE = """
CREATE TABLE state (
    tenant TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (tenant, device, name)
) WITHOUT ROWID;
"""


class StateFile:
    """Rows by (tenant, device, name). One backend at a time; calls from one thread at a time."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._lock = open(f"{self.path}-lock", "w", encoding="ascii")  # noqa: SIM115 - held as long as the file
        except OSError as error:
            raise BackendError(f"state {self.path}: {error.strerror}; give a file in a folder of yours") from error
        with contextlib.ExitStack() as undo:
            undo.callback(self._lock.close)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BackendError(
                    f"state {self.path}: another backend is running on it; stop that one, or give another file"
                ) from error
            try:
                self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
                undo.callback(self._db.close)
                self._open()
            except sqlite3.Error as error:
                raise self._explained(error) from error
            undo.pop_all()

    def load(self) -> list[StateRow]:
        """Every row."""
        try:
            return [StateRow(*row) for row in self._db.execute("SELECT tenant, device, name, value FROM state")]
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def commit(self, rows: Iterable[StateRow]) -> None:
        """Store all rows or none; they are on the disk when this returns. BackendError leaves nothing half done."""
        last = {row[:3]: row for row in rows}
        kept = [row for row in last.values() if row.value is not None]
        gone = [row[:3] for row in last.values() if row.value is None]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)", kept)
                self._db.executemany("DELETE FROM state WHERE tenant = ? AND device = ? AND name = ?", gone)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    def _open(self) -> None:
        db = self._db
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application or tables) and (application, version) != (APPLICATION_ID, VERSION):
            raise BackendError(
                f"state {self.path}: no state of this version of the library; give another file, it was left as it is"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if not tables:
            header = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            db.executescript(f"BEGIN; {header} {TABLE} COMMIT;")

    def _explained(self, error: sqlite3.Error) -> BackendError:
        return BackendError(f"state {self.path}: {error}; check disk and file; nothing was acknowledged meanwhile")
