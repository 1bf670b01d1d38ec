"""The embedded broker's side of one client: the connection it has now, and the session that may outlive it."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from lilong_protocol.mqtt_packets import MqttError, PacketStream, puback_packet, publish_packet, read_id, read_publish
from lilong_protocol.mqtt_server import (
    BAD_CLIENT_ID,
    BAD_PROTOCOL,
    PINGRESP_PACKET,
    Connect,
    connack_packet,
    read_connect,
    read_subscribe,
    read_unsubscribe,
    suback_packet,
    unsuback_packet,
)

if TYPE_CHECKING:
    from lilong_tools.broker.embedded import EmbeddedBroker

MAX_PACKET = 65_536  # remaining length, bytes
MAX_LEVELS = 200  # of a topic or filter, as mosquitto has it
MAX_QUEUED = 200_000  # QoS 1 messages that wait for one session
MAX_IN_FLIGHT = 32_768  # QoS 1 messages sent to one client and not acknowledged; ids end at 65,535
MAX_UNSENT_BYTES = 16 * 1024 * 1024  # of one connection, beyond which it gets no QoS 0


class Message(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Session:
    """What is kept for a client id: its subscriptions, and the QoS 1 messages it has not acknowledged."""

    __slots__ = ("awaiting", "broker", "clean", "client_id", "connection", "filters", "last_id", "queue")

    def __init__(self, broker: EmbeddedBroker, client_id: str, clean: bool) -> None:
        self.broker = broker
        self.client_id = client_id
        self.clean = clean
        self.connection: Connection | None = None
        self.filters: set[str] = set()
        self.awaiting: dict[int, Message] = {}
        self.queue: deque[Message] = deque()
        self.last_id = 0

    def deliver(self, message: Message) -> None:
        if not message.qos:
            if self.connection is not None and self.connection.has_room():
                self.connection.send_publish(message, 0)
            else:
                self.broker.dropped += 1
        elif len(self.queue) < MAX_QUEUED:
            self.queue.append(message)
            self.pump()
        else:
            self.broker.dropped += 1

    def pump(self) -> None:
        while self.connection is not None and self.queue and len(self.awaiting) < MAX_IN_FLIGHT:
            pid = self.last_id % 65535 + 1
            while pid in self.awaiting:
                pid = pid % 65535 + 1
            self.last_id = pid
            message = self.awaiting[pid] = self.queue.popleft()
            self.connection.send_publish(message, pid)

    def resume(self, connection: Connection) -> None:
        self.connection = connection
        for pid, message in self.awaiting.items():
            connection.send(publish_packet(*message, pid, True))
        self.pump()


class Connection(asyncio.Protocol, PacketStream):
    """One client's transport. What it sends within one turn of the loop goes out in one write."""

    __slots__ = ("broker", "heard", "held", "keepalive_s", "session", "transport", "unsent", "will")

    def __init__(self, broker: EmbeddedBroker) -> None:
        PacketStream.__init__(self, MAX_PACKET)
        self.broker = broker
        self.transport: asyncio.Transport | None = None
        self.session: Session | None = None
        self.will: Message | None = None
        self.keepalive_s = 0
        self.heard = 0.0
        self.held = b""  # arrived while the broker was frozen
        self.unsent: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.heard = self.broker.clock()
        self.broker.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        self.broker.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if self.broker.frozen:
            self.held += data
            return
        self.heard = self.broker.clock()
        try:
            for first, buffer, at, end in self.packets(data):
                if self.transport is None:
                    break
                self._packet(first, buffer, at, end)
        except MqttError as error:
            self.broker.refused += 1
            who = f"client {self.session.client_id!r}" if self.session else "a new connection"
            self.broker.complain(f"{who} broke MQTT 3.1.1: {error}")
            self.close()

    def send(self, data: bytes) -> None:
        if not self.unsent and not self.broker.frozen:
            asyncio.get_running_loop().call_soon(self.flush)
        self.unsent.append(data)

    def send_publish(self, message: Message, pid: int) -> None:
        self.send(publish_packet(*message, pid))
        if self.broker.duplicates:
            self.broker.duplicates -= 1
            self.send(publish_packet(*message, pid, pid > 0))

    def flush(self) -> None:
        if self.unsent and self.transport is not None and not self.broker.frozen:
            self.transport.write(b"".join(self.unsent))
            self.unsent.clear()

    def has_room(self) -> bool:
        return self.transport is not None and self.transport.get_write_buffer_size() < MAX_UNSENT_BYTES

    def close(self, abort: bool = False) -> None:
        """Hang up: after what is unsent, or at once as a broken link does."""
        if self.transport is not None:
            if abort:
                self.transport.abort()
            else:
                self.flush()
                self.transport.close()
        self.leave()

    def leave(self) -> None:
        """Part from the session; a will that no DISCONNECT took back is published (3.1.2.5)."""
        self.transport = None
        session, self.session = self.session, None
        if session is not None:
            session.connection = None
            if session.clean:
                self.broker.forget(session)
        will, self.will = self.will, None
        if will is not None and not self.broker.stopping:
            self.broker.publish(will)

    def _packet(self, first: int, data: bytes, at: int, end: int) -> None:
        kind = first >> 4
        session = self.session
        if session is None:
            if kind != 1:
                raise MqttError("the first packet is not CONNECT")
            self._connect(read_connect(data, at, end))
        elif kind == 3:
            topic, payload, pid = read_publish(first, data, at, end)
            _check_levels(topic)
            message = Message(topic, payload, 1 if pid else 0, bool(first & 1))
            self.broker.receive(session.client_id, message, bool(first & 8))
            if pid and not self.broker.withholds_puback(session.client_id):
                self.send(puback_packet(pid))
        elif kind == 4:
            session.awaiting.pop(read_id(data, at, end, "PUBACK"), None)
            session.pump()
        elif kind == 8:
            pid, filters = read_subscribe(data, at, end)
            for topic_filter, _ in filters:
                _check_levels(topic_filter)
            self.send(suback_packet(pid, [min(qos, 1) for _, qos in filters]))
            for topic_filter, qos in filters:
                self.broker.subscribe(session, topic_filter, min(qos, 1))
        elif kind == 10:
            pid, names = read_unsubscribe(data, at, end)
            for topic_filter in names:
                self.broker.unsubscribe(session, topic_filter)
            self.send(unsuback_packet(pid))
        elif kind == 12:
            self.send(PINGRESP_PACKET)
        elif kind == 14:
            self.will = None
            self.close()
        else:
            raise MqttError(f"packet type {kind} is not for a connected client to send")

    def _connect(self, asked: Connect) -> None:
        if asked.level != 4 or (not asked.client_id and not asked.clean):
            self.send(connack_packet(False, BAD_PROTOCOL if asked.level != 4 else BAD_CLIENT_ID))
            self.close()
            return
        session, present = self.broker.session_for(asked.client_id or uuid.uuid4().hex, asked.clean)
        self.session = session
        self.keepalive_s = asked.keepalive_s
        self.will = Message(*asked.will) if asked.will else None
        self.send(connack_packet(present))
        session.resume(self)


def _check_levels(topic: str) -> None:
    if topic.count("/") >= MAX_LEVELS:
        raise MqttError(f"topic or filter of more than {MAX_LEVELS} levels")
