"""`frame.unpack` for a backend: the same frames and the same refusals, several times as fast in CPython.

It knows the short way through what devices say; whatever is unusual, and all that is wrong, goes to `frame.unpack`,
so that nothing is judged twice.
"""

from struct import Struct, error
from typing import Any

from ..cbor import MAX_DEPTH, MAX_INT, MAX_ITEMS
from ..codes import header_bits
from ..frame import NONCE_BYTES, VERSION, Frame
from ..frame import unpack as unpack_slowly
from ..registry import MESSAGES

_u16 = Struct(">H").unpack_from
# How the argument of a head of 24 to 27 is read, its bytes, and the least that it may be.
_ARGUMENTS = (
    (Struct(">B").unpack_from, 1, 24),
    (_u16, 2, 0x100),
    (Struct(">I").unpack_from, 4, 0x10000),
    (Struct(">Q").unpack_from, 8, 0x100000000),
)

_U32 = 0xFFFFFFFF
# Payload keys 0 to 12: the highest value of a number, 0 for the others (quality, body, ref, nonce).
_LIMITS = (MAX_INT, MAX_INT, _U32, _U32, MAX_INT, MAX_INT, 0, 0, _U32, 0, _U32, 0, MAX_INT)
_QUALITY, _BODY, _REF, _NONCE = 6, 7, 9, 11
_NEEDED = {message.number: header_bits(message.number) for message in MESSAGES}


class _Unusual(Exception):
    """To be decoded the slow way."""


def unpack(payload: bytes) -> Frame:
    """As `frame.unpack`: decode and check a payload whose seal has been verified, or FrameError."""
    fields = None
    if len(payload) <= MAX_ITEMS:  # an item takes a byte at least: they need not be counted
        try:
            fields = _decode(payload)
        except (_Unusual, IndexError, error, UnicodeDecodeError):
            pass
    if fields is None or not _sound(fields):
        return unpack_slowly(payload)
    return Frame(fields)


def _sound(fields: dict[int, Any]) -> bool:
    """Everything is known to be right."""
    if fields.get(0) != VERSION:
        return False
    present = 0
    for key, value in fields.items():
        if key > 12:
            if key < 24:
                return False
            continue
        present |= 1 << key
        limit = _LIMITS[key]
        if limit:
            if type(value) is not int or not 0 <= value <= limit:
                return False
        elif key == _BODY:
            if type(value) is not dict:
                return False
        elif key == _QUALITY:
            if type(value) is not int or not 1 <= value <= 3:
                return False
        elif key == _NONCE:
            if type(value) is not bytes or len(value) != NONCE_BYTES:
                return False
        elif type(value) is not list or len(value) != 2 or not (_is_u32(value[0]) and _is_u32(value[1])):
            return False
    needed = _NEEDED.get(fields.get(1, -1))
    return needed is not None and not needed & ~present


def _is_u32(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _U32


def _decode(data: bytes) -> dict[int, Any]:
    first = data[0]
    if not 0xA0 <= first <= 0xB7:
        raise _Unusual
    value, at = _map(data, 1, first - 0xA0, 1)
    if at != len(data):
        raise _Unusual
    return value


def _map(data: bytes, at: int, n: int, depth: int) -> tuple[dict[int, Any], int]:
    """The map of `n` pairs that begins at `at`, after its head, and where it ends. `depth`: with itself."""
    result: dict[int, Any] = {}
    last = -1
    for _ in range(n):
        key = data[at]
        at += 1
        if key >= 24:
            if key != 0x18:
                raise _Unusual
            key = data[at]
            at += 1
            if key < 24:
                raise _Unusual
        if key <= last:
            raise _Unusual
        last = key
        first = data[at]
        at += 1
        if first < 24:
            result[key] = first
        elif first == 0x18:
            value = data[at]
            if value < 24:
                raise _Unusual
            result[key] = value
            at += 1
        elif first == 0x19:
            (value,) = _u16(data, at)
            if value < 0x100:
                raise _Unusual
            result[key] = value
            at += 2
        else:
            result[key], at = _item(data, at, first, depth)
    return result, at


def _item(data: bytes, at: int, first: int, depth: int) -> tuple[Any, int]:
    """The item whose first byte is `first` and whose others begin at `at`, and where it ends."""
    n = first & 0x1F
    if first >= 0xE0:
        if first not in _NAMED:
            raise _Unusual
        return _NAMED[first], at
    if n >= 24:
        if n > 27:
            raise _Unusual
        argument, size, least = _ARGUMENTS[n - 24]
        (n,) = argument(data, at)
        if not least <= n < MAX_INT:
            raise _Unusual
        at += size
    if first < 0x40:
        return (n if first < 0x20 else -1 - n), at
    if first < 0x80:
        end = at + n
        if end > len(data):
            raise _Unusual
        return (data[at:end] if first < 0x60 else data[at:end].decode()), end
    if depth >= MAX_DEPTH or first >= 0xC0:
        raise _Unusual
    if first >= 0xA0:
        return _map(data, at, n, depth + 1)
    items = []
    for _ in range(n):
        item, at = _item(data, at + 1, data[at], depth + 1)
        items.append(item)
    return items, at


_NAMED = {0xF4: False, 0xF5: True, 0xF6: None}
