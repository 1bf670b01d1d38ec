"""Live: tens of thousands of real MQTT connections from one process, one lean protocol object a connection."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from lilong_firmware.device import Device
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import link
from lilong_protocol.mqtt_packets import MqttError

from .calendar import Calendar
from .observer import Observer
from .plant import Plant
from .slots import Flash, Simulated, simulated_maker

STEP_SLICE = 200  # devices stepped before the event loop gets its turn: sockets must not starve
IN_FLIGHT = 32  # frames without their PUBACK beyond which those that are repeated anyway are skipped, as on a board


class Connection(asyncio.Protocol):
    """One connection of a device. Once the device has left it, nothing more is told of it."""

    __slots__ = ("member", "transport")

    def __init__(self, member: "LiveDevice") -> None:
        self.member: LiveDevice | None = member
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.member is None:
            self.transport.abort()  # the device had no more patience
        else:
            self.member.opened()

    def data_received(self, data: bytes) -> None:
        if self.member is not None:
            self.member.arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(str(exc or "closed by the broker"))

    def fail(self, why: str) -> None:
        """The connection is gone, or could not be had."""
        if self.member is not None:
            self.member.broken(why)

    def leave(self, farewell: bytes | None) -> None:
        """The device wants no more of it: after a last packet, or at once."""
        self.member = None
        if self.transport is None:
            return
        if farewell is None:
            self.transport.abort()
        else:
            self.transport.write(farewell)
            self.transport.close()


class LiveDevice:
    """One device and its present connection."""

    __slots__ = (
        "base", "connection", "device", "due", "flash", "fleet", "id", "mqtt", "plant", "slots", "will", "windowed",
    )  # fmt: skip

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        self.fleet = fleet
        self.id = device_id
        self.device = device
        self.base = base  # ms of the fleet's clock at the cold start
        self.due = NEVER
        self.mqtt = mqtt.Client()
        self.connection: Connection | None = None
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
        self._write(self.mqtt.connect(self._now(), self.id, keepalive_s, will, fleet.username, fleet.password))
        self.settle()

    def arrived(self, data: bytes) -> None:
        events: list[tuple[Any, ...]] = []
        fault = None
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
        if connection.transport is not None:
            self.fleet.observer.link(self.fleet.time(), self.id, False)

    def _write(self, data: bytes) -> None:
        if self.connection is not None and self.connection.transport is not None:
            self.connection.transport.write(data)

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
        self.device = self.flash.restart(self.base, self.device)
        if self.flash.reset_at == NEVER:
            self.device.start(0)

    def sense(self, channel: str, value: int | None) -> None:
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
            if event[1] == self.windowed:
                self.windowed = 0
                device.published(self._now())
        elif what == mqtt.MESSAGE:
            _, topic, payload, _, retained = event
            down = topics.down(self.fleet.tenant, self.id, "")
            if topic.startswith(down):
                device.received(self._now(), topic[len(down) :], payload, retained)
        elif what == mqtt.CONNECTED:
            self.mqtt.subscribe(topics.down_filter(self.fleet.tenant, self.id), 1, self._now())
        elif what == mqtt.SUBSCRIBED:
            if event[2] > 1:
                self.broken("the broker refuses the subscription to d/#: check its access list")
            else:
                self.fleet.observer.link(self.fleet.time(), self.id, True)
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
            self.connection = Connection(self)
            fleet.open(self.connection)
        elif what == DISCONNECT:
            self.hang_up()
        elif what == RESTART and self.flash is not None:
            self.flash.restarts = True

    def _publish(self, cls: str, frame: bytes, qos: int, windowed: bool) -> None:
        client = self.mqtt
        if client.state != mqtt.READY or (not windowed and client.in_flight >= IN_FLIGHT):
            return  # the link has just broken, or the broker has stalled: the device will repeat what matters
        fleet = self.fleet
        topic = topics.up(fleet.tenant, self.id, cls)
        pid = client.publish(topic, frame, qos, topics.retained(cls), self._now())
        if windowed:
            self.windowed = pid
        fleet.observer.sent(fleet.time(), self.id, cls, frame)


class LiveFleet:
    """Devices of one tenant against one broker. `time` gives the run's clock in ms; tests inject their own."""

    def __init__(
        self,
        tenant: str,
        host: str,
        port: int,
        observer: Observer,
        time: Callable[[], float] | None = None,
        username: str | None = None,
        password: bytes | None = None,
    ) -> None:
        self.tenant = tenant
        self.observer = observer
        self.username = username
        self.password = password
        self.members: dict[str, LiveDevice] = {}
        self.troubles: dict[str, int] = {}  # why links broke or could not be had, and how often
        self._host = host
        self._port = port
        self._loop = asyncio.get_running_loop()
        loop_time = self._loop.time
        self.time: Callable[[], float] = time or (lambda: loop_time() * 1000)
        self._calendar: Calendar[LiveDevice] = Calendar()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._opening: set[asyncio.Task[None]] = set()
        self._closed = False
        self._updating = self._take_updates  # one object for all of them

    def now(self) -> int:
        return int(self.time())

    def add(self, device_id: str, device: Device, base: int, values: Mapping[str, int] = MappingProxyType({})) -> None:
        """Power a device on at `base` of the fleet's clock, which is now or has just been.

        values: what its sensors read then, by channel, where that differs from the idle values of its kind.
        """
        member = LiveDevice(self, device_id, device, base)
        self.members[device_id] = member
        device.updating = self._updating
        for channel, value in values.items():
            device.sense(0, member.slots[channel], value)
        device.start(0)
        member.settle()

    def sense(self, device_id: str, channel: str, value: int | None) -> None:
        member = self.members.get(device_id)
        if member is not None:  # else it has burnt
            member.sense(channel, value)

    def _take_updates(self, device: Device) -> Simulated:
        """It is offered something."""
        member = self.members[device.identity.device]
        if member.flash is None:
            member.flash = Flash(simulated_maker(device.rules.KIND))
        return member.flash.updating(device)

    def destroy(self, device_id: str) -> None:
        """A device burns: its connection breaks without a word, and it is never heard of again."""
        self.members.pop(device_id).burn()

    def trouble(self, device_id: str, why: str) -> None:
        self.troubles[why] = self.troubles.get(why, 0) + 1

    def open(self, connection: Connection) -> None:
        """Open a connection; one that fails is told to its device as a lost link."""
        task = self._loop.create_task(self._open(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, connection: Connection) -> None:
        try:
            await self._loop.create_connection(lambda: connection, self._host, self._port)
        except OSError as error:
            connection.fail(f"no connection to {self._host}:{self._port}: {error.strerror or error}")

    def schedule(self, member: LiveDevice, due: int) -> None:
        if due == member.due:
            return
        member.due = due
        self._calendar.add(due, member)
        if due < self._timer_at:
            self._arm(due)

    def _arm(self, due: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = self._loop.call_later(max(0.0, (due - self.time()) / 1000), self.run_due)

    def run_due(self) -> None:
        """Step every device whose time has come, a slice at a time."""
        if self._closed:
            return
        self._timer_at = -1  # what is scheduled meanwhile is seen below
        time = self.time()
        calendar = self._calendar
        left = STEP_SLICE
        due = calendar.next()
        while due is not None and due <= time and left > 0:
            members = calendar.pop()
            for member in members[:left]:
                if member.due == due:
                    member.due = NEVER
                    self.observer.lag(self.time() - due)
                    try:
                        member.step()
                    except Exception as error:  # one device's fault must not stop the others
                        self.trouble(member.id, f"fault in a device's program: {error!r}")
                        self._loop.call_exception_handler({"message": f"device {member.id}", "exception": error})
            for member in members[left:]:
                calendar.add(due, member)
            left -= len(members)
            due = calendar.next()
        self._timer_at = NEVER
        if due is not None:
            self._arm(due)

    async def close(self) -> None:
        """Leave in good order and stop."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for member in self.members.values():
            member.hang_up()
