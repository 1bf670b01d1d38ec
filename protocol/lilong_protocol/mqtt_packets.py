"""MQTT 3.1.1 packets as bytes: what a client sends and reads, and how a byte stream is cut into packets.

Topics, filters, client ids and user names are `str`; payloads and passwords are `bytes`. QoS 0 and 1 only:
QoS 2 is refused. Clauses are those of OASIS mqtt-v3.1.1-os. What only a server sends or reads is in
`pc/mqtt_server`, which a board leaves out.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_LIMIT = 2048
"""Largest remaining length taken from the peer, bytes: a frame is at most 1024, its topic far less."""

KEPT_BYTES = 128  # (ours) of a packet that the heap has no room for: its header, topic and id

# Each first byte that MQTT 3.1.1 has without QoS 2. Flags are fixed but for PUBLISH (2.2.2), which has no DUP
# with QoS 0 (3.3.1.1).
_FIRST_BYTES = b"\x10\x20\x30\x31\x32\x33\x3a\x3b\x40\x82\x90\xa2\xb0\xc0\xd0\xe0"


class MqttError(ValueError):
    """The peer broke MQTT 3.1.1, or the caller asked for a packet that MQTT has no bytes for."""


def packet_name(kind: int) -> str:
    """Of a packet type (2.2.1), the upper half of a packet's first byte. One text, since a board keeps each in RAM."""
    names = (
        "type 0,CONNECT,CONNACK,PUBLISH,PUBACK,PUBREC,PUBREL,PUBCOMP,"
        "SUBSCRIBE,SUBACK,UNSUBSCRIBE,UNSUBACK,PINGREQ,PINGRESP,DISCONNECT,type 15"
    )
    return names.split(",")[kind]


# ---- what is sent ----


def packet(first: int, body: bytes) -> bytes:
    """A whole packet from its first byte and its body."""
    size = len(body)
    if size < 128:
        return bytes((first, size)) + body
    if size > 0xFFFFFFF:
        raise MqttError("%s of %d bytes is longer than MQTT allows" % (packet_name(first >> 4), size))
    head = bytearray((first,))
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    head.append(size)
    return bytes(head) + body


def two_bytes(number: int, what: str, low: int = 0) -> bytes:
    """A length, packet id (`low` 1) or keepalive: big endian, at most 65535."""
    if not low <= number <= 65535:
        raise MqttError("%s %d is not in %d to 65535" % (what, number, low))
    return bytes((number >> 8, number & 255))


def text_field(text: str, what: str) -> bytes:
    """UTF-8 behind its length (1.5.3)."""
    try:
        data = text.encode()
    except UnicodeError:
        raise MqttError("%s is not UTF-8" % what) from None
    _check_text(text, data, what)
    return two_bytes(len(data), what) + data


def connect_packet(
    client_id: str,
    keepalive_s: int,
    will: "tuple[str, bytes, int, bool] | None" = None,
    username: "str | None" = None,
    password: "bytes | None" = None,
    clean: bool = True,
) -> bytes:
    """CONNECT (3.1). `will` is (topic, payload, qos, retain); a password needs a user name."""
    flags = 2 if clean else 0
    body = text_field(client_id, "client id")
    if will is not None:
        topic, payload, qos, retain = will
        check_qos(qos, "will")
        flags |= 4 | qos << 3 | (32 if retain else 0)
        check_topic(topic, "will topic")
        body += text_field(topic, "will topic") + two_bytes(len(payload), "will length") + payload
    if username is not None:
        flags |= 128
        body += text_field(username, "user name")
        if password is not None:
            flags |= 64
            body += two_bytes(len(password), "password length") + password
    elif password is not None:
        raise MqttError("password without a user name")
    head = b"\x00\x04MQTT\x04" + bytes((flags,)) + two_bytes(keepalive_s, "keepalive_s")
    return packet(0x10, head + body)


def publish_packet(topic: str, payload: bytes, qos: int, retain: bool, pid: int = 0, dup: bool = False) -> bytes:
    """PUBLISH (3.3). The packet id and DUP go with QoS 1 only."""
    check_topic(topic, "PUBLISH topic")
    body = text_field(topic, "PUBLISH topic")
    first = 0x31 if retain else 0x30
    if qos:
        check_qos(qos, "PUBLISH")
        first |= 10 if dup else 2
        body += two_bytes(pid, "PUBLISH id", 1)
    return packet(first, body + payload)


def subscribe_packet(pid: int, topic_filter: str, qos: int) -> bytes:
    """SUBSCRIBE (3.8) to one filter."""
    check_qos(qos, "SUBSCRIBE")
    return packet(
        0x82, two_bytes(pid, "SUBSCRIBE id", 1) + text_field(topic_filter, "SUBSCRIBE filter") + bytes((qos,))
    )


def puback_packet(pid: int) -> bytes:
    """PUBACK (3.4)."""
    return b"\x40\x02" + two_bytes(pid, "PUBACK id", 1)


# ---- what is read ----


def read_field(data: bytes, at: int, end: int, what: str) -> "tuple[bytes, int]":
    """The bytes behind a length at `at`, never beyond `end`, and where they end."""
    start = at + 2
    if start <= end:
        stop = start + (data[at] << 8 | data[at + 1])
        if stop <= end:
            return data[start:stop], stop
    raise MqttError("%s runs past the end of the packet" % what)


