"""encode.json: values in any order of keys with the one right encoding, and values that no encoder may write."""

from collections.abc import Iterator
from typing import Any

from .base import Case, diagnostic, encoded

ABOUT = "value with hex: encode gives these bytes, whatever the order of the keys. value with refused: encode refuses."

_SHUFFLED: tuple[tuple[str, dict[str, Any], dict[int, Any]], ...] = (
    ("two keys", {"1": 0, "0": 0}, {0: 0, 1: 0}),
    ("negative keys go last, -1 first", {"-2": 2, "-1": 1, "5": 0}, {5: 0, -1: 1, -2: 2}),
    ("-1 goes after 24", {"-1": 0, "24": 0}, {24: 0, -1: 0}),
    ("keys of every length", {"65536": 4, "256": 3, "24": 2, "-25": 6, "-1": 5, "0": 1},
     {0: 1, 24: 2, 256: 3, 65536: 4, -1: 5, -25: 6}),
    ("ten before two as text", {"10": 1, "2": 0}, {2: 0, 10: 1}),
    ("an inner map", {"7": {"4": 1, "0": 2}, "0": 1}, {0: 1, 7: {0: 2, 4: 1}}),
)  # fmt: skip

_REFUSED: tuple[tuple[str, Any, str, str], ...] = (
    ("integer 2^53", 1 << 53, "range", "LIL-CBOR-001"),
    ("integer -2^53", -(1 << 53), "range", "LIL-CBOR-001"),
    ("a float", 1.5, "float", "LIL-CBOR-003"),
    ("a float in a map", {"0": 0.5}, "float", "LIL-CBOR-003"),
    ("a key that is text", {"a": 1}, "key type", "LIL-CBOR-002"),
    ("text of 257 bytes", "x" * 257, "text length", "LIL-CBOR-004"),
    ("text of 129 characters in 258 bytes", "\u00e9" * 129, "text length", "LIL-CBOR-004"),
    ("arrays 6 deep", [[[[[[0]]]]]], "depth", "LIL-CBOR-004"),
    ("an array of 256", [0] * 256, "items", "LIL-CBOR-004"),
    ("1,025 bytes", diagnostic(bytes(1022)), "size", "LIL-CBOR-004"),
)  # fmt: skip


def cases() -> Iterator[Case]:
    for name, value, same in _SHUFFLED:
        yield {"name": name, "ids": ["LIL-CBOR-002"], "value": value, "hex": encoded(same).hex()}
    for name, value, reason, rule in _REFUSED:
        yield {"name": name, "ids": [rule], "value": value, "refused": {"reason": reason}}
