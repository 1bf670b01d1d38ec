"""Kinds of message: on which topic class each travels, which payload keys it carries, what its body holds."""

from .tables import U32, Field, Label, Message

# Payload keys by name, as a frame carries them.
HEADER: dict[str, tuple[int, str, str]] = {
    "version": (0, "number", "1"),
    "kind": (1, "number", "kind of message"),
    "boot": (2, "u32", "rises at each cold start, stored before the first publish; its top byte is the generation"),
    "seq": (3, "u32", "rises from 1 per boot and topic class"),
    "uptime": (4, "number", "ms since the cold start"),
    "epoch": (5, "number", "Unix time in ms; absent: the sender has no time"),
    "quality": (6, "quality", "clock quality: 1 within 60 s, 2 within 1 s, 3 within 50 ms"),
    "body": (7, "map", "what the kind of message says"),
    "counter": (8, "u32", "downlink counter, rises per device"),
    "ref": (9, "ref", "[boot, seq] of the frame meant"),
    "target": (10, "u32", "the boot that a downlink is for"),
    "nonce": (11, "nonce", "8 random bytes of this boot"),
    "deadline": (12, "number", "device uptime in ms after which a downlink is void"),
}

_SENT = ("boot", "seq", "uptime", "body")
_ORDER = ("body", "counter", "target", "nonce", "deadline")

_EVENT = Field(0, "code", "number", "number in the registry", high=U32, names="events")
_ALARM = Field(0, "code", "number", "number in the registry", high=U32, names="alarms")
_VALUES = Field(4, "values", "values", "measured values", required=False, names="quantities")
_REASONS = ((0, "cold_start"), (1, "reconnected"), (2, "asked"))
_STATES = ((1, "active_again"), (2, "restored"))
_CLEARED = ((0, "by_itself"), (1, "by_operator"))
_WANTED = ((0, "rebirth"), (1, "backfill"))
_ARTIFACTS = ((0, "firmware"), (1, "card_list"), (2, "access"))
_PROGRESS = ((1, "downloading"), (2, "verified"), (3, "installing"), (4, "on_trial"))
_CRASHES = ((0, "exception"), (1, "watchdog"), (2, "brownout"), (3, "hard_fault"), (4, "out_of_memory"))
_ID = Field(0, "artifact", "number", "number of the artifact", high=U32)

