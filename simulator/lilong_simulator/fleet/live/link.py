"""What a live device speaks over: its MQTT client, its connection, and what it has in flight."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from lilong_firmware.device import Device
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import link
from lilong_protocol.mqtt_packets import MqttError

from ..observer import CONNACK, ONLINE
from ..power import Fault
from .client import Client
from .refusal import NO_LOGIN, NO_SUBSCRIPTION, instead_of_connack, refused

if TYPE_CHECKING:
    from .connection import Connection
    from .fleet import LiveFleet

IN_FLIGHT = 32  # frames without their PUBACK beyond which those that are repeated anyway are skipped, as on a board

Flight = tuple[int, str, float]  # a frame without its PUBACK: packet id, class, due


class DeviceLink(ABC):
    """The present connection of one device, and the next; a subclass has what the device does."""

    __slots__ = ("base", "connection", "device", "fault", "fleet", "flight", "id", "mqtt", "windowed")

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        self.fleet = fleet
        self.id = device_id
        self.device: Any = device  # or one `Drifting` that stands for it
        self.base = base  # ms of the fleet's clock at the cold start
        self.mqtt = Client()
        self.connection: Connection | None = None
        self.flight: tuple[Flight, ...] = ()
        self.windowed = 0  # packet id of the windowed message in flight
        self.fault: Fault | None = None  # what a fault of the run does to it

    @abstractmethod
    def _settle(self, now: int) -> None:
        """Carry out what the device wants by now, and send what is to be sent."""

    @abstractmethod
    def _heard(self, now: int, cls: str, payload: bytes, retained: bool) -> None:
        """Something for the device."""

    # ---- what the connection tells

    def opened(self, will: bytes) -> None:
        fleet = self.fleet
        now = self._called(fleet.time())
        keepalive_s = link(self.device.rules.KIND)[1]
        told: tuple[str, bytes, int, bool] | None = (topics.up(fleet.tenant, self.id, topics.STATE), will, 1, True)
        if fleet.speech is not None:
            told = fleet.speech.will(self.id, will, fleet.time())
        login = fleet.target.login(self.id)
        if login is None:
            self.broken(NO_LOGIN)
            return
        self._write(self.mqtt.connect(now, self.id, keepalive_s, told, *login))
        self._settle(now)

    def arrived(self, data: bytes) -> None:
        client = self.mqtt
        now = self._called(self.fleet.time())
        pid = client.puback(data, now)
        if pid:
            self._published(now, pid)
            self._settle(now)
            return
        events: list[tuple[Any, ...]] = []
        fault = None
        try:
            client.feed(data, now, events)
        except MqttError as error:
            fault = instead_of_connack(data, str(error))
        for event in events:
            self._event(now, event)
        if fault is not None:
            self.broken(fault)
        else:
            self._settle(now)

    def broken(self, why: str) -> None:
        """The link is gone, or could not be had."""
        if self.connection is None:
            return
        now = self._called(self.fleet.time())
        self._part(None)
        self.fleet.trouble(self.id, why)
        self.device.disconnected(now)
        self._settle(now)

    # ---- what the device wants

    def hang_up(self) -> None:
        """Leave in good order: the broker forgets the will."""
        self.mqtt.disconnect()
        if self.connection is not None:
            self._part(self.mqtt.take())

    def publish(self, now: int, cls: str, frame: bytes, qos: int, windowed: bool) -> None:
        client = self.mqtt
        fleet = self.fleet
        connection = self.connection
        if (
            client.state != mqtt.READY
            or connection is None
            or (not windowed and (client.in_flight >= IN_FLIGHT or connection.stalled))
        ):
            # The link has just broken, or the broker has stalled: the device will repeat what matters.
            fleet.observer.skipped(fleet.time(), self.id, cls)
            return
        if fleet.speech is None:
            topic = topics.up(fleet.tenant, self.id, cls).encode()
            told = (len(topic).to_bytes(2, "big") + topic, frame, topics.retained(cls))
        else:
            said = fleet.speech.message(self.id, frame, self.device.uplink.boot, self.base, fleet.time())
            if said is None:
                fleet.observer.left_out(fleet.time(), self.id, cls, frame)
                if windowed:
                    self.device.published(now)
                return
            told = said
        pid = client.publish_to(told[0], told[1], qos, told[2], now)
        if pid:
            self.flight += ((pid, cls, fleet.called_for),)
        if windowed:
            self.windowed = pid
        if pid and not topics.up_qos(cls):
            fleet.observer.answered()
        fleet.observer.sent(fleet.time(), self.id, cls, frame, fleet.called_for)

    # ---- inside

    def _part(self, farewell: bytes | None) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        self.mqtt.close()
        connection.leave(farewell)
        observer, now = self.fleet.observer, self.fleet.time()
        flight, self.flight = self.flight, ()
        self.windowed = 0
        for _, cls, due in flight:
            observer.lost(now, self.id, cls, due)
        if connection.online:
            observer.link(now, self.id, False)

    def _write(self, data: bytes) -> None:
        if self.connection is not None:
            self.connection.write(data)

    def _called(self, due: float) -> int:
        """The device is called for that instant of the fleet's clock; its uptime then."""
        self.fleet.called_for = due
        return int(due) - self.base

    def _event(self, now: int, event: tuple[Any, ...]) -> None:
        what = event[0]
        device = self.device
        if what == mqtt.PUBLISHED:
            self._published(now, event[1])
        elif what == mqtt.MESSAGE:
            _, topic, payload, _, retained = event
            down = topics.down(self.fleet.tenant, self.id, "")
            if topic.startswith(down):
                self._heard(now, topic[len(down) :], payload, retained)
        elif what == mqtt.CONNECTED:
            self._reached(CONNACK)
            if self.fleet.speech is not None:
                self._reached(ONLINE)
                device.connected(now)
                return
            self.mqtt.subscribe(topics.down_filter(self.fleet.tenant, self.id), 1, now)
        elif what == mqtt.SUBSCRIBED:
            if event[2] > 1:
                self.broken(NO_SUBSCRIPTION)
            else:
                self._reached(ONLINE)
                device.connected(now)
        elif what == mqtt.REFUSED:
            self.broken(refused(event[1]))

    def _reached(self, stage: str) -> None:
        """The connection has come so far."""
        fleet, connection = self.fleet, self.connection
        assert connection is not None
        fleet.observer.connect(fleet.called_for, self.id, stage, connection.wanted)
        if stage == CONNACK:
            connection.answered()
        else:
            connection.online = True
            connection.wanted = None
            fleet.observer.link(fleet.called_for, self.id, True)

    def _published(self, now: int, pid: int) -> None:
        flight = self.flight
        for at, (sent, cls, due) in enumerate(flight):
            if sent == pid:
                self.flight = flight[:at] + flight[at + 1 :]
                self.fleet.observer.puback(self.fleet.called_for, self.id, cls, due)
                break
        if pid == self.windowed:
            self.windowed = 0
            self.device.published(now)
