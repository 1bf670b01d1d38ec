"""payloads.json: which authentic payloads are let through, and with which code the others are refused."""

from collections.abc import Iterator
from typing import Any

from lilong_protocol.registry import MESSAGES
from lilong_protocol.registry.messages import HEADER

from .base import MAX, U32, Case, diagnostic, encoded
from .messages import FULL, LEAST, payload

ABOUT = (
    "A payload whose seal has been verified, on a class: kind when it is let through, else the code that refuses it; "
    "code null: it is dropped or answered with any code."
)
_WRONG: dict[str, Any] = {
    "text": "1", "null": None, "true": True, "negative": -1, "bytes": b"1234567", "an array": [1], "a map": {0: 1},
}  # fmt: skip
# What may stand under each payload key beside the right values tried elsewhere.
_WRONG_OF = {
    **{key: ("text", "null", "true", "negative", "bytes", "an array", "a map") for key in (2, 3, 4, 5, 6, 8, 10, 12)},
    7: ("text", "null", "true", "negative", "bytes", "an array"),
    9: ("text", "null", "true", "negative", "bytes", "an array", "a map"),
    11: ("text", "null", "true", "negative", "bytes", "an array", "a map"),
}
_MORE: tuple[tuple[int, str, Any], ...] = (
    *((key, "2^32", U32 + 1) for key in (2, 3, 8, 10)),
    (6, "0", 0), (6, "4", 4), (9, "an empty array", []), (9, "an array of 3", [1, 2, 3]), (9,
    "[2^32, 0]", [U32 + 1, 0]),
    (9, "[0, -1]", [0, -1]), (9, "[true, 1]", [True, 1]), (9, "[text, 1]", ["1", 1]), (11, "no bytes", b""),
    (11, "9 bytes", bytes(9)), (11, "text of 8", "12345678"),
)  # fmt: skip
_NAME = {key: name for name, (key, _, _) in HEADER.items()}
_HEARTBEAT = payload(3, LEAST[3])
_ALL = {**_HEARTBEAT, 5: 6, 6: 1, 8: 1, 9: [1, 1], 10: 1, 12: 1}


def _case(name: str, ids: str, content: Any, code: int | None = 0, cls: str = "u/hb", kind: int = 3) -> Case:
    direction, _, cls = cls.partition("/")
    case = {
        "name": name, "ids": [ids], "direction": direction, "class": cls, "payload": diagnostic(content),
        "payload_hex": encoded(content).hex(),
    }  # fmt: skip
    return {**case, "kind": kind} if code == 0 else {**case, "refused": {"code": code}}


def _of(message: Any) -> str:
    return ("u/" if message.uplink else "d/") + message.cls


def _keys() -> Iterator[Case]:
    for message in MESSAGES:
        number, cls = message.number, _of(message)
        whole = payload(number, LEAST[number])
        for key in [HEADER[name][0] for name in message.header]:
            without = {k: value for k, value in whole.items() if k != key}
            yield _case(f"{message.name} without key {key} ({_NAME[key]})", "LIL-FRAME-001", without, 400, cls)
    for key, whats in _WRONG_OF.items():
        for what in whats:
            name = f"key {key} ({_NAME[key]}) is {what}"
            yield _case(name, "LIL-FRAME-001", {**_ALL, key: _WRONG[what]}, 400)
    for key, what, value in _MORE:
        yield _case(f"key {key} ({_NAME[key]}) is {what}", "LIL-FRAME-001", {**_ALL, key: value}, 400)
    for key, value in ((2, U32), (3, U32), (4, MAX), (5, MAX), (6, 1), (6, 3), (8, 1), (9, [U32, 1]), (12, MAX)):
        yield _case(f"key {key} ({_NAME[key]}) is {value}, which fits", "LIL-FRAME-001", {**_ALL, key: value})


def _shapes() -> Iterator[Case]:
    for what, content in (
        ("an empty map", {}), ("an array", [1, 3]), ("a number", 1), ("null", None),
        ("a byte string", encoded(_HEARTBEAT)),
        ("a map without a version", {k: v for k, v in _HEARTBEAT.items() if k}),
        ("a map without a kind", {k: v for k, v in _HEARTBEAT.items() if k != 1}),
    ):  # fmt: skip
        yield _case(f"a payload that is {what}", "LIL-FRAME-001", content, 400)
    for key, title in ((0, "version"), (1, "kind")):
        for what, value in _WRONG.items():
            yield _case(f"{title} is {what}", "LIL-FRAME-001", {**_HEARTBEAT, key: value}, 400)
    for version in (0, 2, 3, 255, U32):
        yield _case(f"version {version}", "LIL-FRAME-003", {**_HEARTBEAT, 0: version}, 501)
    for kind in (200, 255, 256, 60000, 65536, U32, MAX):  # not those that may come next
        yield _case(f"unknown kind {kind}", "LIL-FRAME-003", {**_ALL, 1: kind}, 415)


def _extensions() -> Iterator[Case]:
    for key in (13, 14, 15):
        yield _case(f"reserved key {key}", "LIL-FRAME-002", {**_HEARTBEAT, key: 0}, 400)
    for key in range(16, 24):
        yield _case(f"critical key {key}", "LIL-FRAME-002", {**_HEARTBEAT, key: 0}, 402)
    for key in (24, 200, 255, -1, -2, -25, -256, -MAX):
        for what, value in (("number", 7), ("map", {0: [b"new", None, True]})):
            yield _case(f"optional key {key}, a {what}", "LIL-FRAME-002", {**_HEARTBEAT, key: value})
    command = payload(17, LEAST[17])
    yield _case("reserved key 13 of a downlink", "LIL-FRAME-002", {**command, 13: 0}, 400, "d/cm")
    yield _case("critical key 16 of a downlink", "LIL-FRAME-002", {**command, 16: 0}, 402, "d/cm")
    yield _case("optional key 24 of a downlink", "LIL-FRAME-002", {**command, 24: 0}, 0, "d/cm", 17)


def _classes() -> Iterator[Case]:
    every = sorted({_of(message) for message in MESSAGES})
    for message in MESSAGES:
        for cls in every:
            content = payload(message.number, FULL[message.number])
            right = cls == _of(message)
            code = 0 if right else None
            name = f"{message.name} on {cls}"
            yield _case(name, "LIL-TOPIC-001" if right else "LIL-TOPIC-002", content, code, cls, message.number)


def cases() -> Iterator[Case]:
    yield from _keys()
    yield from _shapes()
    yield from _extensions()
    yield from _classes()
