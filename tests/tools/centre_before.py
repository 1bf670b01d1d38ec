"""Databases of earlier releases of the centre, as they wrote them: never to be changed."""

import sqlite3
from contextlib import closing

from centre_world import DOOR, NOW, TENANT, birth, event

HEADER = "PRAGMA application_id = 1281977455;"
REVOCATION = """
-- revoked credentials of the whole estate, for ever, in the order in which every door takes them
CREATE TABLE revocation (
    stamp INTEGER PRIMARY KEY, credential INTEGER NOT NULL UNIQUE, operator TEXT NOT NULL, reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
"""
INCIDENT = """
CREATE TABLE incident (
    rule TEXT NOT NULL, core INTEGER NOT NULL, at_ms INTEGER NOT NULL, command TEXT NOT NULL, alarms TEXT NOT NULL,
    ended_ms INTEGER, PRIMARY KEY (rule, core, at_ms)
) WITHOUT ROWID;
"""
TABLES = """
CREATE TABLE estate (id TEXT NOT NULL);
-- alarms and events, for ever: one row for each (device, boot, class, number), with the bytes that were verified
CREATE TABLE message (
    device TEXT NOT NULL, boot INTEGER NOT NULL, class TEXT NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,
    at INTEGER NOT NULL, since INTEGER, received INTEGER NOT NULL, tag BLOB NOT NULL, frame BLOB NOT NULL,
    PRIMARY KEY (device, boot, class, seq)
) WITHOUT ROWID;
CREATE TABLE alarm (
    id TEXT PRIMARY KEY, device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, code INTEGER NOT NULL,
    level INTEGER NOT NULL, "values" TEXT NOT NULL, uptime_ms INTEGER, raised_at_ms INTEGER NOT NULL,
    raised_since_ms INTEGER, stored_at_ms INTEGER NOT NULL, shown_at_ms INTEGER, acknowledged_at_ms INTEGER,
    operator TEXT, restored INTEGER NOT NULL, cleared INTEGER NOT NULL, cleared_at_ms INTEGER,
    told_boot INTEGER NOT NULL, told_seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alarm_open ON alarm (cleared_at_ms) WHERE cleared = 0;
CREATE INDEX alarm_ended ON alarm (cleared_at_ms) WHERE cleared = 1;
CREATE TABLE device (
    device TEXT PRIMARY KEY, boot INTEGER NOT NULL, connection INTEGER NOT NULL, nonce BLOB, kind INTEGER,
    firmware TEXT, beat_s INTEGER, offline_s INTEGER, always_on INTEGER NOT NULL, alive INTEGER NOT NULL,
    live INTEGER NOT NULL, last_ms INTEGER, boot_ms INTEGER, clock_at INTEGER, earlier_boot INTEGER,
    earlier_ms INTEGER, event_boot INTEGER NOT NULL, event_seq INTEGER NOT NULL, hb INTEGER NOT NULL,
    tm INTEGER NOT NULL, rs INTEGER NOT NULL, counter INTEGER NOT NULL, "values" TEXT NOT NULL, values_at INTEGER
) WITHOUT ROWID;
CREATE TABLE command (
    device TEXT NOT NULL, counter INTEGER NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL, operator TEXT,
    cause TEXT NOT NULL, issued_ms INTEGER NOT NULL, insists INTEGER NOT NULL, ref_boot INTEGER, ref_seq INTEGER,
    sent_ms INTEGER, tries INTEGER NOT NULL, code INTEGER, done_ms INTEGER, counters TEXT NOT NULL,
    PRIMARY KEY (device, counter)
) WITHOUT ROWID;
CREATE INDEX command_open ON command (device) WHERE code IS NULL;
CREATE TABLE incident (
    rule TEXT NOT NULL, core INTEGER NOT NULL, at_ms INTEGER NOT NULL, command TEXT NOT NULL, alarms TEXT NOT NULL,
    ended_ms INTEGER, PRIMARY KEY (rule, core, at_ms)
) WITHOUT ROWID;
-- what happened to a device: for ever, and the part that is pruned (births, deaths, telemetry)
CREATE TABLE record (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, code INTEGER,
    counter INTEGER, "values" TEXT NOT NULL
);
CREATE INDEX record_device ON record (device, id);
CREATE TABLE recent (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, code INTEGER,
    counter INTEGER, "values" TEXT NOT NULL
);
CREATE INDEX recent_device ON recent (device, id);
-- events that never came
CREATE TABLE gap (
    device TEXT NOT NULL, boot INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE refused (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
-- the last refusals that may be an attack, as evidence
CREATE TABLE security (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL, frame BLOB NOT NULL
);
"""


def write(path, version):
    """A small estate: a door with a session, an event that was passed and one that waits, and an open release."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(HEADER + TABLES + (REVOCATION if version >= 2 else ""))
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("INSERT INTO estate VALUES (?)", (TENANT,))
        db.execute(
            f"INSERT INTO device VALUES ({', '.join('?' * 24)})",
            (
                DOOR, 4, 2, b"nonce..4", 3, "0.1.0", 60, 180, 1, 1, 1, NOW - 1_000, NOW - 90_000, NOW - 1_000, 3,
                NOW - 900_000, 4, 1, 7, 0, 2, 1_700_000_000, '{"19": 1}', NOW - 1_000,
            ),
        )  # fmt: skip
        for seq in (1, 3):
            _, data = event(DOOR, seq, boot=4, uptime=80_000, values={19: 0})
            db.execute(
                f"INSERT INTO message VALUES ({', '.join('?' * 10)})",
                (DOOR, 4, "ev", seq, 5, NOW - 9_000, NOW - 9_000, NOW - 9_000, data[-8:], data),
            )
        for counter, code in ((1_699_999_999, 200), (1_700_000_000, None)):
            db.execute(
                f"INSERT INTO command VALUES ({', '.join('?' * 15)})",
                (
                    DOOR, counter, "fire_release", "{}", None, "linkage fire, core 1", NOW - 2_000, 1, None, None,
                    NOW - 2_000, 1, code, None, f"[{counter}]",
                ),
            )  # fmt: skip


def session_birth():
    """The door's next birth, in the boot that the database knows."""
    return birth(DOOR, boot=4, connection=3, seq=5, uptime=90_000, nonce=b"nonce..4")
