"""Deterministic CBOR, the strict subset that Lilong frames use (RFC 8949 section 4.2.1).

Integers with |n| <= 2**53 - 1, byte and text strings, arrays, maps with integer keys, false, true, null.
No floats, tags, indefinite lengths, bignums, duplicate or unsorted keys, overlong heads, trailing bytes.
Whatever `decode` accepts, `encode` writes back as the same bytes.
"""

from struct import pack_into

MAX_INT = (1 << 53) - 1
MAX_FRAME = 1024  # bytes of one encoded item
MAX_DEPTH = 5  # containers inside one another
MAX_ITEMS = 256  # data items in one frame, keys included
MAX_TEXT = 256  # bytes of one text string

_GROWTH = 192  # bytes of a buffer at first, and by which it grows: most frames fit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class CborError(ValueError):
    """Bytes or a value outside the subset; the text names the reason and the offset."""


class Writer:
    """Writes item after item into `buf`, which is made once and grows when it must; the next one begins at `at`.

    On MicroPython it allocates nothing, whatever the size of an integer, but for: growing; a text, and more than 32
    bytes; map keys outside of 0 to 63; where a small int has 31 bits, a negative number below -2**30.
    """

    __slots__ = ("_last", "at", "buf", "depth")

    def __init__(self, at: int = 0) -> None:
        """The first item begins at `at`."""
        self.at = at
        self.buf = bytearray(at + _GROWTH)
        self.depth = 0  # containers around the next item
        self._last = at + _GROWTH - 18  # two long numbers fit behind it

    def head(self, major: int, n: int) -> None:
        """The shortest head of major type `major` << 5 with argument `n` >= 0; leaves room for a long one after it."""
        at = self.at
        if at > self._last:
            self.buf.extend(bytes(_GROWTH))
            self._last += _GROWTH
        if n < 24:
            self.buf[at] = major | n
            self.at = at + 1
        elif n < 0x100:
            pack_into("BB", self.buf, at, major | 24, n)
            self.at = at + 2
        elif n < 0x10000:
            pack_into(">BH", self.buf, at, major | 25, n)
            self.at = at + 3
        elif n < 0x100000000:
            pack_into(">BI", self.buf, at, major | 26, n)
            self.at = at + 5
        elif n < MAX_INT or (n == MAX_INT and major == 0):
            pack_into(">BQ", self.buf, at, major | 27, n)
            self.at = at + 9
        else:
            raise CborError("integer below -(2**53 - 1)" if major else "integer above 2**53 - 1")

    def pair(self, key: int, value: "Any") -> None:
        """A key >= 0 of a map, and its value. Small numbers, which a frame is made of, take the short way."""
        at = self.at
        if type(value) is int and value >= 0 and key < 24 and at <= self._last:
            buf = self.buf
            buf[at] = key
            if value < 24:
                buf[at + 1] = value
                self.at = at + 2
            elif value < 0x100:
                buf[at + 1] = 24
                buf[at + 2] = value
                self.at = at + 3
            elif value < 0x10000:
                pack_into(">BH", buf, at + 1, 25, value)
                self.at = at + 4
            elif value < 0x40000000:
                pack_into(">BI", buf, at + 1, 26, value)
                self.at = at + 6
            else:
                self.at = at + 1
                self.head(0, value)
        else:
            self.head(0, key)
            self.value(value)

    def value(self, value: "Any") -> None:
        """Any value of the subset; maps in key order whatever the dict's order."""
        if value is None:
            self.head(0xE0, 22)
        elif value is True:
            self.head(0xE0, 21)
        elif value is False:
            self.head(0xE0, 20)
        elif isinstance(value, int):
            if value >= 0:
                self.head(0, value)
            else:
                self.head(0x20, -1 - value)
        elif isinstance(value, dict):
            for key in value:
                if key is True or key is False or not isinstance(key, int):
                    raise CborError("map key is not an integer")
            self.map(value)
        elif isinstance(value, bytes) or isinstance(value, bytearray):  # noqa: SIM101  a tuple would be made
            self.string(0x40, value)
        elif isinstance(value, str):
            data = value.encode()
            if len(data) > MAX_TEXT:
                raise CborError("text longer than 256 bytes")
            self.string(0x60, data)
        elif self.depth >= MAX_DEPTH:
            raise CborError("nested deeper than 5")
        elif isinstance(value, list) or isinstance(value, tuple):  # noqa: SIM101
            self.head(0x80, len(value))
            self.depth += 1
            for item in value:
                self.value(item)
            self.depth -= 1
        else:
            raise CborError("type outside the subset")

    def string(self, major: int, data: "bytes | bytearray") -> None:
        """A byte string (major 0x40), or a text (0x60) in UTF-8."""
        self.head(major, len(data))
        at = self.at
        end = at + len(data)
        if end > self._last:
            self.buf.extend(bytes(len(data)))
            self._last += len(data)
        if len(data) > 32:
            self.buf[at:end] = data  # which makes a slice
        else:
            for byte in data:
                self.buf[at] = byte
                at += 1
        self.at = end

    def map(self, value: "dict[int, Any]") -> None:
        """A map; `value` must have integers for keys, and no booleans."""
        if self.depth >= MAX_DEPTH:
            raise CborError("nested deeper than 5")
        self.depth += 1
        left = len(value)
        self.head(0xA0, left)
        key = 0
        while left:  # sorting would take memory
            if key in value:
                self.pair(key, value[key])
                left -= 1
            elif key > 63:
                self._others(value, key)
                left = 0
            key += 1
        self.depth -= 1

    def _others(self, value: "dict[int, Any]", least: int) -> None:
        """The pairs of a map whose keys are not 0 to `least`: in the order of their encodings, -1, -2 ... come last."""
        keys = sorted([key for key in value if key > least])
        for key in keys + sorted([key for key in value if key < 0], reverse=True):
            self.value(key)
            self.value(value[key])


def encode(value: "Any") -> bytes:
    """Encode one value; raises CborError when it is outside the subset or a limit."""
    writer = Writer()
    writer.value(value)
    if writer.at > MAX_FRAME:
        raise CborError("longer than 1024 bytes")
    data = bytes(writer.buf[: writer.at])
    if len(data) > MAX_ITEMS:
        decode(data)  # counts the items
    return data


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
            return bytes(self.data[self.at - n : self.at])  # of a view a copy is kept, of bytes there is one already
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
    """Decode exactly one item; raises CborError for anything outside the subset, never another exception.

    `data` may be a memoryview: what is decoded holds nothing of it.
    """
    if len(data) > MAX_FRAME:
        raise CborError("longer than 1024 bytes")
    reader = _Reader(data)
    value = reader.item(0)
    if reader.at != reader.end:
        raise reader.error("trailing bytes")
    return value
