"""A small MQTT 3.1.1 broker on asyncio, for demos and tests where mosquitto is absent. Loopback only.

QoS 0 and 1, wills, retained messages, wildcards, clean and persistent sessions; anyone may log in. It carries an
estate, not a latency measurement. Tests steer its faults: `freeze`, `drop_pubacks`, `drop`, `duplicate`, `record`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from lilong_tools.broker.embedded_client import Connection, Message, Session
from lilong_tools.broker.errors import BrokerError
from lilong_tools.broker.limits import raise_file_limit
from lilong_tools.broker.topic_tree import TopicTree

VERSION = "lilong embedded broker 1.0"
CONNECT_TIMEOUT_S = 10


class Received(NamedTuple):
    """A PUBLISH as it arrived."""

    client_id: str
    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool


class EmbeddedBroker:
    """`async with EmbeddedBroker() as broker`: listens on `broker.host`, `broker.port` until the block ends."""

    kind = "embedded"
    version = VERSION

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, clock: Callable[[], float] = time.monotonic) -> None:
        if host != "localhost" and not _is_loopback(host):
            raise BrokerError(
                f"embedded broker at {host!r}: it has no passwords and no TLS and listens on loopback only; "
                "give 127.0.0.1, or run mosquitto for other addresses"
            )
        self.host = "127.0.0.1" if host == "localhost" else host
        self.port = port
        self.clock = clock
        self.complain: Callable[[str], None] = lambda text: None
        self.connections: set[Connection] = set()
        self.sessions: dict[str, Session] = {}
        self.received = 0  # PUBLISH packets
        self.dropped = 0  # messages for a full queue, or of QoS 0 for nobody there
        self.refused = 0  # connections closed because the peer broke MQTT
        self.stopping = False
        self.frozen = False
        self.duplicates = 0
        self.log: deque[Received] | None = None
        self._withheld: dict[str | None, int] = {}
        self._subscribers: TopicTree[dict[Session, int]] = TopicTree()
        self._retained: TopicTree[Message] = TopicTree()
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._retained.put("$SYS/broker/version", Message("$SYS/broker/version", VERSION.encode(), 0, True))

    async def __aenter__(self) -> EmbeddedBroker:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), self.host, self.port, backlog=4096)
        except OSError as error:
            raise BrokerError(
                f"embedded broker cannot listen on {self.host}:{self.port} ({error.strerror}): "
                "stop what holds the port, or give another, 0 for any free one"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweeper = loop.create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        self.stopping = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close(abort=True)
        while self.connections:
            await asyncio.sleep(0)

    def describe(self) -> str:
        return f"{self.version} at {self.host}:{self.port}"

    # ---- messages ----

    def receive(self, client_id: str, message: Message, dup: bool) -> None:
        """A PUBLISH of a client."""
        self.received += 1
        if self.log is not None:
            self.log.append(Received(client_id, *message, dup))
        self.publish(message)

    def publish(self, message: Message) -> None:
        """Keep it if retained, and give it once to each session that has a matching filter."""
        topic, payload, qos, retain = message
        if retain and payload:
            self._retained.put(topic, message)
        elif retain:
            self._retained.remove(topic)
        matches = self._subscribers.matching_filters(topic)
        if not matches:
            return
        receivers = matches[0]
        if len(matches) > 1:
            receivers = {}
            for match in matches:
                for session, granted in match.items():
                    receivers[session] = max(granted, receivers.get(session, 0))
        for session, granted in receivers.items():
            session.deliver(Message(topic, payload, min(qos, granted), False))

    def subscribe(self, session: Session, topic_filter: str, qos: int) -> None:
        subscribers = self._subscribers.get(topic_filter)
        if subscribers is None:
            self._subscribers.put(topic_filter, {session: qos})
        else:
            subscribers[session] = qos
        session.filters.add(topic_filter)
        for message in self._retained.matching_topics(topic_filter):
            session.deliver(message._replace(qos=min(qos, message.qos)))

    def unsubscribe(self, session: Session, topic_filter: str) -> None:
        subscribers = self._subscribers.get(topic_filter)
        if subscribers is not None and subscribers.pop(session, None) is not None and not subscribers:
            self._subscribers.remove(topic_filter)
        session.filters.discard(topic_filter)

    def session_for(self, client_id: str, clean: bool) -> tuple[Session, bool]:
        """The session for a new connection, and whether it was there before; an older connection is cut (3.1.4)."""
        session = self.sessions.get(client_id)
        if session is not None and session.connection is not None:
            session.connection.close(abort=True)
        session = self.sessions.get(client_id)
        if session is not None and not clean:
            return session, True
        if session is not None:
            self.forget(session)
        session = self.sessions[client_id] = Session(self, client_id, clean)
        return session, False

    def forget(self, session: Session) -> None:
        for topic_filter in list(session.filters):
            self.unsubscribe(session, topic_filter)
        self.sessions.pop(session.client_id, None)

    # ---- time ----

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.sweep()

    def sweep(self) -> None:
        """Cut every connection that was silent for one and a half keepalives (3.1.2.10), or that never said CONNECT."""
        if self.frozen:
            return
        now = self.clock()
        for connection in list(self.connections):
            allowed = connection.keepalive_s * 1.5 if connection.session else CONNECT_TIMEOUT_S
            if allowed and now - connection.heard > allowed:
                connection.close(abort=True)

    # ---- faults, for tests ----

    def freeze(self) -> None:
        """Take connections and bytes, do nothing and answer nothing, until `thaw`: as a process that is stopped."""
        self.frozen = True

    def thaw(self) -> None:
        """Go on, with what arrived meanwhile first."""
        self.frozen = False
        for connection in list(self.connections):
            held, connection.held = connection.held, b""
            connection.flush()
            if held:
                connection.data_received(held)

    def drop_pubacks(self, count: int = 1, client_id: str | None = None) -> None:
        """Route the next `count` QoS 1 messages (of one client, or of any) without acknowledging them."""
        self._withheld[client_id] = self._withheld.get(client_id, 0) + count

    def withholds_puback(self, client_id: str) -> bool:
        for key in (client_id, None):
            if self._withheld.get(key, 0) > 0:
                self._withheld[key] -= 1
                return True
        return False

    def drop(self, client_id: str) -> None:
        """Break a client's connection without a word; its will is published. KeyError when it is not connected."""
        session = self.sessions[client_id]
        if session.connection is None:
            raise KeyError(client_id)
        session.connection.close(abort=True)

    def duplicate(self, count: int = 1) -> None:
        """Send the next `count` deliveries twice, to whomever they go."""
        self.duplicates += count

    def record(self, limit: int = 10_000) -> deque[Received]:
        """From now on keep the last `limit` PUBLISH packets received, as they arrived; the same deque is `log`."""
        self.log = deque(maxlen=limit)
        return self.log


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _serve(host: str, port: int, until_eof: bool) -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, done.set)
    if until_eof:
        loop.add_reader(0, lambda: None if os.read(0, 4096) else done.set())
    async with EmbeddedBroker(host, port) as broker:
        broker.complain = lambda text: print(text, file=sys.stderr, flush=True)
        print(f"listening {broker.host} {broker.port}", flush=True)
        await done.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lilong_tools.broker.embedded", description=VERSION)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=1883, help="0 for any free port, which is printed")
    parser.add_argument("--until-eof", action="store_true", help="for a parent process: stop when standard input ends")
    arguments = parser.parse_args()
    raise_file_limit()
    try:
        asyncio.run(_serve(arguments.host, arguments.port, arguments.until_eof))
    except BrokerError as error:
        print(error, file=sys.stdout if arguments.until_eof else sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
