"""Deterministic CBOR, the strict subset that Lilong frames use (RFC 8949 section 4.2.1).

Integers with |n| <= 2**53 - 1, byte and text strings, arrays, maps with integer keys, false, true, null.
No floats, tags, indefinite lengths, bignums, duplicate or unsorted keys, overlong heads, trailing bytes.
Whatever `decode` accepts, `encode` writes back as the same bytes.
"""

MAX_INT = (1 << 53) - 1
MAX_FRAME = 1024  # bytes of one encoded item
MAX_DEPTH = 5  # containers inside one another
MAX_ITEMS = 256  # data items in one frame, keys included
MAX_TEXT = 256  # bytes of one text string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class CborError(ValueError):
    """Bytes or a value outside the subset; the text names the reason and the offset."""


def put_head(buf: bytearray, major: int, n: int) -> None:
    """Append the shortest head of major type `major` << 5 with argument `n` >= 0."""
    if n < 24:
        buf.append(major | n)
    elif n < 0x100:
        buf.append(major | 24)
        buf.append(n)
    elif n < 0x10000:
        buf.append(major | 25)
        buf.extend(n.to_bytes(2, "big"))
    elif n < 0x100000000:
        buf.append(major | 26)
        buf.extend(n.to_bytes(4, "big"))
    else:
        buf.append(major | 27)
        buf.extend(n.to_bytes(8, "big"))


def put_int(buf: bytearray, n: int) -> None:
    """Append an integer, |n| <= MAX_INT."""
    if n >= 0:
        if n > MAX_INT:
            raise CborError("integer above 2**53 - 1")
        put_head(buf, 0x00, n)
    else:
        if n < -MAX_INT:
            raise CborError("integer below -(2**53 - 1)")
        put_head(buf, 0x20, -1 - n)


def put_bytes(buf: bytearray, data: "bytes | bytearray") -> None:
    """Append a byte string."""
    put_head(buf, 0x40, len(data))
    buf.extend(data)


def _key_rank(key: object) -> int:
    """Sort key of a map key: the order of its encoding, 0, 1, 2 ... then -1, -2 ..."""
    if isinstance(key, bool) or not isinstance(key, int):
        raise CborError("map key is not an integer")
    return key if key >= 0 else MAX_INT - key


def put(buf: bytearray, value: "Any", depth: int = 0) -> None:
    """Append any value of the subset; maps are written in key order whatever the dict's order."""
    if value is None:
        buf.append(0xF6)
    elif value is True:
        buf.append(0xF5)
    elif value is False:
        buf.append(0xF4)
    elif isinstance(value, int):
        put_int(buf, value)
    elif isinstance(value, (bytes, bytearray)):
        put_bytes(buf, value)
    elif isinstance(value, str):
        data = value.encode()
        if len(data) > MAX_TEXT:
            raise CborError("text longer than 256 bytes")
        put_head(buf, 0x60, len(data))
        buf.extend(data)
    elif depth >= MAX_DEPTH:
        raise CborError("nested deeper than 5")
    elif isinstance(value, (list, tuple)):
        put_head(buf, 0x80, len(value))
        for item in value:
            put(buf, item, depth + 1)
    elif isinstance(value, dict):
        put_head(buf, 0xA0, len(value))
        keys = sorted(value, key=_key_rank)
        if len(keys) == 1:
            _key_rank(keys[0])  # MicroPython ranks, and so checks, nothing where there is nothing to sort
        for key in keys:
            put_int(buf, key)
            put(buf, value[key], depth + 1)
    else:
        raise CborError("type outside the subset")


def _count(value: "Any") -> int:
    if isinstance(value, (list, tuple)):
        n = 1
        for item in value:
            n += _count(item)
        return n
    if isinstance(value, dict):
        n = 1
        for item in value.values():
            n += 1 + _count(item)
        return n
    return 1


def encode(value: "Any") -> bytes:
    """Encode one value; raises CborError when it is outside the subset or a limit."""
    buf = bytearray()
    put(buf, value)
    if len(buf) > MAX_FRAME:
        raise CborError("longer than 1024 bytes")
    if len(buf) > MAX_ITEMS and _count(value) > MAX_ITEMS:
        raise CborError("more than 256 items")
    return bytes(buf)


