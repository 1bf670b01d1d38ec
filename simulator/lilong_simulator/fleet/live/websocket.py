"""The client's end of MQTT over WebSocket (MQTT 3.1.1 section 6; RFC 6455), sans-io, in a few bytes a connection.

MQTT is a stream: frames are undone as their bytes come, and which frame a byte was in is of no matter.
"""

import os
from base64 import b64encode
from hashlib import sha1

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3
MAX_ANSWER = 8_192  # (ours) bytes of the answer to the upgrade
MAX_CONTROL = 125  # 5.5
BINARY, CONTINUATION, CLOSE, PING, PONG = 0x2, 0x0, 0x8, 0x9, 0xA


class WebSocketError(ValueError):
    """The broker does not speak WebSocket as it must, or has ended it; the text says what to do."""


class Framing:
    """`out` holds what is to be sent: at first the request for the upgrade. `open`: the broker has agreed to it."""

    __slots__ = ("_accept", "_left", "_rest", "open", "out")

    def __init__(self, host: str, port: int, path: str) -> None:
        key = b64encode(os.urandom(16))
        self._accept: bytes | None = b64encode(sha1(key + MAGIC, usedforsecurity=False).digest())
        self.open = False
        self._rest = b""  # of a header, or of a control frame
        self._left = 0  # bytes of the present frame's payload that are to come
        named = f"[{host}]" if ":" in host else host
        self.out = (
            f"GET {path} HTTP/1.1\r\nHost: {named}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
        ).encode()

    def take(self) -> bytes:
        """What is to be sent, once."""
        out, self.out = self.out, b""
        return out

    def feed(self, data: bytes) -> bytes:
        """The MQTT bytes in what arrived; WebSocketError when the connection has come to its end."""
        if not self.open:
            data = self._answer(data)
        if not data:
            return b""
        if len(data) > 1 and data[0] == 0x82 and len(data) - 2 == data[1] < 126 and not self._rest and not self._left:
            return data[2:]  # one short frame, as nearly always
        return self._unframe(data)

    def wrap(self, data: bytes, opcode: int = BINARY) -> bytes:
        """A frame around `data`, masked as a client must (5.3)."""
        size = len(data)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        elif size < 0x10000:
            head = bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big")
        else:
            head = bytes((0x80 | opcode, 0xFF)) + size.to_bytes(8, "big")
        mask = os.urandom(4)
        pad = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        return head + mask + (int.from_bytes(data, "big") ^ pad).to_bytes(size, "big")

    # ---- inside

    def _answer(self, data: bytes) -> bytes:
        """What lies behind the answer to the upgrade."""
        head, end, rest = (self._rest + data).partition(b"\r\n\r\n")
        if not end:
            self._rest = head
            if len(head) > MAX_ANSWER:
                raise WebSocketError(f"no end in {MAX_ANSWER} bytes of the answer to the upgrade to WebSocket")
            return b""
        self._rest = b""
        lines = head.split(b"\r\n")
        status = lines[0].split(None, 2)
        if len(status) < 2 or not status[0].startswith(b"HTTP/1.1") or status[1] != b"101":
            told = lines[0][:80].decode("ascii", "replace")
            raise WebSocketError(f"upgrade to WebSocket: the broker answers {told!r}; check port and path")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if fields.get(b"sec-websocket-accept") != self._accept:
            raise WebSocketError("upgrade to WebSocket: the answer is not to our key; is there an old proxy between?")
        if fields.get(b"sec-websocket-protocol") != b"mqtt":
            raise WebSocketError("upgrade to WebSocket: the server does not speak mqtt over it; check port and path")
        self._accept = None
        self.open = True
        return rest

    def _unframe(self, data: bytes) -> bytes:
        data = self._rest + data
        self._rest = b""
        pieces = []
        at = 0
        size = len(data)
        while at < size:
            if self._left:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                at += len(piece)
                pieces.append(piece)
                continue
            length, start = _header(data, at)
            if length < 0 or (data[at] & 8 and start + length > size):
                self._rest = data[at:]
                break
            opcode = data[at] & 0xF
            at = start
            if opcode & 8:
                self._control_frame(opcode, data[start : start + length])
                at += length
            else:
                self._left = length
        return b"".join(pieces)

    def _control_frame(self, opcode: int, body: bytes) -> None:
        if opcode == PING:
            self.out += self.wrap(body, PONG)
        elif opcode == CLOSE:
            code = int.from_bytes(body[:2], "big")
            reason = body[2:].decode("utf-8", "replace")
            raise WebSocketError(f"closed by the broker, WebSocket code {code or 1005}{reason and ': ' + reason}")


def _header(data: bytes, at: int) -> tuple[int, int]:
    """Length and start of the payload of the frame at `at`; length -1 when the header is not complete."""
    first = data[at]
    opcode = first & 0xF
    if first & 0x70 or opcode not in (BINARY, CONTINUATION, CLOSE, PING, PONG):
        raise WebSocketError(f"a WebSocket frame that begins with 0x{first:02x}: MQTT goes in binary frames")
    if at + 2 > len(data):
        return -1, 0
    length = data[at + 1]
    if length & 0x80:
        raise WebSocketError("a masked WebSocket frame from a server")
    if opcode & 8 and (length > MAX_CONTROL or not first & 0x80):
        raise WebSocketError("a WebSocket control frame that is too long, or in pieces")
    start = at + 2
    if length >= 126:
        wide = 2 if length == 126 else 8
        if start + wide > len(data):
            return -1, 0
        length = int.from_bytes(data[start : start + wide], "big")
        start += wide
    return length, start
