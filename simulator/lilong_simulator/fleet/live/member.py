"""One device of a live fleet: its MQTT client, its connection, and what it has in flight."""

from functools import cache
from typing import TYPE_CHECKING, Any

from lilong_firmware.device import Device
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import link
from lilong_protocol.mqtt_packets import MqttError

from ..observer import CONNACK, ONLINE
from ..plant import ANSWERED, LOAD, Plant
from ..power import Fault
from ..slots import Flash
from . import faulty
from .client import Client
from .refusal import NO_LOGIN, NO_SUBSCRIPTION, instead_of_connack, refused

if TYPE_CHECKING:
    from .connection import Connection
    from .fleet import LiveFleet

IN_FLIGHT = 32  # frames without their PUBACK beyond which those that are repeated anyway are skipped, as on a board

Flight = tuple[int, str, float]  # a frame without its PUBACK: packet id, class, due


@cache
def slots_of(channels: tuple[tuple[str, int, int], ...]) -> dict[str, int]:
    """The number of each channel of a kind, by name."""
    return {channel[0]: at for at, channel in enumerate(channels)}


class LiveDevice:
    """One device and its present connection."""

    __slots__ = (
        "_plant", "base", "connection", "device", "due", "fault", "flash", "fleet", "flight", "id", "mqtt", "slots",
        "windowed",
    )  # fmt: skip

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        self.fleet = fleet
        self.id = device_id
        self.device = device
        self.base = base  # ms of the fleet's clock at the cold start
        self.due = NEVER  # when it is to be looked at; it may have nothing to do then
        self.mqtt = Client()
        self.connection: Connection | None = None
        self.flight: tuple[Flight, ...] = ()
        self.windowed = 0  # packet id of the windowed message in flight
        self.slots = slots_of(device.rules.CHANNELS)
        self.flash: Flash | None = None  # where it was offered firmware
        self._plant: Plant | None = None
        self.fault: Fault | None = None  # what a fault of the run does to it

    @property
    def plant(self) -> Plant:
        """What hangs on its outputs."""
        if self._plant is None:
            self._plant = Plant()
        return self._plant

    @plant.setter
    def plant(self, plant: Plant) -> None:
        self._plant = plant

    # ---- the connection

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
        self.windowed = 0
        for _, cls, due in flight:
            observer.lost(now, self.id, cls, due)
        if connection.online:
            observer.link(now, self.id, False)

    def _write(self, data: bytes) -> None:
        if self.connection is not None:
            self.connection.write(data)

    # ---- time

    def step(self) -> None:
        """The time has come for which it stands in the calendar."""
        time = self.fleet.time()
        now = int(time) - self.base
        due = self._deadline()
        if due > now:
            self._settle(now)
            return
        self.fleet.observer.lag(time - self.base - due)
        client_due = self.mqtt.deadline
        if client_due is not None and client_due <= now:
            try:
                self.mqtt.step(now)
            except MqttError as error:
                self.broken(str(error))
        if self.flash is not None and self.flash.reset_at <= time:
            self.restart()
            now = int(time) - self.base
        elif self.device.deadline <= now:
            self._called(self.device.deadline + self.base)
            self.device.step(now)
        self._settle(now)

    def restart(self) -> None:
        """A reset, into the firmware that the slots choose. The connection breaks without a word."""
        if self.connection is not None:
            self._part(None)
        self.mqtt = Client()
        assert self.flash is not None
        self.base = self.fleet.now()
        self._called(self.base)
        self.device = self.flash.restart(self.base, self.device)
        if self.flash.reset_at == NEVER:
            self.device.start(0)

    def sense(self, channel: str, value: int | None, due: float | None) -> None:
        if channel == LOAD:
            for felt, drawn in self.plant.loaded(value or 0):
                self.sense(felt, drawn, due)
            return
        time = self.fleet.time()
        self._called(time if due is None else due)
        now = int(time) - self.base
        if self.fault is not None and not self.fault.powered:
            faulty.remember(self, channel, value)
            return
        self.device.sense(now, self.slots[channel], value)
        self._settle(now)

    def settle(self) -> None:
        """Carry out what its device wants, after something was done to it from outside."""
        self._settle(self._called(self.fleet.time()))

    def _settle(self, now: int) -> None:
        """Carry out the effects, send what is to be sent, and stand in the calendar for what comes next."""
        device = self.device
        if self.fault is not None and not self.fault.powered:
            device.out = []
            return
        while device.out:
            effects, device.out = device.out, []
            for effect in effects:
                self._carry_out(now, effect)
        if self.mqtt.out:
            self._write(self.mqtt.take())
        if self.flash is not None and self.flash.ready(device):
            self.restart()
            self._settle(0)
            return
        due = self._deadline()
        if due < NEVER:
            due += self.base
            if due < self.due:  # else it is looked at before that anyway
                self.fleet.schedule(self, due)

    def _deadline(self) -> int:
        """When something is to be done next, uptime in ms."""
        due = self.device.deadline
        client_due = self.mqtt.deadline
        if client_due is not None and client_due < due:
            due = client_due
        if self.flash is not None and self.flash.reset_at < NEVER:
            due = min(due, self.flash.reset_at - self.base)
        return due

    # ---- inside

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
                if self.fault is not None and self.fault.radio is not None:
                    faulty.receive(self, topic[len(down) :], payload, retained)
                else:
                    device.received(now, topic[len(down) :], payload, retained)
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

    def _carry_out(self, now: int, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        fleet = self.fleet
        if what == PUBLISH:
            if self.fault is not None and self.fault.radio is not None:
                faulty.publish(self, *effect[1:])
            else:
                self.publish(now, *effect[1:])
        elif what == NOTE:
            fleet.observer.note(fleet.time(), self.id, *effect[1:])
            if effect[1] == ACCEPTED and self.flash is not None:
                self.flash.accepted(now, self.device)
        elif what == OUTPUT:
            fleet.observer.output(fleet.time(), self.id, effect[1], effect[2])
            if effect[1] in ANSWERED:
                for channel, value in self.plant.answer(effect[1], effect[2]):
                    self.device.sense(now, self.slots[channel], value)
        elif what == CONNECT:
            if self.fault is not None and self.fault.cut:
                fleet.trouble(self.id, faulty.CUT)
                self.device.disconnected(now)
                return
            self.connection = fleet.dialer.connection(self, effect[1], fleet.called_for)
        elif what == DISCONNECT:
            self.hang_up()
        elif what == RESTART and self.flash is not None:
            self.flash.restarts = True

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
        fleet.observer.sent(fleet.time(), self.id, cls, frame, fleet.called_for)

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
