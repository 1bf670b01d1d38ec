"""messages.json: every kind of message with its least and its full content, under the keys of two epochs."""

from collections.abc import Iterator
from typing import Any

from lilong_protocol.registry import MESSAGE

from .base import DEVICE, ESTATE_KEY, MAX, TENANT, U32, Case, device_root, diagnostic, encoded, place, sealed

ABOUT = (
    "Frames from end to end: payload encodes to payload_hex, sealed on the class with the key it is frame; and back. "
    "estate_key null: the key is given, not derived."
)
BOOT, SEQ, UPTIME, EPOCH = 0x01000007, 412, 8640123, 1789862400123
NONCE = bytes.fromhex("c0ffee0123456789")
_SENT = {2: BOOT, 3: SEQ, 4: UPTIME}
_CLOCK = {5: EPOCH, 6: 3}
_ORDER = {8: 31, 10: BOOT, 11: NONCE, 12: UPTIME + 5000}
_TAG = bytes.fromhex("1c1d18d8769a4fbb")
_SHA256 = bytes(range(100, 132))

# By kind: payload keys beside version, kind and body, and the body.
Parts = tuple[dict[int, Any], dict[int, Any]]
LEAST: dict[int, Parts] = {
    0: ({}, {0: 400}),
    1: ({**_SENT, 11: NONCE}, {0: 1, 1: 1}),
    2: ({2: BOOT}, {0: 1}),
    3: ({**_SENT, 11: NONCE}, {0: 0, 1: 0, 2: 0}),
    4: (_SENT, {0: [1], 1: [0], 2: [[5]]}),
    5: (_SENT, {0: 4}),
    6: (_SENT, {0: 1, 1: 4, 2: 4, 3: 4}),
    7: ({**_SENT, 9: [BOOT, 411]}, {0: 1, 5: 2}),
    8: ({**_SENT, 9: [BOOT, 411]}, {0: 1, 6: 1}),
    9: (_SENT, {0: 4, 1: ""}),
    10: (_SENT, {0: 0, 1: "main.py:7 ZeroDivisionError"}),
    11: ({**_SENT, 8: 31}, {0: 200}),
    12: (_SENT, {0: 0, 1: {}}),
    13: (_SENT, {0: 9, 1: 1}),
    14: (_SENT, {0: 9, 1: 200}),
    15: (_SENT, {0: 9, 1: 0, 2: 512}),
    16: ({9: [BOOT, 412]}, {0: _TAG}),
    17: (_ORDER, {0: 1}),
    18: ({}, {0: 1, 1: {}}),
    19: (_ORDER, {0: 9, 1: 0, 2: "1.2.0", 3: 40960, 4: _SHA256}),
    20: ({**_ORDER, 9: [BOOT, 412]}, {0: ""}),
    21: ({5: EPOCH, 10: BOOT, 11: NONCE}, {0: UPTIME}),
    22: ({8: 31, 10: BOOT, 11: NONCE}, {0: 0}),
    23: ({10: BOOT, 11: NONCE}, {0: 9, 1: 0, 2: b"\x00"}),
    24: ({9: [BOOT, 412], 11: NONCE}, {0: False}),
}
_VALUES = {1: 182, 2: 87, 4: -12, 300: None}
FULL: dict[int, Parts] = {
    0: ({**_SENT, **_CLOCK, 8: 30}, {0: 402, 1: "critical key 17 is unknown"}),
    1: ({**_SENT, **_CLOCK, 11: NONCE},
        {0: 2, 1: 3, 2: "1.4.2", 3: 300, 4: 900, 5: True, 6: 1, 7: _VALUES, 8: 2, 9: 1, 10: 17}),
    2: ({2: BOOT, 4: UPTIME}, {0: U32}),
    3: ({**_SENT, **_CLOCK, 11: NONCE}, {0: 2, 1: 3, 2: 4, 3: _VALUES, 4: True}),
    4: ({**_SENT, **_CLOCK}, {0: [11, 12, 13], 1: [120000, 60000, 0],
                              2: [[100, 100, 99], [412, None, 409], [2301, 2299, -1]]}),
    5: ({**_SENT, **_CLOCK}, {0: 1, 4: {9: 0x3FFFFFFF}}),
    6: ({**_SENT, **_CLOCK}, {0: 1, 1: 4, 2: 4, 3: 3, 4: _VALUES}),
    7: ({**_SENT, **_CLOCK, 9: [BOOT, 411]}, {0: 1, 4: _VALUES, 5: 1}),
    8: ({**_SENT, **_CLOCK, 9: [BOOT, 411]}, {0: 1, 4: _VALUES, 6: 0}),
    9: ({**_SENT, **_CLOCK}, {0: 7, 1: "探" * 85 + "!"}),
    10: ({**_SENT, **_CLOCK}, {0: 4, 1: "x" * 256, 2: "1.4.1", 3: BOOT - 1, 4: MAX}),
    11: ({**_SENT, **_CLOCK, 8: U32}, {0: 200, 1: 12}),
    12: ({**_SENT, **_CLOCK}, {0: 17, 1: {1: 120, 2: 200}, 2: {4: 404, 5: 422}}),
    13: ({**_SENT, **_CLOCK}, {0: 9, 1: 4, 2: 40960}),
    14: ({**_SENT, **_CLOCK}, {0: 9, 1: 422, 2: "1.4.2"}),
    15: ({**_SENT, **_CLOCK}, {0: U32, 1: U32, 2: 768}),
    16: ({9: [U32, U32]}, {0: bytes([255] * 8)}),
    17: ({**_ORDER, 5: EPOCH}, {0: 10, 1: {0: 0x3FFFFFFF, 1: 1789862400}}),
    18: ({}, {0: U32, 1: {1: 120, 2: 200, 12: 7}}),
    19: ({**_ORDER, 8: U32, 10: U32, 12: MAX},
         {0: U32, 1: 1, 2: "2026-11-22", 3: U32, 4: _SHA256, 5: _SHA256 + _SHA256}),
    20: ({**_ORDER, 9: [BOOT, 412]}, {0: "陈师傅, gate 2"}),
    21: ({5: EPOCH, 6: 3, 10: BOOT, 11: NONCE}, {0: MAX}),
    22: ({8: 31, 10: BOOT, 11: NONCE, 12: UPTIME + 5000}, {0: 1, 1: "ev", 2: BOOT, 3: 7, 4: 11}),
    23: ({10: BOOT, 11: NONCE}, {0: 9, 1: 40192, 2: bytes(range(256)) * 3}),
    24: ({9: [U32, U32], 11: bytes([255] * 8)}, {0: True}),
}  # fmt: skip
_IDS = ["LIL-CBOR-001", "LIL-CBOR-002", "LIL-CBOR-006", "LIL-SEAL-001", "LIL-SEAL-002", "LIL-SEAL-003", "LIL-FRAME-001",
        "LIL-TOPIC-001"]  # fmt: skip
