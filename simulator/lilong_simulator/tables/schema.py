"""The schema of the tables of a run. A change of meaning raises SCHEMA_VERSION; a column that is added does not.

Each file carries the version and what was run in its key-value metadata, as JSON under `lilong`.
"""

from collections.abc import Iterable
from typing import NamedTuple

SCHEMA_VERSION = 1

TEXT, WORD, WHOLE, NUMBER, TIME = "text", "word", "whole", "number", "time"
BYTES, TEXTS, READINGS = "bytes", "texts", "readings"
"""Types: UTF-8, the same where there are few different ones, int64, double, timestamp (ms, UTC), binary, list of texts,
list of READING structs."""


class Column(NamedTuple):
    name: str
    type: str
    about: str


READING = (
    Column("quantity", WORD, "name in the registry (protocol/REFERENCE.md), which has its unit"),
    Column("value", NUMBER, "in that unit; null: not measured"),
    Column("age_ms", WHOLE, "measured so long before the frame was made; 0 but for telemetry"),
)


class Table(NamedTuple):
    name: str
    about: str
    columns: tuple[Column, ...]


_ESTATE = Column("estate", TEXT, "id of the estate, the tenant of its topics")
_DEVICE = Column("device", TEXT, "id, 16 hex digits")
_NAME = Column("name", TEXT, "of the device, as `core3/12F/1203/smoke`")
_ALARM = Column("alarm", TEXT, "`device-boot-seq` of the raise that it is about, null for what is about none")
_RUN_MS = "ms since the run began"

MESSAGES = Table("messages", "every frame either way, in the order in which they were sent", (
    Column("time", TIME, "when it was handed to the network, true wall time"),
    Column("run_ms", WHOLE, f"the same, {_RUN_MS}"),
    _ESTATE._replace(type=WORD),
    _DEVICE._replace(type=WORD),
    Column("kind", WORD, "of the device, as `smoke`"),
    Column("direction", WORD, "`up` from the device, `down` to it"),
    Column("class", WORD, "of its topic, as `hb`"),
    Column("message", WORD, "what it is, as `heartbeat`"),
    Column("boot", WHOLE, "of the device; null: down"),
    Column("seq", WHOLE, "its number within boot and class; null: down"),
    Column("uptime_ms", WHOLE, "when it was made, ms since the device's cold start; null: down"),
    Column("clock", TIME, "the same by the device's own clock; null: it has no time yet"),
    Column("code", WORD, "name of the alarm, event or command, number of a response; null: it has none"),
    _ALARM._replace(type=WORD),
    Column("readings", READINGS, "what was measured; of telemetry every row; empty: nothing"),
    Column("size", WHOLE, "bytes of the frame; null: not sealed"),
    Column("frame", BYTES, "the sealed frame as it is on the wire; null: not sealed"),
))  # fmt: skip

DEVICES = Table("devices", "every device of the estate", (
    _ESTATE,
    _DEVICE,
    Column("kind", TEXT, "as `smoke`"),
    _NAME,
    Column("building", TEXT, "null: outside"),
    Column("core", WHOLE, "null: none"),
    Column("unit", TEXT, "its flat; null: none"),
    Column("x", NUMBER, "m to the right of the plan's corner"),
    Column("y", NUMBER, "m down from it"),
    Column("storey", WHOLE, "0: ground"),
))  # fmt: skip

TRUTH = Table("truth", "what really happened in the world, in the order of its crossings", (
    _ESTATE,
    Column("id", TEXT, "of the row"),
    _DEVICE,
    _NAME,
    Column("alarm", TEXT, "name of the alarm that it is about, as `smoke.alarm`"),
    Column("expect", TEXT, "`must`, `may` or `must_not` be raised"),
    Column("time", TIME, "of the true crossing"),
    Column("crossing_ms", WHOLE, f"the same, {_RUN_MS}"),
    Column("until_ms", WHOLE, f"when the value was back below its level, {_RUN_MS}; null: by the end it was not"),
    Column("cause", TEXT, "in words"),
    Column("incident", TEXT, "whose part it is; null: daily life"),
    Column("local_ms", WHOLE, "limit of the local output, ms after the crossing; null, here and below: no limit"),
    Column("ingest_ms", WHOLE, "limit of the commit"),
    Column("shown_ms", WHOLE, "limit of the console"),
    Column("acknowledged_ms", WHOLE, "limit of the human answer at the device"),
    Column("by", TEXT, "who must raise it: `device`, or `backend`, whose finding it is"),
    Column("members", TEXTS, "of a finding about several devices: their ids"),
    Column("not_before_ms", WHOLE, "it must not be raised earlier after the crossing"),
    Column("on_site_ms", WHOLE, "limit until whoever was sent is there"),
    Column("ended_ms", WHOLE, "limit until the backend says that it is over"),
    Column("transfer_ms", WHOLE, "limit of the commit, ms after the decision, or after it could be sent"),
    Column("tells", TEXT, "JSON: what the backend's feed must tell of it, where it tells such things; null: nothing"),
    Column("through", TEXT, "of a finding that a gateway has to tell: its id, else empty"),
    Column("recall", NUMBER, "the share of such rows that its sensor by design sees; null: each must be raised"),
    Column("quorum", WHOLE, "of a finding that alarms confirm: how many; its limits count from then; 0: none"),
    Column("after", TEXTS, "ids of the rows of those alarms"),
))  # fmt: skip

