"""The MQTT side of a replayed device: its connection, and how it is had again when it breaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random
from typing import Any

from lilong_firmware.effects import NEVER
from lilong_firmware.session import BACKOFF_BASE_MS, BACKOFF_CAP_MS, LINGER_MS
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import link
from lilong_protocol.mqtt_packets import MqttError
from lilong_protocol.registry import KIND

from ..fleet.live.client import Client
from ..fleet.live.connection import Connection
from ..fleet.live.crowd import Crowd
from ..fleet.live.dial import Target
from ..fleet.live.refusal import NO_LOGIN, NO_SUBSCRIPTION, instead_of_connack, refused
from ..fleet.observer import CONNACK, ONLINE, Observer
from .fresh import Voice

STORED_ACK, PUBACK, OBSERVED = "stored", "puback", "observed"
"""What tells that an alarm frame has been taken over: as `accept` of a scenario."""
KEEPALIVE_S = 60  # (ours) of a kind that the registry has not
KINDS = {row.number for row in KIND.values()}


class ReplayCrowd(Crowd[Any]):
    """All devices of a replay, whatever their tenants; a copy's devices have ids of their own."""

    def __init__(
        self, target: Target, observer: Observer, time: Callable[[], float] | None = None, seed: int = 0,
        linger_ms: int = LINGER_MS,
    ) -> None:  # fmt: skip
        super().__init__(target, observer, time)
        self.draws = Random(seed)  # of waits, one for all of them
        self.linger_ms = linger_ms
        self.raised: set[tuple[str, int, int]] = set()
        self.answered: frozenset[str] = frozenset()  # classes with QoS 1 that the protocol has with QoS 0
        self.accept = STORED_ACK  # what tells that an alarm frame has been taken over
        self.unborn = 0  # frames of devices whose birth is not in the recording


class ReplayLink(ABC):
    """What a replayed device says over; a subclass has what is said."""

    __slots__ = ("_attempt", "_crowd", "_online", "_retry_at", "_voice", "connection", "due", "id", "mqtt")

    def __init__(self, crowd: ReplayCrowd, voice: Voice) -> None:
        self.id = voice.device
        self.due = NEVER
        self.mqtt = Client()
        self.connection: Connection | None = None
        self._crowd = crowd
        self._voice = voice
        self._online = False
        self._attempt = 0
        self._retry_at = NEVER

    # ---- what a subclass does

    @abstractmethod
    def _part(self, farewell: bytes | None) -> None:
        """The connection is over, after a last packet or at once."""

    @abstractmethod
    def _published(self, time: float, pid: int) -> None:
        """A PUBACK has come."""

    @abstractmethod
    def _heard(self, time: float, cls: str, data: bytes) -> None:
        """Something for the device."""

    @abstractmethod
    def _go_on(self) -> None:
        """There may be room for what waits; then look when something is due."""

    # ---- what the connection tells

    def opened(self, will: bytes) -> None:
        crowd, voice = self._crowd, self._voice
        login = crowd.target.login(self.id)
        if login is None:
            self.broken(NO_LOGIN)
            return
        topic = topics.up(voice.tenant, self.id, topics.STATE)
        self._write(self.mqtt.connect(crowd.now(), self.id, self._keepalive_s(), (topic, will, 1, True), *login))
        self._go_on()

    def arrived(self, data: bytes) -> None:
        time = self._crowd.time()
        pid = self.mqtt.puback(data, int(time))
        if pid:
            self._published(time, pid)
        else:
            events: list[tuple[Any, ...]] = []
            try:
                self.mqtt.feed(data, int(time), events)
            except MqttError as error:
                self.broken(instead_of_connack(data, str(error)))
                return
            for event in events:
                self._event(time, event)
        self._go_on()

    def broken(self, why: str) -> None:
        """The link is gone, or could not be had: another try after a wait drawn from a growing window."""
        if self.connection is None:
            return
        self._part(None)
        crowd = self._crowd
        crowd.trouble(self.id, why)
        window = min(BACKOFF_CAP_MS, BACKOFF_BASE_MS << min(self._attempt, 8))
        self._attempt += 1
        self._retry_at = crowd.now() + crowd.draws.randrange(window)
        self._go_on()

    def hang_up(self) -> None:
        """Leave in good order."""
        self.mqtt.disconnect()
        if self.connection is not None:
            self._part(self.mqtt.take())

    # ---- inside

    def _event(self, time: float, event: tuple[Any, ...]) -> None:
        what = event[0]
        if what == mqtt.PUBLISHED:
            self._published(time, event[1])
        elif what == mqtt.MESSAGE:
            _, topic, payload, _, _ = event
            down = topics.down(self._voice.tenant, self.id, "")
            if topic.startswith(down):
                self._heard(time, topic[len(down) :], payload)
        elif what == mqtt.CONNECTED:
            self._reached(time, CONNACK)
            self.mqtt.subscribe(topics.down_filter(self._voice.tenant, self.id), 1, int(time))
        elif what == mqtt.SUBSCRIBED:
            if event[2] > 1:
                self.broken(NO_SUBSCRIPTION)
            else:
                self._reached(time, ONLINE)
        elif what == mqtt.REFUSED:
            self.broken(refused(event[1]))

    def _reached(self, time: float, stage: str) -> None:
        connection, observer = self.connection, self._crowd.observer
        assert connection is not None
        observer.connect(time, self.id, stage, connection.wanted)
        if stage == CONNACK:
            connection.answered()
        else:
            connection.online = self._online = True
            connection.wanted = None
            self._attempt = 0
            observer.link(time, self.id, True)

    def _keepalive_s(self) -> int:
        kind = self._voice.kind
        return link(kind)[1] if kind in KINDS else KEEPALIVE_S

    def _write(self, data: bytes) -> None:
        if self.connection is not None:
            self.connection.write(data)
