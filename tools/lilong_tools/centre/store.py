"""The centre's memory on disk: SQLite, one writer, a batch is a transaction and durable when `commit` returns."""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from lilong_protocol.pc.memory import DEVICE

from .model import Json, Row, Saved, StateRow
from .schema import APPLICATION_ID, KEPT, STATEMENTS, TABLES, UPGRADES, VERSION

MEMORY = ":memory:"
PRUNE_EVERY = 1_000  # rows added to a table between two prunings of it
PRUNE_AT_ONCE = 5_000
ENDED_LOADED = 200  # alarms that have ended, for the list
STAYS_LOADED = 200
FINDINGS_LOADED = 200  # that have ended
FORWARDS_LOADED = 200  # that are over and have their receipt
_JSON = (dict, list)
_JSON_COLUMNS = frozenset(("values", "arguments", "counters", "alarms", "detail"))
_FLAGS = frozenset(("restored", "cleared", "insists", "leaves", "done"))


class StoreError(Exception):
    """The database cannot be used; the text says which file, why, and what to do."""


class Store:
    """All calls from one thread at a time, but `history` and `told` from another while `reads_beside`.

    `path` may be ":memory:" for a store that ends with the process.
    """

    def __init__(self, path: str, estate: str, kept: dict[str, int] | None = None) -> None:
        self.path = path
        self._estate = estate
        self._kept = {**KEPT, **(kept or {})}
        self._added = dict.fromkeys(self._kept, 0)
        self._reader: sqlite3.Connection | None = None
        if path != MEMORY and not Path(path).absolute().parent.is_dir():
            raise StoreError(f"{path}: its folder does not exist; make it, or give another --db")
        self._lock = _lock(path) if path != MEMORY else None
        with contextlib.ExitStack() as undo:
            if self._lock is not None:
                undo.callback(self._lock.close)
            try:
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                undo.callback(self._db.close)
                self._open(estate)
            except sqlite3.Error as error:
                raise self._explained(error) from error
            undo.pop_all()

    def commit(self, rows: Iterable[Row]) -> None:
        """Store all rows or none; they are on the disk when this returns. StoreError leaves nothing half done."""
        by_table: dict[str, list[tuple[Any, ...]]] = {}
        for table, values in rows:
            plain = tuple(
                json.dumps(v, separators=(",", ":"), ensure_ascii=False) if isinstance(v, _JSON) else v for v in values
            )
            by_table.setdefault(table, []).append(plain)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for table, values_of_rows in by_table.items():
                    self._db.executemany(STATEMENTS[table], values_of_rows)
                self._prune({table: len(added) for table, added in by_table.items()})
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def load(self) -> Saved:
        """What a core needs to go on after a restart."""
        ended = f"FROM alarm WHERE cleared = 1 ORDER BY cleared_at_ms DESC LIMIT {ENDED_LOADED}"
        unraised = (  # of which the raise may still come
            f"SELECT * FROM alarm WHERE cleared = 1 AND uptime_ms IS NULL AND id NOT IN (SELECT id {ended}) "
            "ORDER BY cleared_at_ms"
        )
        saved = Saved(
            devices=_rows(self._db, "SELECT * FROM device"),
            alarms=[
                *_rows(self._db, unraised),
                *reversed(_rows(self._db, f"SELECT * {ended}")),
                *_rows(self._db, "SELECT * FROM alarm WHERE cleared = 0 ORDER BY stored_at_ms"),
            ],
            incidents=_rows(self._db, "SELECT * FROM incident WHERE ended_ms IS NULL"),
            findings=[
                *reversed(_rows(self._db, f"SELECT * FROM finding WHERE cleared_at_ms IS NOT NULL "
                                          f"ORDER BY cleared_at_ms DESC LIMIT {FINDINGS_LOADED}")),
                *_rows(self._db, "SELECT * FROM finding WHERE cleared_at_ms IS NULL ORDER BY stored_at_ms"),
            ],
            forwards=[
                *reversed(_rows(self._db, "SELECT * FROM forward WHERE received_ms IS NOT NULL "
                                          f"AND ended_ms IS NOT NULL ORDER BY at_ms DESC LIMIT {FORWARDS_LOADED}")),
                *_rows(self._db, "SELECT * FROM forward WHERE received_ms IS NULL OR ended_ms IS NULL ORDER BY at_ms"),
            ],
            used=_rows(self._db, "SELECT * FROM used ORDER BY at_ms"),
            revocations=_rows(self._db, "SELECT * FROM revocation ORDER BY stamp"),
            artifacts=_rows(self._db, "SELECT number, what, version, data, signature FROM artifact ORDER BY id"),
            passages=_rows(self._db, "SELECT * FROM passage WHERE done = 0 ORDER BY at_ms"),
            passage_numbers=self._db.execute("SELECT device, number FROM passage").fetchall(),
            stays=list(reversed(_rows(self._db, f"SELECT * FROM stay ORDER BY rowid DESC LIMIT {STAYS_LOADED}"))),
            refused={row["reason"]: row["count"] for row in _rows(self._db, "SELECT * FROM refused")},
        )
        passed = {}
        for device, name, value in self._db.execute("SELECT device, name, value FROM state"):
            saved.state.append(StateRow(self._estate, device, name, value))
            if name == DEVICE:
                session = json.loads(value)
                passed[device] = (session["event_boot"], session["event_seq"])
        query = self._db.execute("SELECT device, class, boot, seq, tag FROM message ORDER BY device, boot, class, seq")
        waiting = []
        for device, cls, boot, seq, tag in query:
            if cls == "ev" and (boot, seq) > passed.get(device, (0, 0)):
                waiting.append((device, boot, seq))
            else:
                saved.numbers.append((device, cls, boot, seq, tag))
        for device, boot, seq in waiting:
            (data,) = self._db.execute(
                "SELECT frame FROM message WHERE device = ? AND boot = ? AND class = 'ev' AND seq = ?",
                (device, boot, seq),
            ).fetchone()
            saved.frames.append((device, "ev", boot, seq, data))
        return saved

    def history(self, device: str, limit: int = 100) -> list[Json]:
        """What happened to a device, newest first: {"at", "what", "code", "counter", "values"}."""
        found: list[Json] = []
        columns = '"id", "at", "what", "code", "counter", "values"'
        for table in ("record", "recent"):
            query = f"SELECT {columns} FROM {table} WHERE device = ? ORDER BY id DESC LIMIT ?"
            found += self._read(query, (device, limit))
        found.sort(key=lambda row: (row["at"], row["id"]), reverse=True)
        for row in found:
            del row["id"]
        return found[:limit]

    def told(self, device: str, quantity: int, value: int) -> int | None:
        """Epoch ms when an alarm or event of a device told a value first; None: none did."""
        query = 'SELECT min("at") AS "at" FROM record WHERE device = ? AND json_extract("values", ?) = ?'
        at_ms: int | None = self._read(query, (device, f'$."{quantity}"', value))[0]["at"]
        return at_ms

    def _read(self, query: str, arguments: tuple[Any, ...]) -> list[Json]:
        try:
            if self._reader is None and self.reads_beside:
                address = f"{Path(self.path).absolute().as_uri()}?mode=ro"
                self._reader = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            return _rows(self._reader or self._db, query, arguments)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @property
    def reads_beside(self) -> bool:
        """`history` and `told` have a connection of its own and wait for no commit."""
        return self.path != MEMORY

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._db.close()
        if self._lock is not None:
            self._lock.close()

    # ---- inside

    def _open(self, estate: str) -> None:
        db = self._db
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION_ID and (application or tables):
            raise StoreError(f"{self.path}: the database of another program; give another --db, it was left as it is")
        if tables and version != VERSION and version not in UPGRADES:
            raise StoreError(
                f"{self.path}: schema version {version}, this centre writes {VERSION}; "
                "use the release that wrote it, or give another --db"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if not tables:
            header = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
            owner = "INSERT INTO estate VALUES ('{}');".format(estate.replace("'", "''"))
            db.executescript(f"BEGIN; {header} {TABLES} {owner} COMMIT;")
            version = VERSION
        row = db.execute("SELECT id FROM estate").fetchone()
        if row is None or row[0] != estate:
            found = row[0] if row else "nobody"
            raise StoreError(f"{self.path}: holds estate {found!r}, not {estate!r}; give another --db")
        for earlier in range(version, VERSION):
            db.executescript(f"BEGIN; {UPGRADES[earlier]} PRAGMA user_version = {earlier + 1}; COMMIT;")

    def _prune(self, added: dict[str, int]) -> None:
        for table, count in added.items():
            if table not in self._added:
                continue
            self._added[table] += count
            if self._added[table] < min(PRUNE_EVERY, self._kept[table]):
                continue
            self._added[table] = 0
            (last,) = self._db.execute(f"SELECT max(id) FROM {table}").fetchone()
            (first,) = self._db.execute(f"SELECT min(id) FROM {table}").fetchone()
            end = min(last - self._kept[table], first + PRUNE_AT_ONCE)
            self._db.execute(f"DELETE FROM {table} WHERE id <= ?", (end,))

    def _explained(self, error: sqlite3.Error) -> StoreError:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_FULL":
            remedy = "the disk is full: make room; nothing was acknowledged meanwhile and devices repeat their alarms"
        elif name == "SQLITE_NOTADB":
            remedy = "not a database; give another --db, it was left as it is"
        elif name in ("SQLITE_BUSY", "SQLITE_LOCKED"):
            remedy = "another process holds it: is a second centre running? stop it, or give another --db"
        elif name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
            remedy = "cannot be written: check the folder and its permissions, or give another --db"
        else:
            remedy = "check the disk and the file"
        return StoreError(f"{self.path}: {error} ({name or type(error).__name__}); {remedy}")


def _lock(path: str) -> IO[str]:
    """One centre a database; readers are welcome, if they may: what is in there is of its owner's concern only."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        file = open(f"{path}-lock", "w", encoding="ascii")  # noqa: SIM115 - held as long as the store
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}; check the folder and its permissions, or give another --db"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StoreError(f"{path}: another centre is running on it; stop that one, or give another --db") from error
    return file


def _rows(db: sqlite3.Connection, query: str, arguments: tuple[Any, ...] = ()) -> list[Json]:
    cursor = db.execute(query, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, _plain(names, row), strict=True)) for row in cursor]


def _plain(names: list[str], row: tuple[Any, ...]) -> list[Any]:
    """JSON columns as values, flags as bool."""
    return [
        json.loads(value) if name in _JSON_COLUMNS else bool(value) if name in _FLAGS else value
        for name, value in zip(names, row, strict=True)
    ]
