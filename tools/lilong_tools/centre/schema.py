"""The centre's database: its tables, and the statement that takes a row of each."""

APPLICATION_ID = 0x4C696C6F  # "Lilo", in the header of the file
VERSION = 9

REVOCATION = """
-- revoked credentials of the whole estate, for ever, in the order in which every door takes them
CREATE TABLE revocation (
    stamp INTEGER PRIMARY KEY, credential INTEGER NOT NULL UNIQUE, operator TEXT NOT NULL, reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
"""
STATE = """
-- what the engine of the backend library goes on from, but for its numbers: those of `message`
CREATE TABLE state (
    device TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (device, name)
) WITHOUT ROWID;
"""
ARTIFACT = """
-- firmware that was offered, the last ones: a device that sleeps may ask for it long after
CREATE TABLE artifact (
    id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, what INTEGER NOT NULL, version TEXT NOT NULL,
    data BLOB NOT NULL, signature BLOB, operator TEXT NOT NULL, at_ms INTEGER NOT NULL
);
"""
PASSAGE = """
-- vehicles that have passed a lane, and the stays that came of two of them: a passage is in one at most
CREATE TABLE passage (
    device TEXT NOT NULL, number INTEGER NOT NULL, credential INTEGER NOT NULL, leaves INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL, permit INTEGER NOT NULL, vehicle_class INTEGER NOT NULL,
    done INTEGER NOT NULL, PRIMARY KEY (device, number)
) WITHOUT ROWID;
CREATE INDEX passage_waits ON passage (done) WHERE done = 0;
CREATE TABLE stay (
    entry_device TEXT NOT NULL, entry_number INTEGER NOT NULL, exit_device TEXT NOT NULL, exit_number INTEGER NOT NULL,
    credential INTEGER NOT NULL, entered_ms INTEGER NOT NULL, left_ms INTEGER NOT NULL, fee INTEGER NOT NULL,
    settled_ms INTEGER NOT NULL, PRIMARY KEY (entry_device, entry_number), UNIQUE (exit_device, exit_number)
);
"""
FINDING = """
-- what the centre has concluded by itself
CREATE TABLE finding (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, subject TEXT NOT NULL, device TEXT NOT NULL,
    since_ms INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, detail TEXT NOT NULL, shown_at_ms INTEGER,
    acknowledged_at_ms INTEGER, operator TEXT, on_site_at_ms INTEGER, cleared_at_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX finding_open ON finding (stored_at_ms) WHERE cleared_at_ms IS NULL;
CREATE INDEX finding_ended ON finding (cleared_at_ms) WHERE cleared_at_ms IS NOT NULL;
"""
INCIDENT = """
-- linkages that have acted
CREATE TABLE incident (
    rule TEXT NOT NULL, place TEXT NOT NULL, at_ms INTEGER NOT NULL, alarms TEXT NOT NULL, ended_ms INTEGER,
    PRIMARY KEY (rule, place, at_ms)
) WITHOUT ROWID;
"""
FORWARD = """
-- what was confirmed and told to the brigade, the guards or the police, by the key that each message has for ever
CREATE TABLE forward (
    id TEXT PRIMARY KEY, rule TEXT NOT NULL, place TEXT NOT NULL, at_ms INTEGER NOT NULL, operator TEXT,
    alarms TEXT NOT NULL, message TEXT NOT NULL, tries INTEGER NOT NULL, why TEXT NOT NULL, received_ms INTEGER,
    receipt TEXT NOT NULL, ended_ms INTEGER
) WITHOUT ROWID;
"""
USED = """
-- where each credential was used last
CREATE TABLE used (credential INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, device TEXT NOT NULL);
"""
# Incidents were of cores alone, and named their one command.
TO_PLACES = f"""
ALTER TABLE incident RENAME TO incident_6;
{INCIDENT}
INSERT INTO incident SELECT rule, 'core ' || core, at_ms, alarms, ended_ms FROM incident_6;
DROP TABLE incident_6;
"""
# the latest values of each device
DEVICE = """
CREATE TABLE device (device TEXT PRIMARY KEY, "values" TEXT NOT NULL, values_at INTEGER) WITHOUT ROWID;
"""
# Sessions and open orders were columns; the engine has them as JSON.
TO_STATE = f"""{STATE}
INSERT INTO state SELECT device, 'device', CAST(json_object(
    'boot', boot, 'connection', connection, 'nonce', CASE WHEN nonce IS NULL THEN NULL ELSE lower(hex(nonce)) END,
    'kind', kind, 'firmware', firmware, 'beat_s', beat_s, 'offline_s', offline_s, 'always_on', always_on,
    'alive', alive, 'live', live, 'last_ms', last_ms, 'boot_ms', boot_ms, 'clock_at', clock_at,
    'earlier_boot', earlier_boot, 'earlier_ms', earlier_ms, 'event_boot', event_boot, 'event_seq', event_seq,
    'hb', hb, 'tm', tm, 'rs', rs, 'counter', counter) AS BLOB) FROM device;
INSERT INTO state SELECT device, 'order/' || counter, CAST(json_object(
    'device', device, 'counter', counter, 'name', name, 'arguments', json(arguments), 'operator', operator,
    'cause', cause, 'issued_ms', issued_ms, 'insists', insists,
    'ref', json(CASE WHEN ref_boot IS NULL THEN 'null' ELSE json_array(ref_boot, ref_seq) END),
    'sent_ms', sent_ms, 'tries', tries, 'counters', json(counters)) AS BLOB) FROM command WHERE code IS NULL;
ALTER TABLE device RENAME TO device_2;
{DEVICE}
INSERT INTO device SELECT device, "values", values_at FROM device_2;
DROP TABLE device_2;
"""
# What a database of an earlier version lacks to be one of the next.
UPGRADES = {1: REVOCATION, 2: TO_STATE, 3: ARTIFACT, 4: PASSAGE, 5: FINDING, 6: TO_PLACES, 7: FORWARD, 8: USED}

