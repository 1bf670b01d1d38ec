"""The embedded broker's side of one client: the connection it has now, and the session that may outlive it."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lilong_protocol.mqtt_packets import MqttError, PacketStream, puback_packet, publish_packet, read_id, read_publish
from lilong_protocol.pc import mqtt_server

if TYPE_CHECKING:
    from lilong_tools.broker.embedded import EmbeddedBroker

MAX_PACKET = 65_536  # remaining length, bytes
MAX_QUEUED = 200_000  # QoS 1 messages that wait for one session
MAX_UNSENT = 1 << 24  # bytes that a client leaves unread: beyond it, it gets no QoS 0 message
MAX_IN_FLIGHT = 32_768  # QoS 1 messages sent to one client and not acknowledged; ids end at 65,535


class Message(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(eq=False)
class Session:
    """What is kept for a client id: its subscriptions, and the QoS 1 messages it has not acknowledged."""

    broker: EmbeddedBroker
    client_id: str
    clean: bool
    connection: Connection | None = None
    filters: set[str] = field(default_factory=set)
    awaiting: dict[int, Message] = field(default_factory=dict)
    queue: deque[Message] = field(default_factory=deque)
    last_id: int = 0

    def deliver(self, message: Message) -> None:
        if message.qos and len(self.queue) < MAX_QUEUED:
            self.queue.append(message)
            self.pump()
        elif not message.qos and (to := self.connection) and to.transport.get_write_buffer_size() < MAX_UNSENT:
            to.publish(message, 0)
        else:
            self.broker.dropped += 1

    def pump(self) -> None:
        while self.connection is not None and self.queue and len(self.awaiting) < MAX_IN_FLIGHT:
            self.last_id = self.last_id % 65535 + 1
            if self.last_id not in self.awaiting:
                message = self.awaiting[self.last_id] = self.queue.popleft()
                self.connection.publish(message, self.last_id)


class Connection(asyncio.Protocol, PacketStream):
    """One client's transport, and what its packets ask for."""

    transport: asyncio.Transport

    def __init__(self, broker: EmbeddedBroker) -> None:
        PacketStream.__init__(self, MAX_PACKET)
        self.broker = broker
        self.session: Session | None = None  # from CONNECT until either side hangs up
        self.will: Message | None = None
        self.silence_s = 10.0  # that is borne: until CONNECT so long, then one and a half keepalives (3.1.2.10)
        self.heard = broker.clock()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.broker.connections.add(self)
        if self.broker.frozen:
            transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part from the session; a will that no DISCONNECT took back is published (3.1.2.5)."""
        self.broker.connections.discard(self)
        session, self.session = self.session, None
        if session is None:
            return
        session.connection = None
        if session.clean:
            self.broker.forget(session)
        if self.will is not None:
            self.broker.publish(self.will)

    def cut(self) -> None:
        """Hang up at once, as a broken link does."""
        self.transport.abort()
        self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        self.heard = self.broker.clock()
        try:
            for first, buffer, at, end in self.packets(data):
                if self.transport.is_closing():
                    break
                self._packet(first, buffer, at, end)
        except MqttError as error:
            self.broker.refused += 1
            who = f"client {self.session.client_id!r}" if self.session else "a new connection"
            print(f"{who} broke MQTT 3.1.1: {error}", file=sys.stderr)
            self.transport.close()

    def publish(self, message: Message, pid: int, dup: bool = False) -> None:
        self.transport.write(publish_packet(*message, pid, dup))
        if self.broker.duplicates:
            self.broker.duplicates -= 1
            self.transport.write(publish_packet(*message, pid, pid > 0))

    def _packet(self, first: int, data: bytes, at: int, end: int) -> None:
        kind, session = first >> 4, self.session
        if session is None:
            if kind != 1:
                raise MqttError("the first packet is not CONNECT")
            self._connect(mqtt_server.read_connect(data, at, end))
        elif kind == 3:
            topic, payload, pid = read_publish(first, data, at, end)
            message = Message(topic, payload, min(pid, 1), bool(first & 1))
            self.broker.received += 1
            self.broker.log.append(message)
            self.broker.publish(message)
            if pid and self.broker.pubacks_to_lose:
                self.broker.pubacks_to_lose -= 1
            elif pid:
                self.transport.write(puback_packet(pid))
        elif kind == 4:
            session.awaiting.pop(read_id(data, at, end, "PUBACK"), None)
            session.pump()
        elif kind == 8:
            pid, filters = mqtt_server.read_subscribe(data, at, end)
            self.transport.write(mqtt_server.suback_packet(pid, [min(qos, 1) for _, qos in filters]))
            for topic_filter, qos in filters:
                self.broker.subscribe(session, topic_filter, min(qos, 1))
        elif kind == 10:
            pid, names = mqtt_server.read_unsubscribe(data, at, end)
            for topic_filter in names:
                self.broker.unsubscribe(session, topic_filter)
            self.transport.write(mqtt_server.unsuback_packet(pid))
        elif kind == 12:
            self.transport.write(mqtt_server.PINGRESP_PACKET)
        elif kind == 14:
            self.will = None
            self.cut()
        else:
            raise MqttError(f"packet type {kind} is not for a connected client to send")

    def _connect(self, asked: mqtt_server.Connect) -> None:
        if refusal := asked.refusal():
            self.transport.write(mqtt_server.connack_packet(False, refusal))
            self.transport.close()
            return
        self.will = Message(*asked.will) if asked.will else None
        session, present = self.broker.session_for(asked.client_id or uuid.uuid4().hex, asked.clean)
        self.session, session.connection = session, self
        self.silence_s = asked.keepalive_s * 1.5 or float("inf")
        self.transport.write(mqtt_server.connack_packet(present))
        for pid, message in session.awaiting.items():
            self.publish(message, pid, dup=True)
        session.pump()