def read_text(data: bytes, at: int, end: int, what: str) -> "tuple[str, int]":
    """The text behind a length at `at`, and where it ends."""
    raw, stop = read_field(data, at, end, what)
    raw = bytes(raw)  # `in` finds nothing in MicroPython's memoryview
    try:
        text = str(raw, "utf-8")
    except UnicodeError:
        raise MqttError("%s is not UTF-8" % what) from None
    _check_text(text, raw, what)
    return text, stop


def read_id(data: bytes, at: int, end: int, what: str) -> int:
    """The packet id at `at`, 1 to 65535."""
    pid = data[at] << 8 | data[at + 1] if end - at > 1 else 0
    if not pid:
        raise MqttError("%s has no packet id, or 0" % what)
    return pid


def read_publish(first: int, data: bytes, at: int, end: int) -> "tuple[str, bytes, int]":
    """(topic, payload, packet id or 0) of the PUBLISH whose body is `data[at:end]`."""
    topic, at = read_text(data, at, end, "PUBLISH topic")
    check_topic(topic, "PUBLISH topic")
    if not first & 2:
        return topic, data[at:end], 0
    pid = read_id(data, at, end, "PUBLISH")
    return topic, data[at + 2 : end], pid


def check_topic(topic: str, what: str) -> None:
    """A message's topic is not empty and has no wildcard (4.7)."""
    if not topic or "+" in topic or "#" in topic:
        raise MqttError("%s is empty or has a wildcard" % what)


def check_qos(qos: int, what: str) -> None:
    if qos not in (0, 1):
        raise MqttError("%s of QoS %d: only 0 and 1 are spoken" % (what, qos))


def _check_text(text: str, data: bytes, what: str) -> None:
    """Refuse U+0000 (1.5.3), and what MicroPython takes for UTF-8: overlong, surrogates, beyond U+10FFFF."""
    if b"\0" in data:
        raise MqttError("%s contains U+0000" % what)
    if len(text) != len(data):
        for i in range(len(data) - 1):
            pair = data[i] << 8 | data[i + 1]
            if pair >= 0xC000 and (
                pair < 0xC200
                or 0xE000 <= pair < 0xE0A0
                or 0xEDA0 <= pair < 0xEE00
                or 0xF000 <= pair < 0xF090
                or pair >= 0xF490
            ):
                raise MqttError("%s is not UTF-8" % what)


class PacketStream:
    """Cuts a stream into packets, however its bytes arrive; holds one unfinished packet at most.

    A packet that the heap has no room for is cut off: its first bytes come as if it ended there, so that it can be
    answered, and is refused for what it lacks.
    """

    __slots__ = ("_begun", "_have", "_left", "_rest", "limit")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        """Forget what is unfinished."""
        self._rest = b""  # of a header
        self._begun: bytearray | None = None  # the packet that is not complete
        self._have = self._left = 0  # bytes of it that came, and that are to come

    def packets(self, data: bytes) -> "Iterator[tuple[int, bytes, int, int]]":
        """Of each packet that `data` completes: first byte, a buffer, start and end of the body in it.

        Of a memoryview the buffers are memoryviews too, and only one copy is made, of a packet that comes in pieces.
        MqttError as soon as a header cannot be right: of a packet beyond `limit` nothing is kept. Read to the
        end; to stop early is to give up the connection.
        """
        if self._rest or not isinstance(data, memoryview):
            data = self._rest + data
            self._rest = b""
        at = 0
        size = len(data)
        while at < size:
            if not self._left:
                start, end = self._header(data, at, size)
                if not start:
                    self._rest = bytes(data[at:])
                    return
                if end <= size:
                    yield data[at], data, start, end
                    at = end
                    continue
                self._left = end - at
                self._have = 0
                try:
                    self._begun = bytearray(self._left)
                except MemoryError:
                    self._begun = bytearray(min(self._left, KEPT_BYTES))
            begun = self._begun
            assert begun is not None
            taken = min(size - at, self._left)
            room = min(taken, len(begun) - self._have)
            if room > 0:
                begun[self._have : self._have + room] = data[at : at + room]
            self._have += taken
            self._left -= taken
            at += taken
            if not self._left:
                self._begun = None
                start = 2
                while begun[start - 1] > 127:
                    start += 1
                yield begun[0], memoryview(begun) if isinstance(data, memoryview) else bytes(begun), start, len(begun)

    def _header(self, data: bytes, at: int, size: int) -> "tuple[int, int]":
        """Start and end of the body of the packet at `at`; (0, 0) when its header is not complete."""
        first = data[at]
        if first not in _FIRST_BYTES:
            raise MqttError("%s: first byte 0x%02x is reserved or of QoS 2" % (packet_name(first >> 4), first))
        start = at + 1
        length = shift = 0
        while start < size:
            byte = data[start]
            start += 1
            length |= (byte & 127) << shift
            if length > self.limit or shift > 21:
                raise MqttError("%s is longer than the limit of %d bytes" % (packet_name(first >> 4), self.limit))
            if byte < 128:
                if shift and not byte:
                    raise MqttError("%s has an overlong length" % packet_name(first >> 4))
                return start, start + length
            shift += 7
        return 0, 0
