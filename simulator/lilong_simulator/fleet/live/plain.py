"""Plain MQTT clients that publish bytes of no meaning at a steady rate: a quick check of a broker, and the floor."""

from collections.abc import Callable
from random import Random
from typing import Any

from lilong_firmware.effects import NEVER
from lilong_protocol import mqtt
from lilong_protocol.mqtt_packets import MqttError, text_field

from ..observer import CONNACK, Observer
from .client import Client
from .connection import Connection
from .crowd import Crowd
from .dial import Target
from .refusal import NO_LOGIN, instead_of_connack, refused

PLAIN = "plain"
"""The class that an observer is told."""
PUBLISH_MS = 1  # messages are due at times of their own, and are sent at the next look: no event loop looks oftener
PUBLISH_SLICE = 200
BACKOFF_MS, BACKOFF_CAP_MS = 4_000, 60_000
KEEPALIVE_S = 60
IN_FLIGHT = 32
TOPIC = "lilong-plain/%s"


class PlainClient:
    """One client; its topic carries its id."""

    __slots__ = ("_attempt", "connection", "crowd", "due", "flight", "id", "mqtt")

    def __init__(self, crowd: "PlainClients", client_id: str) -> None:
        self.crowd = crowd
        self.id = client_id
        self.due = NEVER
        self.mqtt = Client()
        self.connection: Connection | None = None
        self.flight: tuple[tuple[int, str, float], ...] = ()
        self._attempt = 0

    def connect(self) -> None:
        crowd = self.crowd
        self.connection = crowd.dialer.connection(self, b"", crowd.time())

    def publish(self, due: float) -> None:
        """Send the message that was due then."""
        crowd, client, connection = self.crowd, self.mqtt, self.connection
        if client.state != mqtt.READY or connection is None or client.in_flight >= IN_FLIGHT or connection.stalled:
            crowd.observer.skipped(crowd.time(), self.id, PLAIN)
            return
        field = text_field(TOPIC % self.id, "topic")
        pid = client.publish_to(field, crowd.payload, crowd.qos, False, int(crowd.time()))
        if pid:
            self.flight += ((pid, PLAIN, due),)
        connection.write(client.take())
        crowd.observer.sent(crowd.time(), self.id, PLAIN, crowd.payload, due)
        self._look()

    # ---- the connection

    def opened(self, _: bytes) -> None:
        crowd = self.crowd
        login = crowd.target.login(self.id)
        if login is None:
            self.broken(NO_LOGIN)
            return
        self._write(self.mqtt.connect(crowd.now(), self.id, KEEPALIVE_S, None, *login))
        self._look()

    def arrived(self, data: bytes) -> None:
        client = self.mqtt
        time = self.crowd.time()
        pid = client.puback(data, int(time))
        if pid:
            self._published(time, pid)
            return
        events: list[tuple[Any, ...]] = []
        try:
            client.feed(data, int(time), events)
        except MqttError as error:
            self.broken(instead_of_connack(data, str(error)))
            return
        for event in events:
            if event[0] == mqtt.PUBLISHED:
                self._published(time, event[1])
            elif event[0] == mqtt.CONNECTED and self.connection is not None:
                self._attempt = 0
                self.connection.online = True
                self.crowd.observer.connect(time, self.id, CONNACK, self.connection.wanted)
                self.crowd.observer.link(time, self.id, True)
                self.connection.answered()
            elif event[0] == mqtt.REFUSED:
                self.broken(refused(event[1]))
        self._look()

    def broken(self, why: str) -> None:
        """The link is gone, or could not be had: another try after a wait drawn from a growing window."""
        if self.connection is None:
            return
        self._part(None)
        crowd = self.crowd
        crowd.trouble(self.id, why)
        window = min(BACKOFF_CAP_MS, BACKOFF_MS << min(self._attempt, 8))
        self._attempt += 1
        crowd.schedule(self, crowd.now() + crowd.draws.randrange(window))

    def hang_up(self) -> None:
        self.mqtt.disconnect()
        if self.connection is not None:
            self._part(self.mqtt.take())

    def step(self) -> None:
        now = self.crowd.now()
        if self.connection is None:
            self.connect()
            return
        try:
            self.mqtt.step(now)
        except MqttError as error:
            self.broken(str(error))
            return
        if self.mqtt.out:
            self._write(self.mqtt.take())
        self._look()

    # ---- inside

    def _write(self, data: bytes) -> None:
        if self.connection is not None:
            self.connection.write(data)

    def _look(self) -> None:
        due = self.mqtt.deadline
        if due is not None and due < self.due:
            self.crowd.schedule(self, due)

    def _part(self, farewell: bytes | None) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        self.mqtt.close()
        connection.leave(farewell)
        observer, now = self.crowd.observer, self.crowd.time()
        flight, self.flight = self.flight, ()
        for _, cls, due in flight:
            observer.lost(now, self.id, cls, due)
        if connection.online:
            observer.link(now, self.id, False)

    def _published(self, time: float, pid: int) -> None:
        for at, (sent, cls, due) in enumerate(self.flight):
            if sent == pid:
                self.flight = self.flight[:at] + self.flight[at + 1 :]
                self.crowd.observer.puback(time, self.id, cls, due)
                break


class PlainClients(Crowd[PlainClient]):
    """`publish` begins the messages, evenly spaced over all clients: the n-th is due n / rate after that, whatever
    happens, so that neither a broker nor this process can stall unseen."""

    def __init__(
        self,
        target: Target,
        observer: Observer,
        payload: bytes,
        qos: int = 1,
        time: Callable[[], float] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(target, observer, time)
        self.payload = payload
        self.qos = qos
        self.draws = Random(seed)  # one for all of them
        self._clients: list[PlainClient] = []
        self._per_ms = 0.0
        self._began = 0.0
        self._count = 0

    def add(self, client_id: str) -> None:
        """A client that connects now."""
        client = PlainClient(self, client_id)
        self.members[client_id] = client
        self._clients.append(client)
        client.connect()

    def publish(self, rate: float) -> None:
        """From now on, `rate` messages a second in all; 0: no more."""
        pacing = self._per_ms > 0
        self._per_ms = rate / 1000
        self._began = self.time()
        self._count = 0
        if rate and not pacing:
            self._pace()

    def _pace(self) -> None:
        if self._closed or not self._per_ms:
            return
        time = self.time()
        clients, per_ms = self._clients, self._per_ms
        for _ in range(PUBLISH_SLICE):
            due = self._began + self._count / per_ms
            if due > time:
                wait = max(PUBLISH_MS, due - time)
                break
            self.observer.lag(self.time() - due)
            clients[self._count % len(clients)].publish(due)
            self._count += 1
        else:
            wait = 0.0  # sockets have their turn, no more
        self._loop.call_later(wait / 1000, self._pace)
