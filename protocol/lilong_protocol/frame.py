"""The payload of a frame: a map with small integer keys, the same for every kind of message.

Keys 16 to 23 are critical extensions (unknown: refused with 402), from 24 on and negative ones are ignored,
13 to 15 are reserved. Which keys a kind must carry stands in the registry (`codes.header_bits`).
"""

from struct import pack_into

from .cbor import MAX_INT, CborError, Writer, decode
from .codes import header_bits

VERSION = 1

# Kinds of message (registry/messages.py).
ERROR, BIRTH, DEATH, HEARTBEAT, TELEMETRY, EVENT, RAISE, UPDATE, CLEAR, LOG, CRASH = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
RESPONSE, REPORTED_CONFIG, UPDATE_PROGRESS, UPDATE_RESULT, CHUNK_REQUEST = 11, 12, 13, 14, 15
STORED_ACK, COMMAND, DESIRED_CONFIG, UPDATE_OFFER, OPERATOR_ACK, TIME, REQUEST, CHUNK = 16, 17, 18, 19, 20, 21, 22, 23
ANSWER = 24

# Clock quality (key 6); absent means that the device has no time.
CLOCK_60_S, CLOCK_1_S, CLOCK_50_MS = 1, 2, 3

# Error and response codes, in CoAP's style.
OK, BAD, UNKNOWN_CRITICAL, FORBIDDEN, NOT_FOUND, EXPIRED, CONFLICT, STALE = 200, 400, 402, 403, 404, 408, 409, 412
UNSUPPORTED_KIND, INVALID, UNSUPPORTED_VERSION = 415, 422, 501

# Payload keys.
_VERSION, _KIND, _BOOT, _SEQ, _UPTIME, _EPOCH, _QUALITY, _BODY = 0, 1, 2, 3, 4, 5, 6, 7
_COUNTER, _REF, _TARGET, _NONCE, _DEADLINE = 8, 9, 10, 11, 12
_U32 = 0xFFFFFFFF
NONCE_BYTES = 8
START = 19  # of a payload in a buffer: what a seal puts before it takes at most so many bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FrameError(ValueError):
    """A payload that breaks the rules; `code` is the error code that answers it (400, 402, 415, 501)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def pack(
    kind: int,
    body: "Any" = None,
    boot: "int | None" = None,
    seq: "int | None" = None,
    uptime: "int | None" = None,
    epoch: "int | None" = None,
    quality: "int | None" = None,
    counter: "int | None" = None,
    ref: "tuple[int, int] | None" = None,
    target: "int | None" = None,
    nonce: "bytes | None" = None,
    deadline: "int | None" = None,
) -> bytes:
    """Encode a payload. Times in ms: `uptime` and `deadline` since the device's cold start, `epoch` Unix time."""
    writer = Writer(START)
    begin(writer, kind)
    fields = (
        boot, seq, uptime, epoch, quality, body, counter, ref, target, nonce, deadline,
    )  # fmt: skip
    for i in range(len(fields)):
        field(writer, _BOOT + i, fields[i])
    return bytes(writer.buf[START : writer.at])


def begin(writer: Writer, kind: int) -> None:
    """Begin a payload at START of the writer's buffer, where a seal has room around it."""
    pack_into("BBB", writer.buf, START, 0xA2, _VERSION, VERSION)
    writer.at = START + 3
    writer.depth = 1
    writer.pair(_KIND, kind)


def field(writer: Writer, key: int, value: "Any") -> None:
    """Add a field unless it is None; keys must come in their order."""
    if value is not None:
        writer.buf[START] += 1
        writer.pair(key, value)


class Frame:
    """A payload that `unpack` has checked. Fields that were absent are None."""

    __slots__ = (
        "body", "boot", "counter", "deadline", "epoch", "kind", "nonce", "quality", "ref", "seq", "target", "uptime",
    )  # fmt: skip

    def __init__(self, fields: "dict[int, Any]") -> None:
        get = fields.get
        self.kind: int = fields[_KIND]
        self.boot: Any = get(_BOOT)
        self.seq: Any = get(_SEQ)
        self.uptime: Any = get(_UPTIME)
        self.epoch: Any = get(_EPOCH)
        self.quality: Any = get(_QUALITY)
        self.body: Any = get(_BODY)
        self.counter: Any = get(_COUNTER)
        self.ref: Any = get(_REF)
        self.target: Any = get(_TARGET)
        self.nonce: Any = get(_NONCE)
        self.deadline: Any = get(_DEADLINE)


def _is_number(value: object, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit


def _check(key: int, value: "Any") -> bool:
    if key in (_BOOT, _SEQ, _COUNTER, _TARGET):
        return _is_number(value, _U32)
    if key in (_UPTIME, _EPOCH, _DEADLINE):
        return _is_number(value, MAX_INT)
    if key == _QUALITY:
        return _is_number(value, 3) and value > 0
    if key == _BODY:
        return isinstance(value, dict)
    if key == _NONCE:
        return isinstance(value, bytes) and len(value) == NONCE_BYTES
    if key == _REF:
        return isinstance(value, list) and len(value) == 2 and _is_number(value[0], _U32) and _is_number(value[1], _U32)
    return True


def unpack(payload: bytes) -> Frame:
    """Decode and check a payload whose seal has been verified; FrameError with the code to answer."""
    try:
        fields = decode(payload)
    except CborError as error:
        raise FrameError(BAD, "payload: %s" % error)
    if not isinstance(fields, dict) or not _is_number(fields.get(_VERSION), MAX_INT):
        raise FrameError(BAD, "payload is not a map with a version")
    version: Any = fields[_VERSION]
    if version != VERSION:
        raise FrameError(UNSUPPORTED_VERSION, "version %d: this end speaks 1" % version)
    kind: Any = fields.get(_KIND)
    if not _is_number(kind, MAX_INT):
        raise FrameError(BAD, "key 1 (kind) is missing or not a number")
    for key in sorted(fields):  # MicroPython's dicts have an order of their own
        if 16 <= key <= 23:
            raise FrameError(UNKNOWN_CRITICAL, "critical key %d is unknown" % key)
        if 13 <= key <= 15 or (0 <= key <= 12 and not _check(key, fields[key])):
            raise FrameError(BAD, "key %d is reserved or has a wrong value" % key)
    missing = header_bits(kind)
    if not missing:
        raise FrameError(UNSUPPORTED_KIND, "kind %d is unknown" % kind)
    for key in range(_BOOT, _DEADLINE + 1):
        if missing >> key & 1 and key not in fields:
            raise FrameError(BAD, "kind %d: key %d is missing" % (kind, key))
    return Frame(fields)