EXPECTATIONS = Table("expectations", "what had to follow from alarms at other devices", (
    _ESTATE,
    Column("id", TEXT, "of the row"),
    Column("incident", TEXT, "whose part it is"),
    Column(
        "what", TEXT,
        "`command`, `report`, `not_cleared`, `kept`, `latched`, `events`, `telemetry`, `granted`, `denied`, "
        "`done`, `noted`, `delivered`, `repeated`, `born`, `beats` or `accepted`",
    ),
    Column("action", TEXT, "name of the command, or of the event that is noted"),
    _DEVICE,
    _NAME,
    Column("after", TEXTS, "ids of rows of the truth"),
    Column("quorum", WHOLE, "how many of their alarms call for it"),
    Column("within_ms", WHOLE, "limit; null: none"),
    Column("from_ms", WHOLE, f"what it is about begins, {_RUN_MS}; null: with the alarms"),
    Column("until_ms", WHOLE, f"and ends, {_RUN_MS}; null: it is an instant"),
    Column("most", WHOLE, "so many events may wait at a device, or be born in one second; null: any number"),
    Column("share", NUMBER, "of passages, the share of all of that incident and action that must be let in within ..."),
    Column("share_ms", WHOLE, "... this limit; null: none"),
))  # fmt: skip

OBSERVED = Table("observed", "what the centre did about alarms, its observed feed", (
    _ESTATE,
    Column("time", TIME, "when"),
    Column(
        "event", TEXT,
        "`stored`, `updated`, `shown`, `acknowledged`, `confirmed`, `on_site`, `cleared`; `open`: all that is; "
        "`revoked`: a card; `reset`: a device; `recorded`: an event",
    ),
    Column("alarm", TEXT, "`device-boot-seq` of the raise, or the id of a finding; none of what is about none alone"),
    Column("device", TEXT, "id, 16 hex digits; of a finding about none empty"),
    Column("code", TEXT, "name of the alarm or finding"),
    Column("boot", WHOLE, "of the raise; of a finding 0"),
    Column("seq", WHOLE, "of the raise; of a finding 0"),
    Column("members", TEXTS, "of a finding about several devices: their ids; of `open`: ids of alarms"),
))  # fmt: skip

LABELS = Table("labels", "data that is wrong, and known to be; none without `--data-faults`", (
    _ESTATE,
    _DEVICE,
    _NAME,
    Column("quantity", TEXT, "name in the registry of what is wrong; null: no quantity is, but time or numbers"),
    Column("kind", TEXT, "`out_of_range`, `stuck`, `rate`, `future_time`, `gap` or `contradiction`"),
    Column("time", TIME, "when it began"),
    Column("from_ms", WHOLE, f"the same, {_RUN_MS}"),
    Column("to_ms", WHOLE, f"when it was over, {_RUN_MS}; null: by the end it was not"),
    Column("class", TEXT, "of the topic of the first message that showed it; null, here and below: none has"),
    Column("boot", WHOLE, "of that message"),
    Column("seq", WHOLE, "of that message"),
    Column("messages", WHOLE, "how many have shown it"),
    Column("evident", WHOLE, "1: they are enough to find it by; 0: nobody is asked to"),
))  # fmt: skip

TABLES = (MESSAGES, DEVICES, TRUTH, EXPECTATIONS, OBSERVED, LABELS)


def names(columns: Iterable[Column]) -> list[str]:
    return [column.name for column in columns]