CODES = (400, 402, 403, 404, 408, 409, 412, 415, 422, 501)


def payload(kind: int, parts: Parts) -> dict[int, Any]:
    """The whole payload of a kind."""
    header, body = parts
    return {0: 1, 1: kind, 7: body, **header}


def frame(name: str, kind: int, content: dict[int, Any], epoch: int = 0) -> Case:
    """A case of messages.json."""
    message = MESSAGE[kind]
    direction = "u" if message.uplink else "d"
    data = encoded(content)
    return {
        "name": name, "ids": _IDS, "kind": kind, "estate_key": ESTATE_KEY.hex(), "root": device_root().hex(),
        **place(direction, message.cls, epoch), "qos": message.qos, "retain": message.retained,
        "payload": diagnostic(content), "payload_hex": data.hex(),
        "frame": sealed(data, direction, message.cls, epoch).hex(),
    }  # fmt: skip


def _golden() -> Case:
    """The example that came before all others: its key is not derived."""
    key = bytes(range(32))
    content = {0: 1, 1: 6, 2: 412, 3: 1041, 4: 8640123, 5: 1789862400123, 6: 2,
               7: {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182, 22: 5830, 3: 87}}}  # fmt: skip
    data = encoded(content)
    return {
        "name": "smoke alarm raise, the golden frame", "ids": _IDS, "kind": 6, "estate_key": None, "root": None,
        **place("u", "al"), "key": key.hex(), "qos": 1, "retain": False, "payload": diagnostic(content),
        "payload_hex": data.hex(), "frame": sealed(data, "u", "al", key=key).hex(),
    }  # fmt: skip


def cases() -> Iterator[Case]:
    for epoch in (0, 1):
        for size, table in (("least", LEAST), ("full", FULL)):
            for kind, parts in table.items():
                name = f"{MESSAGE[kind].name}, {size}, epoch {epoch}"
                yield frame(name, kind, payload(kind, parts), epoch)
    for code in CODES:
        yield frame(f"error {code}", 0, payload(0, ({**_SENT, 8: 30}, {0: code, 1: "why"})))
    for code in (200, *CODES):
        yield frame(f"response {code}", 11, payload(11, ({**_SENT, 8: 31}, {0: code})))
    yield frame("error text of 64 characters", 0, payload(0, ({}, {0: 400, 1: "报" * 64})))
    yield frame("numbers at their upper ends", 5, payload(5, ({2: U32, 3: U32, 4: MAX, 5: MAX, 6: 1}, {0: U32})))
    yield frame("numbers at their lower ends", 5, payload(5, ({2: 0, 3: 1, 4: 0, 5: 0, 6: 1}, {0: 0})))
    yield frame("values at both ends", 5, payload(5, (_SENT, {0: 4, 4: {0: MAX, 1: -MAX, 2: 0, U32: None}})))
    yield frame("epoch 2", 3, payload(3, LEAST[3]), 2)
    yield frame("epoch 4294967295", 17, payload(17, LEAST[17]), U32)
    yield _golden()


__all__ = ["ABOUT", "CODES", "DEVICE", "FULL", "LEAST", "TENANT", "cases", "frame", "payload"]
