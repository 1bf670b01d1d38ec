"""MQTT 3.1.1 packets at the server's end: what a broker reads and sends."""

from ..mqtt_packets import (
    MqttError,
    check_qos,
    check_topic,
    packet,
    read_field,
    read_id,
    read_text,
    text_field,
    two_bytes,
)

PINGRESP_PACKET = b"\xd0\x00"

# CONNACK return codes (3.2.2.3).
ACCEPTED = 0
BAD_PROTOCOL = 1
BAD_CLIENT_ID = 2
UNAVAILABLE = 3
BAD_LOGIN = 4
NOT_AUTHORIZED = 5

REFUSALS = (
    "accepted",
    "the broker does not speak MQTT 3.1.1",
    "the broker refuses this client id",
    "the broker is unavailable",
    "wrong user name or password",
    "not authorized",
)
"""What a CONNACK code means, by code."""

SUBSCRIPTION_REFUSED = 0x80


class Connect:
    """What a CONNECT asks for. `level` is 4 in MQTT 3.1.1; with any other nothing else was read."""

    __slots__ = ("clean", "client_id", "keepalive_s", "level", "password", "username", "will")

    def __init__(self, level: int) -> None:
        self.level = level
        self.client_id = ""
        self.clean = True
        self.keepalive_s = 0
        self.will: tuple[str, bytes, int, bool] | None = None  # topic, payload, qos, retain
        self.username: str | None = None
        self.password: bytes | None = None

    def refusal(self) -> int:
        """The CONNACK code that MQTT itself has for it: ACCEPTED, BAD_PROTOCOL (3.1.2.2), BAD_CLIENT_ID (3.1.3.1)."""
        if self.level != 4:
            return BAD_PROTOCOL
        return ACCEPTED if self.client_id or self.clean else BAD_CLIENT_ID


def check_filter(topic_filter: str, what: str) -> None:
    """A filter's + and # fill a level of their own, and # only the last one (4.7.1)."""
    if not topic_filter:
        raise MqttError(f"{what} is empty")
    levels = topic_filter.split("/")
    for i, level in enumerate(levels):
        if ("+" in level or "#" in level) and (len(level) > 1 or (level == "#" and i < len(levels) - 1)):
            raise MqttError(f"{what} has a wildcard out of place in level {i + 1}")


def read_connect(data: bytes, at: int, end: int) -> Connect:
    """The CONNECT whose body is `data[at:end]` (3.1)."""
    name, at = read_text(data, at, end, "CONNECT protocol name")
    if end - at < 4:
        raise MqttError("CONNECT ends before its client id")
    asked = Connect(data[at])
    if name != "MQTT":
        raise MqttError(f"CONNECT protocol name {name!r} is not MQTT")
    if asked.level != 4:
        return asked
    flags = data[at + 1]
    will_qos = flags >> 3 & 3
    if flags & 1 or (not flags & 4 and flags & 0x38) or flags & 0xC0 == 0x40:
        raise MqttError(f"CONNECT flags 0x{flags:02x} are reserved or contradict each other")
    check_qos(will_qos, "CONNECT will")
    asked.clean = bool(flags & 2)
    asked.keepalive_s = data[at + 2] << 8 | data[at + 3]
    asked.client_id, at = read_text(data, at + 4, end, "CONNECT client id")
    if flags & 4:
        topic, at = read_text(data, at, end, "CONNECT will topic")
        check_topic(topic, "CONNECT will topic")
        payload, at = read_field(data, at, end, "CONNECT will")
        asked.will = (topic, payload, will_qos, bool(flags & 32))
    if flags & 128:
        asked.username, at = read_text(data, at, end, "CONNECT user name")
    if flags & 64:
        asked.password, at = read_field(data, at, end, "CONNECT password")
    if at != end:
        raise MqttError(f"CONNECT has {end - at} bytes too many")
    return asked


def read_subscribe(data: bytes, at: int, end: int) -> "tuple[int, list[tuple[str, int]]]":
    """(packet id, [(filter, QoS asked for, 0 to 2)]) of a SUBSCRIBE (3.8)."""
    pid = read_id(data, at, end, "SUBSCRIBE")
    at += 2
    filters: list[tuple[str, int]] = []
    while at < end or not filters:
        topic_filter, at = read_text(data, at, end, "SUBSCRIBE filter")
        check_filter(topic_filter, "SUBSCRIBE filter")
        if at == end or data[at] > 2:
            raise MqttError("SUBSCRIBE filter without a QoS of 0 to 2")
        filters.append((topic_filter, data[at]))
        at += 1
    return pid, filters


def read_unsubscribe(data: bytes, at: int, end: int) -> "tuple[int, list[str]]":
    """(packet id, filters) of an UNSUBSCRIBE (3.10)."""
    pid = read_id(data, at, end, "UNSUBSCRIBE")
    at += 2
    filters: list[str] = []
    while at < end or not filters:
        topic_filter, at = read_text(data, at, end, "UNSUBSCRIBE filter")
        check_filter(topic_filter, "UNSUBSCRIBE filter")
        filters.append(topic_filter)
    return pid, filters


def connack_packet(session_present: bool, code: int = ACCEPTED) -> bytes:
    """CONNACK (3.2): a refusal never carries session present."""
    return packet(0x20, bytes((1 if session_present and not code else 0, code)))


def suback_packet(pid: int, codes: "list[int]") -> bytes:
    """SUBACK (3.9): per filter the QoS granted, or SUBSCRIPTION_REFUSED."""
    return packet(0x90, two_bytes(pid, "SUBACK id", 1) + bytes(codes))


def unsuback_packet(pid: int) -> bytes:
    """UNSUBACK (3.11)."""
    return packet(0xB0, two_bytes(pid, "UNSUBACK id", 1))


def unsubscribe_packet(pid: int, topic_filter: str) -> bytes:
    """UNSUBSCRIBE (3.10), which devices never send: their sessions are clean and their one filter stays."""
    check_filter(topic_filter, "UNSUBSCRIBE filter")
    return packet(0xA2, two_bytes(pid, "UNSUBSCRIBE id", 1) + text_field(topic_filter, "UNSUBSCRIBE filter"))
