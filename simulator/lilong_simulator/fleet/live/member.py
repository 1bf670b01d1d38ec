"""One device of a live fleet: its MQTT client, its connection, and what it has in flight."""

from typing import TYPE_CHECKING, Any

from lilong_firmware.device import Device
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import link
from lilong_protocol.mqtt_packets import MqttError

from ..observer import CONNACK, ONLINE
from ..plant import Plant
from ..slots import Flash

if TYPE_CHECKING:
    from .connection import Connection
    from .fleet import LiveFleet

IN_FLIGHT = 32  # frames without their PUBACK beyond which those that are repeated anyway are skipped, as on a board

Flight = tuple[int, str, float]  # a frame without its PUBACK: packet id, class, due


class LiveDevice:
    """One device and its present connection."""

    __slots__ = (
        "base", "called_for", "connection", "device", "due", "flash", "fleet", "flight", "id", "mqtt", "online",
        "plant", "slots", "wanted", "will", "windowed",
    )  # fmt: skip

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        self.fleet = fleet
        self.id = device_id
        self.device = device
        self.base = base  # ms of the fleet's clock at the cold start
        self.due = NEVER
        self.called_for: float = base  # the instant for which the device was last called, on the run's clock
        self.online = False
        self.wanted: float = base  # when it wanted its connection
        self.mqtt = mqtt.Client()
        self.connection: Connection | None = None
        self.flight: tuple[Flight, ...] = ()
        self.will = b""
        self.windowed = 0  # packet id of the windowed message in flight
        self.plant = Plant()
        self.slots = {channel[0]: i for i, channel in enumerate(device.rules.CHANNELS)}
        self.flash: Flash | None = None  # where it was offered firmware

    # ---- the connection

    def opened(self) -> None:
        fleet = self.fleet
        will = (topics.up(fleet.tenant, self.id, topics.STATE), self.will, 1, True)
        keepalive_s = link(self.device.rules.KIND)[1]
        self._write(self.mqtt.connect(self._now(), self.id, keepalive_s, will, *fleet.target.login(self.id)))
        self.settle()

    def arrived(self, data: bytes) -> None:
        events: list[tuple[Any, ...]] = []
        fault = None
        self.called_for = self.fleet.time()
        try:
            self.mqtt.feed(data, self._now(), events)
        except MqttError as error:
            fault = str(error)
        for event in events:
            self._event(event)
        if fault is not None:
            self.broken(fault)
        else:
            self.settle()

    def broken(self, why: str) -> None:
        """The link is gone, or could not be had."""
        if self.connection is None:
            return
        self.called_for = self.fleet.time()
        self._part(None)
        self.fleet.trouble(self.id, why)
        self.device.disconnected(self._now())
        self.settle()

    def hang_up(self) -> None:
        """Leave in good order: the broker forgets the will."""
        self.mqtt.disconnect()
        if self.connection is not None:
            self._part(self.mqtt.take())

    def burn(self) -> None:
        """End for good; the broker publishes the will."""
        self.due = NEVER
        if self.connection is not None:
            self._part(None)

    def _part(self, farewell: bytes | None) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        self.mqtt.close()
        connection.leave(farewell)
        observer, now = self.fleet.observer, self.fleet.time()
        flight, self.flight = self.flight, ()
        for _, cls, due in flight:
            observer.lost(now, self.id, cls, due)
        if self.online:
            self.online = False
            observer.link(now, self.id, False)

    def _write(self, data: bytes) -> None:
        if self.connection is not None:
            self.connection.write(data)

    # ---- time

    def step(self) -> None:
        """A deadline of the device or of its MQTT client has come."""
        now = self._now()
        client_due = self.mqtt.deadline
        if client_due is not None and client_due <= now:
            try:
                self.mqtt.step(now)
            except MqttError as error:
                self.broken(str(error))
        if self.flash is not None and self.flash.reset_at <= self.fleet.now():
            self.restart()
        elif self.device.deadline <= now:
            self.called_for = self.device.deadline + self.base
            self.device.step(now)
        self.settle()

    def restart(self) -> None:
        """A reset, into the firmware that the slots choose. The connection breaks without a word."""
        if self.connection is not None:
            self._part(None)
        self.mqtt = mqtt.Client()
        self.windowed = 0
        assert self.flash is not None
        self.base = self.fleet.now()
        self.called_for = self.base
        self.device = self.flash.restart(self.base, self.device)
        if self.flash.reset_at == NEVER:
            self.device.start(0)

    def sense(self, channel: str, value: int | None, due: float) -> None:
        self.called_for = due
        self.device.sense(self._now(), self.slots[channel], value)
        self.settle()

    def settle(self) -> None:
        """Carry out the effects, send what is to be sent, and stand in the calendar for what comes next."""
        device = self.device
        while device.out:
            effects, device.out = device.out, []
            for effect in effects:
                self._carry_out(effect)
        client = self.mqtt
        if client.out:
            self._write(client.take())
        if self.flash is not None:
            if self.flash.ready(device):
                self.restart()
                self.settle()
                return
            if self.flash.reset_at < NEVER:
                self.fleet.schedule(self, self.flash.reset_at)
        due = device.deadline
        client_due = client.deadline
        if client_due is not None and client_due < due:
            due = client_due
        if due < NEVER:
            self.fleet.schedule(self, due + self.base)

    # ---- inside

    def _now(self) -> int:
        return self.fleet.now() - self.base

    def _event(self, event: tuple[Any, ...]) -> None:
        what = event[0]
        device = self.device
        if what == mqtt.PUBLISHED:
            self._published(event[1])
        elif what == mqtt.MESSAGE:
            _, topic, payload, _, retained = event
            down = topics.down(self.fleet.tenant, self.id, "")
            if topic.startswith(down):
                device.received(self._now(), topic[len(down) :], payload, retained)
        elif what == mqtt.CONNECTED:
            if self.connection is not None:
                self.connection.answered()
            self.fleet.observer.connect(self.called_for, self.id, CONNACK, self.wanted)
            self.mqtt.subscribe(topics.down_filter(self.fleet.tenant, self.id), 1, self._now())
        elif what == mqtt.SUBSCRIBED:
            if event[2] > 1:
                self.broken("the broker refuses the subscription to d/#: check its access list")
            else:
                observer = self.fleet.observer
                self.online = True
                observer.connect(self.called_for, self.id, ONLINE, self.wanted)
                observer.link(self.called_for, self.id, True)
                device.connected(self._now())
        elif what == mqtt.REFUSED:
            self.broken(f"the broker refuses the connection (CONNACK code {event[1]})")

    def _carry_out(self, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        fleet = self.fleet
        if what == PUBLISH:
            self._publish(*effect[1:])
        elif what == NOTE:
            fleet.observer.note(fleet.time(), self.id, *effect[1:])
            if effect[1] == ACCEPTED and self.flash is not None:
                self.flash.accepted(self._now(), self.device)
        elif what == OUTPUT:
            fleet.observer.output(fleet.time(), self.id, effect[1], effect[2])
            for channel, value in self.plant.answer(effect[1], effect[2]):
                self.device.sense(self._now(), self.slots[channel], value)
        elif what == CONNECT:
            self.will = effect[1]
            self.wanted = self.called_for
            self.connection = fleet.dialer.connection(self)
        elif what == DISCONNECT:
            self.hang_up()
        elif what == RESTART and self.flash is not None:
            self.flash.restarts = True

    def _publish(self, cls: str, frame: bytes, qos: int, windowed: bool) -> None:
        client = self.mqtt
        fleet = self.fleet
        if client.state != mqtt.READY or (not windowed and client.in_flight >= IN_FLIGHT):
            # The link has just broken, or the broker has stalled: the device will repeat what matters.
            fleet.observer.skipped(fleet.time(), self.id, cls)
            return
        topic = topics.up(fleet.tenant, self.id, cls)
        pid = client.publish(topic, frame, qos, topics.retained(cls), self._now())
        if pid:
            self.flight += ((pid, cls, self.called_for),)
        if windowed:
            self.windowed = pid
        fleet.observer.sent(fleet.time(), self.id, cls, frame, self.called_for)

    def _published(self, pid: int) -> None:
        flight = self.flight
        for at, (sent, cls, due) in enumerate(flight):
            if sent == pid:
                self.flight = flight[:at] + flight[at + 1 :]
                self.fleet.observer.puback(self.called_for, self.id, cls, due)
                break
        if pid == self.windowed:
            self.windowed = 0
            self.device.published(self._now())
