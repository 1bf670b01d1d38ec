"""The MQTT 3.1.1 client of a device, sans-io: bytes and the time in, events and bytes out.

A host (a board's socket, a live fleet's transport) writes what `connect` and `take` give, passes what arrives
to `feed`, and calls `step` at `deadline`. Sessions are clean: after a break the device's own outbox sends again,
so of a message nothing is kept here but the id that its PUBACK will carry.
"""

from .mqtt_packets import (
    DEFAULT_LIMIT,
    MqttError,
    PacketStream,
    check_qos,
    connect_packet,
    packet_name,
    puback_packet,
    publish_packet,
    read_id,
    read_publish,
    subscribe_packet,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The first item of an event.
REFUSED = 0  # (REFUSED, code): CONNACK code 1 to 5 (3.2.2.3); the client is closed
CONNECTED = 1  # (CONNECTED, session_present)
MESSAGE = 2  # (MESSAGE, topic, payload, qos, retain)
PUBLISHED = 3  # (PUBLISHED, pid): the broker has it, which proves no more than that
SUBSCRIBED = 4  # (SUBSCRIBED, pid, granted QoS, or 0x80 for refused)

# Client.state
CLOSED = 0
CONNECTING = 1
READY = 2

ANSWER_MS = 20_000
"""How long CONNACK, PUBACK, SUBACK and PINGRESP may take: a frozen broker gives no other sign."""

MAX_IN_FLIGHT = 64
"""Packets that may wait for their answer at once."""

# Packet types (2.2.1). An answer awaited is type << 16 | packet id.
_CONNACK = 2
_PUBLISH = 3
_PUBACK = 4
_SUBACK = 9
_PINGRESP = 13


class MqttTimeout(MqttError):
    """The broker did not answer in time: close the transport and connect anew."""


class Client(PacketStream):
    """A device's end of one connection after another. Times are the host's uptime in ms and never go back.

    After each call the host sends what `take` or `take_packet` returns. Any MqttError of `feed` or `step` closes the
    client: the host closes the transport and calls `connect` for the next one. A closed client ignores bytes.
    """

    __slots__ = ("_awaited", "_heard_ms", "_pid", "_ping_ms", "_sent_ms", "answer_ms", "out", "state")

    def __init__(self, limit: int = DEFAULT_LIMIT, answer_ms: int = ANSWER_MS) -> None:
        PacketStream.__init__(self, limit)
        self.answer_ms = answer_ms
        self.out: list[bytes] = []  # packets to be sent
        self._pid = self._ping_ms = self._sent_ms = self._heard_ms = 0
        self.close()

    # ---- what the host asks for ----

    def connect(
        self,
        now_ms: int,
        client_id: str,
        keepalive_s: int,
        will: "tuple[str, bytes, int, bool] | None" = None,
        username: "str | None" = None,
        password: "bytes | None" = None,
    ) -> bytes:
        """What to send first on a fresh transport; the connection before is forgotten.

        `will` is (topic, payload, qos, retain); keepalive 0 turns PINGREQ off.
        """
        data = connect_packet(client_id, keepalive_s, will, username, password)
        self.close()
        self.out.clear()
        self.state = CONNECTING
        self._ping_ms = keepalive_s * 750  # three quarters: 3.1.2.10 wants a packet within each whole one
        self._heard_ms = now_ms
        self._await(_CONNACK << 16, now_ms)
        return data

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool, now_ms: int) -> int:
        """Queue a message; gives the packet id that its (PUBLISHED, id) will carry, 0 for QoS 0."""
        pid = self._next_id(qos)
        self.out.append(publish_packet(topic, payload, qos, retain, pid))
        self._sent_ms = now_ms
        if pid:
            self._await(_PUBACK << 16 | pid, now_ms)
        return pid

    def subscribe(self, topic_filter: str, qos: int, now_ms: int) -> int:
        """Queue a subscription to one filter; gives the packet id that its SUBSCRIBED will carry."""
        pid = self._next_id(1)
        self.out.append(subscribe_packet(pid, topic_filter, qos))
        self._await(_SUBACK << 16 | pid, now_ms)
        return pid

    def disconnect(self) -> None:
        """Queue DISCONNECT, upon which the broker forgets the will; the host sends it and hangs up."""
        if self.state == READY:
            self.out.append(b"\xe0\x00")
        self.close()

    def close(self) -> None:
        """The transport is gone: nothing is awaited any more."""
        self.state = CLOSED
        self._awaited: Any = []  # answers awaited and when each is due, in ms; the oldest first
        self.clear()

    def take(self) -> bytes:
        """All that is to be sent, once."""
        data = b"".join(self.out)
        self.out.clear()
        return data

    def take_packet(self) -> bytes:
        """The next packet to be sent, once; for hosts that have no room for all at a time."""
        return self.out.pop(0) if self.out else b""

    @property
    def in_flight(self) -> int:
        """How many packets wait for an answer, 0 to MAX_IN_FLIGHT."""
        return len(self._awaited) // 2

    # ---- time ----

    @property
    def deadline(self) -> "int | None":
        """When `step` is next wanted, ms; None when closed, or when nothing is awaited and keepalive is 0."""
        due = self._awaited[1] if self._awaited else None
        if self.state == READY and self._ping_ms:
            ping = min(self._sent_ms, self._heard_ms) + self._ping_ms
            if due is None or ping < due:
                return ping
        return due

    def step(self, now_ms: int) -> None:
        """Queue PINGREQ when the line was idle either way; MqttTimeout when an answer is overdue."""
        deadline = self.deadline
        if deadline is None or now_ms < deadline:
            return
        if self._awaited and now_ms >= self._awaited[1]:
            kind = self._awaited[0] >> 16
            self.close()
            raise MqttTimeout(
                "no %s in %d ms: frozen broker or dead link, connect anew" % (packet_name(kind), self.answer_ms)
            )
        self.out.append(b"\xc0\x00")
        self._heard_ms = now_ms  # the next PINGREQ is a whole interval away
        self._await(_PINGRESP << 16, now_ms)

    # ---- what arrives ----

    def feed(self, data: bytes, now_ms: int, events: "list[tuple[Any, ...]] | None" = None) -> "list[tuple[Any, ...]]":
        """The events in `data`, appended to `events`: at an MqttError those before the fault are in it."""
        if events is None:
            events = []
        if self.state == CLOSED:
            return events
        self._heard_ms = now_ms
        try:
            for first, buffer, at, end in self.packets(data):
                self._packet(first, buffer, at, end, events)
                if self.state == CLOSED:
                    break
        except MqttError:
            self.close()
            raise
        return events

    def _packet(self, first: int, data: bytes, at: int, end: int, events: "list[tuple[Any, ...]]") -> None:
        kind = first >> 4
        size = end - at
        if self.state == CONNECTING:
            if kind != _CONNACK or size != 2 or data[at] > 1 or data[at + 1] > 5:
                raise MqttError("%s of %d bytes is no CONNACK" % (packet_name(kind), size))
            if data[at + 1]:
                self.close()
                events.append((REFUSED, data[at + 1]))
            else:
                self._answered(_CONNACK, 0)
                self.state = READY
                events.append((CONNECTED, data[at] == 1))
        elif kind == _PUBLISH:
            topic, payload, pid = read_publish(first, data, at, end)
            if pid:
                self.out.append(puback_packet(pid))
            events.append((MESSAGE, topic, payload, 1 if pid else 0, first & 1 == 1))
        elif kind == _PUBACK and size == 2:
            pid = read_id(data, at, end, "PUBACK")
            if self._answered(_PUBACK, pid):
                events.append((PUBLISHED, pid))
        elif kind == _SUBACK and size == 3:
            pid = read_id(data, at, end, "SUBACK")
            granted = data[at + 2]
            if granted != 128:
                check_qos(granted, "SUBACK")
            if self._answered(_SUBACK, pid):
                events.append((SUBSCRIBED, pid, granted))
        elif kind == _PINGRESP and not size:
            self._answered(_PINGRESP, 0)
        else:
            raise MqttError("%s of %d bytes is not for a connected client" % (packet_name(kind), size))

    # ---- answers awaited ----

    def _next_id(self, qos: int) -> int:
        """Ids go round: one comes back after all the others, and never while its answer is awaited."""
        if self.state != READY:
            raise MqttError("not connected: wait for CONNECTED")
        if not qos:
            return 0
        awaited = self._awaited
        if len(awaited) >= 2 * MAX_IN_FLIGHT:
            raise MqttError("%d packets already wait for their answer" % MAX_IN_FLIGHT)
        while True:
            self._pid = pid = self._pid % 65535 + 1
            for answer in awaited[::2]:
                if answer & 0xFFFF == pid:
                    break
            else:
                return pid

    def _await(self, answer: int, now_ms: int) -> None:
        self._sent_ms = now_ms
        self._awaited.append(answer)
        self._awaited.append(now_ms + self.answer_ms)

    def _answered(self, kind: int, pid: int) -> bool:
        """Whether this answer was awaited; one that nobody awaits has no effect."""
        awaited = self._awaited
        for i in range(0, len(awaited), 2):
            if awaited[i] == kind << 16 | pid:
                awaited.pop(i)
                awaited.pop(i)
                return True
        return False
