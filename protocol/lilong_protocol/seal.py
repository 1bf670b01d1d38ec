"""The seal: every frame is an untagged COSE_Mac0 (RFC 9052 section 6.2) bound to its topic and direction.

[protected {1: 4 or 5}, {4: device id}, payload, tag]. Up: HMAC 256/64 (alg 4, tag of 8 bytes); down: HMAC
256/256 (alg 5, 32 bytes). external_aad is "1/{tenant}/{device}/{u|d}/{class}", from key epoch 1 on with "/{epoch}".
The layout is fixed, so that a wrong frame is refused by comparing bytes, before any decoder runs.
"""

from hashlib import sha256
from struct import pack_into

from .cbor import MAX_FRAME, Writer
from .frame import START
from .keys import MacKey, equal

UP = "u"
DOWN = "d"


class SealError(ValueError):
    """A frame that is not sealed as it must be. `forged`: well formed, but its tag does not fit."""

    def __init__(self, text: str, forged: bool = False) -> None:
        super().__init__(text)
        self.forged = forged


class Seal:
    """Seals and opens the frames of one device in one direction."""

    __slots__ = ("_after", "_before", "_head", "_outer", "_size", "_tag_head")

    def __init__(self, key: MacKey, tenant: str, device: str, direction: str, epoch: int = 0) -> None:
        """`key` must be that of `direction` and `epoch`."""
        self._outer = key._outer
        # What the tag covers before the payload, around the two letters of the class: MAC_structure, RFC 9052 6.3.
        self._after = b"/%d" % epoch if epoch else b""
        aad = ("1/%s/%s/%s/" % (tenant, device, direction)).encode()
        algorithm = b"\x04" if direction == UP else b"\x05"
        writer = Writer()
        writer.head(0x40, len(aad) + 2 + len(self._after))
        before = b"\x84\x64MAC0\x43\xa1\x01" + algorithm + bytes(writer.buf[: writer.at]) + aad
        self._before = key._inner + before
        self._head = b"\x84\x43\xa1\x01" + algorithm + b"\xa1\x04\x48" + device_bytes(device)
        self._size = 8 if direction == UP else 32
        self._tag_head = b"\x48" if direction == UP else b"\x58\x20"

    def _tag(self, cls: str, payload_item: "bytes | memoryview") -> bytes:
        """32 bytes, of which the tag is the first ones."""
        inner = sha256(self._before + cls.encode() + self._after)
        inner.update(payload_item)
        return sha256(self._outer + inner.digest()).digest()

    def seal(self, cls: str, payload: bytes) -> bytes:
        """The frame that carries `payload` on topic class `cls`, of two letters."""
        writer = Writer(START)
        writer.buf[START:] = payload
        writer.at += len(payload)
        return self.wrap(cls, writer)

    def wrap(self, cls: str, writer: Writer) -> bytes:
        """The frame around the payload that stands in the writer's buffer, from START on."""
        buf = writer.buf
        end = writer.at
        size = end - START
        if size < 24:
            start = START - 1
            buf[start] = 0x40 | size
        elif size < 0x100:
            start = START - 2
            pack_into("BB", buf, start, 0x58, size)
        else:
            start = START - 3
            pack_into(">BH", buf, start, 0x59, size)
        first = start - len(self._head)
        last = end + len(self._tag_head) + self._size
        if last - first > MAX_FRAME:
            raise SealError("frame of %d bytes: at most %d fit" % (last - first, MAX_FRAME))
        if last > len(buf):
            buf.extend(bytes(last - len(buf)))
        view = memoryview(buf)
        tag = self._tag(cls, view[start:end])
        pack_into("16s", buf, first, self._head)
        if self._size == 8:
            pack_into("B8s", buf, end, 0x48, tag)
        else:
            pack_into("BB32s", buf, end, 0x58, 32, tag)
        return bytes(view[first:last])

    def open(self, cls: str, frame: bytes) -> bytes:
        """The payload of a frame that arrived on class `cls`; SealError when anything is off.

        Of a memoryview it is a memoryview, and nothing of the frame is copied.
        """
        size = self._size
        tag_head = self._tag_head
        head = self._head
        start = len(head)
        end = len(frame) - size - len(tag_head)
        if end <= start or len(frame) > MAX_FRAME:
            raise SealError("not a sealed frame: length %d" % len(frame))
        view = memoryview(frame)
        if view[:start] != head:
            raise SealError("not a sealed frame of this device and direction")
        item = view[start:end]
        first = item[0]
        if 0x40 <= first < 0x58:
            skip, length, least = 1, first - 0x40, 0
        elif first == 0x58 and len(item) > 1:
            skip, length, least = 2, item[1], 24
        elif first == 0x59 and len(item) > 2:
            skip, length, least = 3, item[1] << 8 | item[2], 256
        else:
            raise SealError("payload is not a byte string")
        if length < least or skip + length != len(item) or view[end : end + len(tag_head)] != tag_head:
            raise SealError("lengths inside the frame do not add up")
        if not equal(self._tag(cls, item)[:size], view[len(frame) - size :]):
            raise SealError("the tag does not fit: forged, or sealed for another topic", True)
        return bytes(item[skip:]) if isinstance(frame, bytes) else item[skip:]


def frame_tag(frame: bytes) -> bytes:
    """The 8-byte tag of a sealed uplink frame: it names exactly these bytes in a stored-ack."""
    return frame[len(frame) - 8 :]


def device_bytes(device: str) -> bytes:
    """The 8 bytes of a device id written as 16 lowercase hex digits; ValueError otherwise."""
    if len(device) != 16:
        raise ValueError("device id %r: 16 hex digits are needed" % device)
    for c in device:
        if c not in "0123456789abcdef":
            raise ValueError("device id %r: lowercase hex digits only" % device)
    return bytes([int(device[i : i + 2], 16) for i in range(0, 16, 2)])
