"""cbor.json: bytes that a decoder accepts, with their value, and bytes that it refuses, with the reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2

from .base import MAX, U32, Case, diagnostic, encoded

ABOUT = (
    "hex with value: decode gives the value, encode gives the bytes back. hex with refused: a decoder refuses it; "
    "as a payload it is answered with the code."
)
_APPENDIX_A = Path(__file__).parents[1] / "cbor_appendix_a.json"
_KEEPS = ["LIL-CBOR-001", "LIL-CBOR-006"]
_ROUND, _ORDER, _PLAIN, _LIMIT, _BOMB = "LIL-CBOR-001", "LIL-CBOR-002", "LIL-CBOR-003", "LIL-CBOR-004", "LIL-CBOR-005"


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


_ACCEPTED: tuple[tuple[str, Any, str], ...] = (
    *((f"integer {n}", n, _ROUND) for n in (
        0, 23, 24, 255, 256, 65535, 65536, U32, U32 + 1, MAX, -1, -24, -25, -256, -257, -65536, -65537, -U32 - 1,
        -U32 - 2, -MAX)),
    ("false, true, null", [False, True, None], _ROUND),
    ("an empty byte string", b"", _ROUND),
    ("byte strings with heads of 1, 2 and 3 bytes", [bytes(23), bytes(24), bytes(256)], _ROUND),
    ("text of one to four bytes a character", "a\u00e9\u697c\U0001f6a8", _ROUND),
    ("the last code points before and after the surrogates", "\ud7ff\ue000\U0010ffff", _ROUND),
    ("text with U+0000", "a\x00b", _ROUND),
    ("text of 256 bytes", "x" * 256, _LIMIT),
    ("an empty array", [], _ROUND),
    ("an empty map", {}, _ROUND),
    ("keys in the order of their encodings", {0: 0, 23: 1, 24: 2, 255: 3, 256: 4, 65536: 5, -1: 6, -24: 7, -25: 8},
     _ORDER),
    ("the largest and the smallest key", {MAX: 0, -MAX: 1}, _ORDER),
    ("a map in a map in an array", [{0: {1: [2]}}], _ORDER),
    ("containers 5 deep", _nested(5), _LIMIT),
    ("containers 5 deep, the last one empty", [[[[[]]]]], _LIMIT),
    ("256 items: an array of 255", [0] * 255, _LIMIT),
    ("255 items: a map of 127", dict.fromkeys(range(127), 0), _LIMIT),
    ("996 bytes, the most that an uplink frame carries", bytes(993), _LIMIT),
)  # fmt: skip

_REFUSED: tuple[tuple[str, str, str, str], ...] = (
    ("no bytes", "", "truncated", _PLAIN),
    ("two items", "0000", "trailing", _PLAIN),
    ("a byte after a map", "a000", "trailing", _PLAIN),
    ("a break alone", "ff", "indefinite", _PLAIN),
    *((f"head without its {n} bytes", text, "truncated", _PLAIN) for n, text in (
        (1, "18"), (2, "1900"), (4, "1a000000"), (8, "1b00000000000000"))),
    ("a byte string that ends early", "43aabb", "length", _BOMB),
    ("a text string that ends early", "636162", "length", _BOMB),
    ("an array that ends early", "8300", "length", _BOMB),
    ("an array that ends in an item", "820018", "truncated", _PLAIN),
    ("a map that ends early", "a20000", "length", _BOMB),
    ("a map without its last value", "a100", "length", _BOMB),
    *((f"overlong {what}", text, "overlong", _PLAIN) for what, text in (
        ("0 in 2 bytes", "1800"), ("23 in 2 bytes", "1817"), ("0 in 3 bytes", "190000"), ("255 in 3 bytes", "1900ff"),
        ("0 in 5 bytes", "1a00000000"), ("65535 in 5 bytes", "1a0000ffff"), ("0 in 9 bytes", "1b0000000000000000"),
        ("4294967295 in 9 bytes", "1b00000000ffffffff"), ("-1 in 2 bytes", "3800"), ("-256 in 3 bytes", "3900ff"),
        ("length of a byte string", "5800"), ("length of a byte string of 1", "580141"), ("length of a text",
        "7801" "61"),
        ("length of a text in 3 bytes", "790001" "61"), ("count of an array", "980100"), ("count of a map", "b8010000"),
        ("count of an array in 9 bytes", "9b000000000000000100"), ("key of a map", "a1180000"),
        ("value inside an array", "811800"))),
    *((f"indefinite {what}", text, "indefinite", _PLAIN) for what, text in (
        ("byte string", "5f4100ff"), ("byte string without chunks", "5fff"), ("text", "7f6161ff"), ("array", "9f00ff"),
        ("empty array", "9fff"), ("map", "bf0000ff"), ("empty map", "bfff"), ("array inside", "819f00ff"),
        ("integer", "1f"), ("negative integer", "3f"), ("tag", "df00"))),
    *((f"reserved length {text}", text, "reserved", _PLAIN) for text in (
        "1c", "1d", "1e", "3c", "5c", "7d", "9e", "bc", "dd", "fc", "fd", "fe")),
    *((f"float {what}", text, "float", _PLAIN) for what, text in (
        ("0.0 in 16 bits", "f90000"), ("1.0 in 16 bits", "f93c00"), ("NaN", "f97e00"), ("infinity", "f97c00"),
        ("in 32 bits", "fa47c35000"), ("in 64 bits", "fb3ff199999999999a"), ("in an array", "81f93c00"),
        ("as a value", "a100f93c00"), ("as a key", "a1f93c0000"))),
    *((f"simple value {what}", text, "simple", _PLAIN) for what, text in (
        ("undefined", "f7"), ("0", "e0"), ("16", "f0"), ("19", "f3"), ("24 in two bytes", "f818"), ("32", "f820"),
        ("255", "f8ff"), ("false in two bytes", "f814"), ("null in two bytes", "f816"), ("undefined in an array",
        "81f7"))),
    *((f"tag {what}", text, "tag", _PLAIN) for what, text in (
        ("0 before a date", "c074323031332d30332d32315432303a30343a30305a"), ("1 before a time", "c11a514b67b0"),
        ("24 before bytes", "d8184100"), ("55799, self-described CBOR", "d9d9f700"), ("in an array", "81c100"),
        ("before a key", "a1c10000"), ("before nothing", "c1"))),
    ("bignum 2^64", "c249010000000000000000", "bignum", _PLAIN),
    ("bignum -2^64 - 1", "c349010000000000000000", "bignum", _PLAIN),
    ("bignum 1", "c24101", "bignum", _PLAIN),
    ("integer 2^53", "1b0020000000000000", "range", _ROUND),
    ("integer 2^63", "1b8000000000000000", "range", _ROUND),
    ("integer 2^64 - 1", "1bffffffffffffffff", "range", _ROUND),
    ("integer -2^53", "3b001fffffffffffff", "range", _ROUND),
    ("integer -2^64", "3bffffffffffffffff", "range", _ROUND),
    ("key 2^53", "a11b002000000000000000", "range", _ROUND),
    ("keys 1, 0", "a201000000", "order", _ORDER),
    ("keys 24, 23", "a21818001700", "order", _ORDER),
    ("keys -1, 0", "a220000000", "order", _ORDER),
    ("keys -2, -1", "a221002000", "order", _ORDER),
    ("keys -1, 24: shorter encodings do not go first", "a22000181800", "order", _ORDER),
    ("keys 0, 2, 1", "a3000002000100", "order", _ORDER),
    ("keys out of order in an inner map", "a100a201000000", "order", _ORDER),
    ("key 0 twice", "a200000001", "repeated", _ORDER),
    ("key -1 twice", "a220002001", "repeated", _ORDER),
    ("key 0 twice, not in a row", "a3000001000000", "repeated", _ORDER),
    ("key 24 twice in an inner map", "81a2181800181800", "repeated", _ORDER),
    *((f"a key that is {what}", text, "key type", _ORDER) for what, text in (
        ("text", "a1616100"), ("a byte string", "a1416100"), ("false", "a1f400"), ("true", "a1f500"), ("null",
        "a1f600"),
        ("an array", "a18000"), ("a map", "a1a000"), ("text after an integer", "a20000616100"))),
    *((f"text with {what}", text, "utf8", _ROUND) for what, text in (
        ("a lone continuation byte", "6180"), ("byte ff", "61ff"), ("byte c0", "61c0"), ("/ in two bytes", "62c0af"),
        ("U+007F in two bytes", "62c1bf"), ("U+07FF in three bytes", "63e09fbf"), ("U+FFFF in four bytes",
        "64f08fbfbf"),
        ("surrogate U+D800", "63eda080"), ("surrogate U+DFFF", "63edbfbf"), ("a pair of surrogates", "66eda080edb080"),
        ("U+110000", "64f4908080"), ("a lead byte f5", "64f5808080"), ("a character cut short", "62e6a5"),
        ("a character cut by another", "63e6a561"), ("Latin-1", "63626fe9"))),
    ("bad text inside a map", "a10061ff", "utf8", _ROUND),
    ("text of 257 bytes", "790101" + "78" * 257, "text length", _LIMIT),
    ("text of 256 characters in 512 bytes", "790200" + "c3a9" * 256, "text length", _LIMIT),
    ("arrays 6 deep", "81" * 6 + "00", "depth", _LIMIT),
    ("arrays 6 deep, the last one empty", "81" * 5 + "80", "depth", _LIMIT),
    ("maps 6 deep", "a100" * 6 + "00", "depth", _LIMIT),
    ("arrays 1,024 deep", "81" * 1023 + "00", "depth", _LIMIT),
    ("arrays that open and never end", "9f" * 1024, "indefinite", _PLAIN),
    ("257 items: an array of 256", "990100" + "00" * 256, "items", _LIMIT),
    ("257 items: a map of 128", encoded(dict.fromkeys(range(128), 0)).hex(), "items", _LIMIT),
    ("257 items: four arrays of 63", "84" + ("983f" + "00" * 63) * 4, "items", _LIMIT),
    ("1,025 bytes", "5903fe" + "00" * 1022, "size", _LIMIT),
    ("4,096 bytes", "590ffd" + "00" * 4093, "size", _LIMIT),
    *((f"length bomb: {what}", text, "length", _BOMB) for what, text in (
        ("bytes of 2^64 - 1", "5bffffffffffffffff"), ("bytes of 2^53 - 1", "5b001fffffffffffff"),
        ("bytes of 4 GiB", "5b0000000100000000"), ("bytes of 2^31", "5a80000000"), ("text of 2^64 - 1",
        "7bffffffffffffffff"),
        ("text of 2^31 - 1", "7a7fffffff"), ("array of 2^64 - 1", "9bffffffffffffffff"), ("array of 2^31 - 1",
        "9a7fffffff"),
        ("array of 65,535", "99ffff00"), ("map of 2^64 - 1", "bbffffffffffffffff"), ("map of 2^31 - 1", "ba7fffffff"),
        ("map of 2^63, twice of which is 0 in 64 bits", "bb80000000000000000000"), ("array of one too many", "8200"),
        ("arrays of 255 inside one another", "98ff" * 5 + "00"), ("a bomb inside a map", "a1009a7fffffff"))),
)  # fmt: skip


def _judged(item: Any) -> str:
    """Why a case of Appendix A is outside the subset, "" when it is inside."""
    data = bytes.fromhex(item["hex"])
    first = data[0]
    if not item["roundtrip"] and data[-1] == 0xFF:
        return "indefinite"
    if first >> 5 == 6:
        return "bignum" if first in (0xC2, 0xC3) else "tag"
    if first >> 5 == 7 and first not in (0xF4, 0xF5, 0xF6):
        return "float" if first in (0xF9, 0xFA, 0xFB) else "simple"
    if "9f" in item["hex"] or "bf" in item["hex"]:
        return "indefinite"

    def fault(value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX:
            return "range"
        if isinstance(value, dict) and not all(isinstance(key, int) for key in value):
            return "key type"
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return next(filter(None, map(fault, inner)), "")

    return fault(cbor2.loads(data))


def cases() -> Iterator[Case]:
    for name, value, rule in _ACCEPTED:
        ids = sorted({rule, *_KEEPS})
        yield {"name": name, "ids": ids, "hex": encoded(value).hex(), "value": diagnostic(value)}
    for name, text, reason, rule in _REFUSED:
        ids = sorted({rule, "LIL-CBOR-006"})
        yield {"name": name, "ids": ids, "hex": text, "refused": {"reason": reason, "code": 400}}
    for item in json.loads(_APPENDIX_A.read_text()):
        case = {"name": f"RFC 8949 appendix A {item['hex']}", "ids": _KEEPS, "hex": item["hex"]}
        reason = _judged(item)
        if reason:
            case["ids"] = [_ROUND, "LIL-CBOR-002" if reason == "key type" else _PLAIN]
            yield {**case, "refused": {"reason": reason, "code": 400}}
        else:
            yield {**case, "value": diagnostic(cbor2.loads(bytes.fromhex(item["hex"])))}
