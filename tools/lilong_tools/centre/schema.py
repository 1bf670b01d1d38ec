"""The centre's database: its tables, and the statement that takes a row of each."""

APPLICATION_ID = 0x4C696C6F  # "Lilo", in the header of the file
VERSION = 2

REVOCATION = """
-- revoked credentials of the whole estate, for ever, in the order in which every door takes them
CREATE TABLE revocation (
    stamp INTEGER PRIMARY KEY, credential INTEGER NOT NULL UNIQUE, operator TEXT NOT NULL, reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
"""
# What a database of an earlier version lacks to be one of the next.
UPGRADES = {1: REVOCATION}

TABLES = f"""{REVOCATION}
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


def _insert(table: str, columns: int, verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * columns)})"


_LOG = '(device, at, what, code, counter, "values") VALUES (?, ?, ?, ?, ?, ?)'

STATEMENTS = {
    "message": _insert("message", 10, "INSERT OR IGNORE"),  # a commit may be repeated whose end was not seen
    "alarm": _insert("alarm", 19, "INSERT OR REPLACE"),
    "device": _insert("device", 24, "INSERT OR REPLACE"),
    "command": _insert("command", 15, "INSERT OR REPLACE"),
    "incident": _insert("incident", 6, "INSERT OR REPLACE"),
    "revocation": _insert("revocation", 5, "INSERT OR REPLACE"),
    "record": f"INSERT INTO record {_LOG}",
    "recent": f"INSERT INTO recent {_LOG}",
    "gap": _insert("gap", 5),
    "refused": _insert("refused", 2, "INSERT OR REPLACE"),
    "security": "INSERT INTO security (at, reason, topic, frame) VALUES (?, ?, ?, ?)",
}

# Pruned tables and how many rows each keeps.
KEPT = {"recent": 500_000, "security": 1_000}