MESSAGES = (
    Message(
        0, "error", "rs", True, 1, False, ("body",),
        (
            Field(0, "code", "number", "error code, in CoAP's style", low=400, high=599),
            Field(1, "text", "text", "what was wrong", required=False, high=64),
        ),
        Label("error", "错误"), "An authentic downlink that could not be understood.",
    ),
    Message(
        1, "birth", "st", True, 1, True, ("boot", "seq", "uptime", "body", "nonce"),
        (
            Field(0, "kind", "number", "kind of device", high=U32, names="kinds"),
            Field(1, "connection", "number", "counts the connections of this boot from 1", high=U32),
            Field(2, "firmware", "text", "firmware version", required=False, high=32),
            Field(3, "beat", "number", "seconds between heartbeats", required=False, high=U32),
            Field(4, "offline", "number", "seconds of silence that prove loss", required=False, high=U32),
            Field(5, "always_on", "bool", "stays connected; false: sleeps between reports", required=False),
            Field(6, "reason", "number", "why it is told", required=False, meanings=_REASONS, high=U32),
            Field(7, "values", "values", "present values", required=False, names="quantities"),
            Field(8, "outbox", "number", "alarm frames that wait for a stored-ack", required=False, high=U32),
            Field(9, "epoch", "number", "key epoch in use", required=False, high=U32),
            Field(10, "config", "number", "version of the configuration in effect", required=False, high=U32),
        ),
        Label("birth", "上线"), "A session begins, or its state is told again.",
    ),
    Message(
        2, "death", "st", True, 1, True, ("boot", "body"),
        (Field(0, "connection", "number", "the connection that ended", high=U32),),
        Label("death", "下线"), "The MQTT will: a hint that the connection has ended.",
    ),
    Message(
        3, "heartbeat", "hb", True, 0, False, ("boot", "seq", "uptime", "body", "nonce"),
        (
            Field(0, "outbox", "number", "alarm frames that wait for a stored-ack", high=U32),
            Field(1, "rejected", "number", "downlinks dropped without an answer in this boot", high=U32),
            Field(2, "dropped", "number", "events and alarm frames given up for want of room in this boot", high=U32),
            Field(3, "values", "values", "present values", required=False, names="quantities"),
            Field(4, "time_wanted", "bool", "true: answer with the time", required=False),
        ),
        Label("heartbeat", "心跳"), "The device is alive.",
    ),
    Message(
        4, "telemetry", "tm", True, 0, False, _SENT,
        (
            Field(0, "quantities", "list", "quantity of each column", names="quantities"),
            Field(1, "ages", "list", "ms from each row to the frame's uptime"),
            Field(2, "columns", "columns", "for each quantity the list of its values, null where none"),
        ),
        Label("telemetry", "遥测"), "Measured values in columns.",
    ),
    Message(
        5, "event", "ev", True, 1, False, _SENT, (_EVENT, _VALUES),
        Label("event", "事件"), "Something happened that calls nobody.",
    ),
    Message(
        6, "alarm raise", "al", True, 1, False, _SENT,
        (
            _ALARM,
            Field(1, "severity", "number", "CAP severity: 4 extreme (red) to 1 minor (blue)", low=1, high=4),
            Field(2, "urgency", "number", "CAP urgency: 4 immediate, 3 expected, 2 future, 1 past", low=1, high=4),
            Field(3, "certainty", "number", "CAP certainty: 4 observed to 1 unlikely", low=1, high=4),
            _VALUES,
        ),
        Label("alarm", "报警"), "An episode begins; its (boot, seq) is the alarm's name for ever.",
    ),
    Message(
        7, "alarm update", "al", True, 1, False, (*_SENT, "ref"),
        (_ALARM, _VALUES, Field(5, "state", "number", "what has changed", meanings=_STATES, high=U32)),
        Label("alarm update", "报警更新"), "The condition has ended, or is there again.",
    ),
    Message(
        8, "alarm clear", "al", True, 1, False, (*_SENT, "ref"),
        (_ALARM, _VALUES, Field(6, "reason", "number", "why it ended", meanings=_CLEARED, high=U32)),
        Label("alarm clear", "报警解除"), "The episode is over.",
    ),
    Message(
        9, "log", "lg", True, 1, False, _SENT,
        (
            Field(0, "level", "number", "RFC 5424 severity: 0 emergency to 7 debug", high=7),
            Field(1, "text", "text", "one line", high=256),
        ),
        Label("log", "日志"), "A line of the device's log.",
    ),
    Message(
        10, "crash", "lg", True, 1, False, _SENT,
        (
            Field(0, "cause", "number", "what ended the boot", meanings=_CRASHES, high=U32),
            Field(1, "text", "text", "innermost frames of the trace", high=256),
            Field(2, "firmware", "text", "firmware that crashed", required=False, high=32),
            Field(3, "boot", "number", "the boot that ended", required=False, high=U32),
            Field(4, "uptime", "number", "ms it had lived", required=False),
        ),
        Label("crash", "崩溃"), "An earlier boot ended by a fault; told once, after the next start.",
    ),
    Message(
        11, "response", "rs", True, 1, False, (*_SENT, "counter"),
        (
            Field(0, "code", "number", "200, or an error code", low=200, high=599),
            Field(1, "count", "number", "frames that a backfill sends", required=False, high=U32),
        ),
        Label("response", "应答"), "The answer to the downlink with this counter.",
    ),
    Message(
        12, "reported config", "cf", True, 1, True, _SENT,
        (
            Field(0, "version", "number", "version in effect; 0: as provisioned", high=U32),
            Field(1, "settings", "numbers", "every setting that differs from its default", names="settings"),
            Field(2, "refused", "numbers", "error code of each setting not taken", required=False, names="settings"),
        ),
        Label("reported configuration", "上报配置"), "The configuration in effect.",
    ),
    Message(
        13, "update progress", "ot", True, 1, False, _SENT,
        (
            _ID,
            Field(1, "state", "number", "how far it is", meanings=_PROGRESS, high=U32),
            Field(2, "have", "number", "bytes held", required=False, high=U32),
        ),
        Label("update progress", "升级进度"), "How far an update is.",
    ),
    Message(
        14, "update result", "ot", True, 1, False, _SENT,
        (
            _ID,
            Field(1, "code", "number", "200, or why it failed", low=200, high=599),
            Field(2, "version", "text", "version in effect now", required=False, high=32),
        ),
        Label("update result", "升级结果"), "How an update ended.",
    ),
    Message(
        15, "chunk request", "ot", True, 1, False, _SENT,
        (
            _ID,
            Field(1, "offset", "number", "first byte wanted", high=U32),
            Field(2, "size", "number", "bytes wanted at most", low=1, high=768),
        ),
        Label("chunk request", "分块请求"), "The device wants a piece of an artifact.",
    ),
    Message(
        16, "stored-ack", "ak", False, 1, False, ("ref", "body"),
        (Field(0, "tag", "bytes", "the last 8 bytes of the frame that is stored", low=8, high=8),),
        Label("stored", "已入库"), "The alarm frame ref is durable; sent only after the commit.",
    ),
    Message(
        17, "command", "cm", False, 1, False, _ORDER,
        (
            Field(0, "command", "number", "number in the registry", high=U32, names="commands"),
            Field(1, "arguments", "numbers", "by place in the registry", required=False, names="arguments"),
        ),
        Label("command", "命令"), "Do something, now or never.",
    ),
    Message(
        18, "desired config", "cf", False, 1, True, ("body",),
        (
            Field(0, "version", "number", "rises with each change", low=1, high=U32),
            Field(1, "settings", "numbers", "every setting that shall differ from its default", names="settings"),
        ),
        Label("desired configuration", "下发配置"), "What the configuration shall be.",
    ),
    Message(
        19, "update offer", "ot", False, 1, False, _ORDER,
        (
            _ID,
            Field(1, "what", "number", "what it is", meanings=_ARTIFACTS, high=U32),
            Field(2, "version", "text", "its version", low=1, high=32),
            Field(3, "size", "number", "bytes", low=1, high=U32),
            Field(4, "sha256", "bytes", "digest of all its bytes", low=32, high=32),
            Field(5, "signature", "bytes", "Ed25519 over the digest", required=False, low=64, high=64),
        ),
        Label("update offer", "升级通知"), "An artifact that the device shall fetch.",
    ),
    Message(
        20, "operator-ack", "ak", False, 1, False, ("ref", *_ORDER),
        (Field(0, "operator", "text", "who", high=64),),
        Label("operator acknowledgement", "值班确认"), "A person has taken notice of the alarm ref.",
    ),
    Message(
        21, "time", "cm", False, 1, False, ("epoch", "body", "target", "nonce"),
        (Field(0, "asked", "number", "uptime of the birth or heartbeat that it answers"),),
        Label("time", "授时"), "The time; the first one also says that the backend knows the session.",
    ),
    Message(
        22, "request", "cm", False, 1, False, ("body", "counter", "target", "nonce"),
        (
            Field(0, "what", "number", "what is wanted", meanings=_WANTED, high=U32),
            Field(1, "class", "class", "topic class of the frames", required=False),
            Field(2, "boot", "number", "their boot", required=False, high=U32),
            Field(3, "first", "number", "first seq", required=False, low=1, high=U32),
            Field(4, "last", "number", "last seq", required=False, low=1, high=U32),
        ),
        Label("request", "补传请求"), "Tell your birth again, or send frames again that never came.",
    ),
    Message(
        23, "chunk", "ot", False, 1, False, ("body", "target", "nonce"),
        (
            _ID,
            Field(1, "offset", "number", "where the bytes belong", high=U32),
            Field(2, "data", "bytes", "the bytes", low=1, high=768),
        ),
        Label("chunk", "分块"), "A piece of an artifact.",
    ),
    Message(
        24, "answer", "cm", False, 1, False, ("body", "ref", "nonce"),
        (Field(0, "elsewhere", "bool", "true: the card has just been used where nobody can have come from"),),
        Label("answer", "答复"), "The answer to the event ref, with which a door has asked.",
    ),
)  # fmt: skip