def is_utf8(data: bytes) -> bool:
    """Strict UTF-8 (RFC 3629): MicroPython's own decoder lets overlong forms and surrogates through."""
    i = 0
    end = len(data)
    while i < end:
        lead = data[i]
        i += 1
        if lead < 0x80:
            continue
        if 0xC2 <= lead <= 0xDF:
            more, low, high = 1, 0x80, 0xBF
        elif 0xE0 <= lead <= 0xEF:
            more = 2
            low = 0xA0 if lead == 0xE0 else 0x80
            high = 0x9F if lead == 0xED else 0xBF
        elif 0xF0 <= lead <= 0xF4:
            more = 3
            low = 0x90 if lead == 0xF0 else 0x80
            high = 0x8F if lead == 0xF4 else 0xBF
        else:
            return False
        if i + more > end or not low <= data[i] <= high:
            return False
        for k in range(i + 1, i + more):
            if data[k] & 0xC0 != 0x80:
                return False
        i += more
    return True


class _Reader:
    """Walks over the bytes of one item; `left` counts down the items that the frame may still hold."""

    __slots__ = ("at", "data", "end", "left")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.end = len(data)
        self.at = 0
        self.left = MAX_ITEMS

    def error(self, what: str) -> CborError:
        return CborError("%s at offset %d" % (what, self.at))

    def argument(self, info: int) -> int:
        """The argument of the head whose first byte has just been read."""
        if info < 24:
            return info
        if info > 27:
            raise self.error("indefinite or reserved length")
        size = 1 << (info - 24)
        at = self.at
        if at + size > self.end:
            raise self.error("truncated head")
        n = int.from_bytes(self.data[at : at + size], "big")
        # The shortest form only: a smaller head must not have been able to hold n.
        if n < 24 or (size > 1 and n >> (size * 4) == 0):
            raise self.error("overlong head")
        self.at = at + size
        return n

    def item(self, depth: int) -> "Any":
        if self.left == 0:
            raise self.error("more than 256 items")
        self.left -= 1
        if self.at >= self.end:
            raise self.error("truncated")
        first = self.data[self.at]
        self.at += 1
        major = first >> 5
        info = first & 0x1F
        if major == 7:
            if info == 22:
                return None
            if info == 21:
                return True
            if info == 20:
                return False
            raise self.error("float or simple value outside the subset")
        n = info if info < 24 else self.argument(info)
        if major == 0:
            if n > MAX_INT:
                raise self.error("integer above 2**53 - 1")
            return n
        if major == 1:
            if n >= MAX_INT:
                raise self.error("integer below -(2**53 - 1)")
            return -1 - n
        if major == 6:
            raise self.error("tag")
        if n > self.end - self.at:  # every item takes a byte at least: nothing is allocated for a lie
            raise self.error("length beyond the end")
        if major == 2:
            self.at += n
            return self.data[self.at - n : self.at]
        if major == 3:
            if n > MAX_TEXT:
                raise self.error("text longer than 256 bytes")
            self.at += n
            raw = self.data[self.at - n : self.at]
            if not is_utf8(raw):
                raise self.error("text is not UTF-8")
            return str(raw, "utf-8")
        if depth >= MAX_DEPTH:
            raise self.error("nested deeper than 5")
        if major == 4:
            return [self.item(depth + 1) for _ in range(n)]
        return self.map(n, depth)

    def map(self, n: int, depth: int) -> "Any":
        if 2 * n > self.end - self.at:
            raise self.error("length beyond the end")
        result = {}
        last = -1
        for _ in range(n):
            if self.at < self.end and self.data[self.at] >= 0x40:
                raise self.error("map key is not an integer")
            key = self.item(depth + 1)
            rank = key if key >= 0 else MAX_INT - key
            if rank <= last:
                raise self.error("map keys out of order or repeated")
            last = rank
            result[key] = self.item(depth + 1)
        return result


def decode(data: bytes) -> "Any":
    """Decode exactly one item; raises CborError for anything outside the subset, never another exception."""
    if len(data) > MAX_FRAME:
        raise CborError("longer than 1024 bytes")
    reader = _Reader(data)
    value = reader.item(0)
    if reader.at != reader.end:
        raise reader.error("trailing bytes")
    return value
