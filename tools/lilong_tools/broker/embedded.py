"""A small MQTT 3.1.1 broker on asyncio, for demos and tests where mosquitto is absent. On 127.0.0.1 only.

QoS 0 and 1, wills, retained messages, wildcards, clean and persistent sessions; anyone may log in. It carries an
estate, not a latency measurement. Tests steer its faults: `freeze`, `drop_pubacks`, `drop`, `duplicate`, `record`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Self

from lilong_tools.broker.embedded_client import Connection, Message, Session
from lilong_tools.broker.errors import BrokerError
from lilong_tools.broker.limits import raise_file_limit
from lilong_tools.broker.topic_tree import TopicTree


class EmbeddedBroker:
    """`async with EmbeddedBroker() as broker`: listens on `broker.host`, `broker.port` until the block ends."""

    host = "127.0.0.1"  # no other: it has no passwords and no TLS
    version = "lilong embedded broker 1.0"

    def __init__(self, port: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.port = port
        self.clock = clock
        self.connections: set[Connection] = set()
        self.sessions: dict[str, Session] = {}
        self.received = 0  # PUBLISH packets
        self.dropped = 0  # messages for a full queue, or of QoS 0 for nobody there
        self.refused = 0  # connections closed because the peer broke MQTT
        self.frozen = False
        self.duplicates = 0  # deliveries to be sent twice
        self.pubacks_to_lose = 0
        self.log: deque[Message] = deque(maxlen=0)
        self._subscribers: TopicTree[tuple[Session, int]] = TopicTree()
        self._retained: TopicTree[Message] = TopicTree()
        self._retained.put("$SYS/broker/version", Message("$SYS/broker/version", self.version.encode(), 0, True))

    async def start(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), self.host, self.port, backlog=4096)
        except OSError as error:
            raise BrokerError(
                f"embedded broker cannot listen on {self.host}:{self.port} ({error.strerror}): "
                "stop what holds the port, or give another, 0 for any free one"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        self._timer: asyncio.Handle = loop.call_soon(self.sweep)
        return self

    async def stop(self, *_: object) -> None:
        self._timer.cancel()
        self._server.close()
        for connection in list(self.connections):
            connection.will = None
            connection.cut()
        await asyncio.sleep(0)  # in which their sockets are closed

    __aenter__ = start
    __aexit__ = stop

    def publish(self, message: Message) -> None:
        """Keep it if retained, and give it once to each session that has a matching filter."""
        topic, payload, qos, retain = message
        if retain and payload:
            self._retained.put(topic, message)
        elif retain:
            self._retained.remove(topic)
        receivers: dict[Session, int] = {}
        for session, granted in self._subscribers.matching_filters(topic):
            receivers[session] = max(granted, receivers.get(session, 0))
        for session, granted in receivers.items():
            session.deliver(Message(topic, payload, min(qos, granted), False))

    def subscribe(self, session: Session, topic_filter: str, qos: int) -> None:
        self._subscribers.put(topic_filter, (session, qos), session)
        session.filters.add(topic_filter)
        for message in self._retained.matching_topics(topic_filter):
            session.deliver(message._replace(qos=min(qos, message.qos)))

    def unsubscribe(self, session: Session, topic_filter: str) -> None:
        self._subscribers.remove(topic_filter, session)
        session.filters.discard(topic_filter)

    def session_for(self, client_id: str, clean: bool) -> tuple[Session, bool]:
        """The session for a new connection, and whether it was there before; an older connection is cut (3.1.4)."""
        old = self.sessions.get(client_id)
        if old is not None and old.connection is not None:
            old.connection.cut()
        if old is not None and clean:
            self.forget(old)
        present = client_id in self.sessions
        return self.sessions.setdefault(client_id, Session(self, client_id, clean)), present

    def forget(self, session: Session) -> None:
        for topic_filter in list(session.filters):
            self.unsubscribe(session, topic_filter)
        self.sessions.pop(session.client_id, None)

    def sweep(self) -> None:
        """Cut every connection that was silent for longer than is borne; from `start` on, once a second."""
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(1, self.sweep)
        for connection in [] if self.frozen else list(self.connections):
            if self.clock() - connection.heard > connection.silence_s:
                connection.cut()

    # ---- faults, for tests ----

    def freeze(self) -> None:
        """Take connections and hear nothing until `thaw`: as a process that is stopped."""
        self.frozen = True
        for connection in self.connections:
            connection.transport.pause_reading()

    def thaw(self) -> None:
        """Go on, with what arrived meanwhile; nobody was silent in a time when nobody was heard."""
        self.frozen = False
        for connection in self.connections:
            connection.heard = self.clock()
            connection.transport.resume_reading()

    def drop_pubacks(self, count: int = 1) -> None:
        """Route the next `count` QoS 1 messages without acknowledging them."""
        self.pubacks_to_lose += count

    def drop(self, client_id: str) -> None:
        """Break a client's connection without a word; its will is published. KeyError when it is not connected."""
        connection = self.sessions[client_id].connection
        if connection is None:
            raise KeyError(client_id)
        connection.cut()

    def duplicate(self, count: int = 1) -> None:
        """Send the next `count` deliveries twice, to whomever they go."""
        self.duplicates += count

    def record(self, limit: int = 10_000) -> deque[Message]:
        """From now on keep the last `limit` PUBLISH packets received, as they arrived; the same deque is `log`."""
        self.log = deque(maxlen=limit)
        return self.log


async def main() -> int:
    parser = argparse.ArgumentParser(description=f"{EmbeddedBroker.version}: serves until standard input ends")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 for any free one, which is printed")
    broker = EmbeddedBroker(parser.parse_args().port)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: None if os.read(0, 4096) else ended.set())
    try:
        async with broker:
            print(f"listening {broker.host} {broker.port}", flush=True)
            await ended.wait()
    except BrokerError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    raise_file_limit()
    sys.exit(asyncio.run(main()))