TABLES = f"""{REVOCATION}{STATE}{DEVICE}{ARTIFACT}{PASSAGE}{FINDING}{INCIDENT}{FORWARD}{USED}
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
CREATE TABLE command (
    device TEXT NOT NULL, counter INTEGER NOT NULL, name TEXT NOT NULL, arguments TEXT NOT NULL, operator TEXT,
    cause TEXT NOT NULL, issued_ms INTEGER NOT NULL, insists INTEGER NOT NULL, ref_boot INTEGER, ref_seq INTEGER,
    sent_ms INTEGER, tries INTEGER NOT NULL, code INTEGER, done_ms INTEGER, counters TEXT NOT NULL,
    PRIMARY KEY (device, counter)
) WITHOUT ROWID;
CREATE INDEX command_open ON command (device) WHERE code IS NULL;
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
    "device": _insert("device", 3, "INSERT OR REPLACE"),
    "state": _insert("state", 3, "INSERT OR REPLACE"),
    "state_gone": "DELETE FROM state WHERE device = ? AND name = ?",
    "command": _insert("command", 15, "INSERT OR REPLACE"),
    "finding": _insert("finding", 12, "INSERT OR REPLACE"),
    "incident": _insert("incident", 5, "INSERT OR REPLACE"),
    "forward": _insert("forward", 12, "INSERT OR REPLACE"),
    "used": _insert("used", 3, "INSERT OR REPLACE"),
    "passage": _insert("passage", 9, "INSERT OR REPLACE"),
    "stay": _insert("stay", 9, "INSERT OR IGNORE"),  # as of messages
    "revocation": _insert("revocation", 5, "INSERT OR REPLACE"),
    "artifact": (
        "INSERT OR REPLACE INTO artifact (number, what, version, data, signature, operator, at_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    "record": f"INSERT INTO record {_LOG}",
    "recent": f"INSERT INTO recent {_LOG}",
    "gap": _insert("gap", 5),
    "refused": _insert("refused", 2, "INSERT OR REPLACE"),
    "security": "INSERT INTO security (at, reason, topic, frame) VALUES (?, ?, ?, ?)",
}

# Pruned tables and how many rows each keeps.
KEPT = {"recent": 500_000, "security": 1_000, "artifact": 8}
