"""Live: tens of thousands of real MQTT connections from one process, one lean protocol object a device."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from lilong_firmware.device import Device
from lilong_firmware.effects import CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH
from lilong_protocol import mqtt, topics
from lilong_protocol.codes import LINKS
from lilong_protocol.mqtt_packets import MqttError

from .calendar import Calendar
from .observer import Observer
from .plant import Plant

STEP_SLICE = 200  # devices stepped before the event loop gets its turn: sockets must not starve


class LiveDevice(asyncio.Protocol):
    """One device and its connection."""

    __slots__ = ("base", "device", "due", "fleet", "id", "mqtt", "plant", "slots", "transport", "will", "windowed")

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        self.fleet = fleet
        self.id = device_id
        self.device = device
        self.base = base  # ms of the fleet's clock at the cold start
        self.due = NEVER
        self.mqtt = mqtt.Client()
        self.transport: asyncio.Transport | None = None
        self.will = b""
        self.windowed = 0  # packet id of the windowed message in flight
        self.plant = Plant()
        self.slots = {channel[0]: i for i, channel in enumerate(device.rules.CHANNELS)}

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport = cast(asyncio.Transport, transport)
        fleet = self.fleet
        will = (topics.up(fleet.tenant, self.id, topics.STATE), self.will, 1, True)
        keepalive_s = LINKS[self.device.rules.KIND][1]
        transport.write(
            self.mqtt.connect(self._now(), self.id, keepalive_s, will, fleet.username, fleet.password)
        )
        self.settle()

    def data_received(self, data: bytes) -> None:
        events: list[tuple[Any, ...]] = []
        try:
            self.mqtt.feed(data, self._now(), events)
        except MqttError as error:
            self._broken(str(error))
        for event in events:
            self._event(event)
        self.settle()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self._broken(str(exc or "closed by the broker"))
            self.settle()

    # ---- time

    def step(self) -> None:
        """A deadline of the device or of its MQTT client has come."""
        now = self._now()
        client_due = self.mqtt.deadline
        if client_due is not None and client_due <= now:
            try:
                self.mqtt.step(now)
            except MqttError as error:
                self._broken(str(error))
        if self.device.deadline <= now:
            self.device.step(now)
        self.settle()

    def sense(self, channel: str, value: int) -> None:
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
        if client.out and self.transport is not None:
            self.transport.write(client.take())
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
            device.received(self._now(), topic[topic.rindex("/") + 1 :], payload, retained)
        elif what == mqtt.CONNECTED:
            self.mqtt.subscribe(topics.down_filter(self.fleet.tenant, self.id), 1, self._now())
        elif what == mqtt.SUBSCRIBED:
            if event[2] > 1:
                self._broken("the broker refuses the subscription to d/#: check its access list")
            else:
                self.fleet.observer.link(self.fleet.time(), self.id, True)
                device.connected(self._now())
        elif what == mqtt.REFUSED:
            self._broken(f"the broker refuses the connection (CONNACK code {event[1]})")

    def _carry_out(self, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        fleet = self.fleet
        if what == PUBLISH:
            _, cls, frame, qos, windowed = effect
            try:
                topic = topics.up(fleet.tenant, self.id, cls)
                pid = self.mqtt.publish(topic, frame, qos, topics.retained(cls), self._now())
            except MqttError as error:
                self._broken(str(error))
                return
            if windowed:
                self.windowed = pid
            fleet.observer.sent(fleet.time(), self.id, cls, frame)
        elif what == NOTE:
            fleet.observer.note(fleet.time(), self.id, *effect[1:])
        elif what == OUTPUT:
            fleet.observer.output(fleet.time(), self.id, effect[1], effect[2])
            for channel, value in self.plant.answer(effect[1], effect[2]):
                self.device.sense(self._now(), self.slots[channel], value)
        elif what == CONNECT:
            self.will = effect[1]
            fleet.open(self)
        elif what == DISCONNECT:
            self.hang_up()

    def hang_up(self) -> None:
        """Leave in good order: the broker forgets the will."""
        transport, self.transport = self.transport, None
        self.mqtt.disconnect()
        if transport is not None:
            transport.write(self.mqtt.take())
            transport.close()
            self.fleet.observer.link(self.fleet.time(), self.id, False)

    def burn(self) -> None:
        """End for good; the broker publishes the will."""
        transport, self.transport = self.transport, None
        self.mqtt.close()
        self.due = NEVER
        if transport is not None:
            transport.abort()
            self.fleet.observer.link(self.fleet.time(), self.id, False)

    def _broken(self, why: str) -> None:
        transport, self.transport = self.transport, None
        self.mqtt.close()
        if transport is not None:
            transport.abort()
            self.fleet.observer.link(self.fleet.time(), self.id, False)
        self.fleet.trouble(self.id, why)
        self.device.disconnected(self._now())


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

    def now(self) -> int:
        return int(self.time())

    def add(self, device_id: str, device: Device, base: int, values: Mapping[str, int] = MappingProxyType({})) -> None:
        """Power a device on at `base` of the fleet's clock, which is now or has just been.

        values: what its sensors read then, by channel, where that differs from the idle values of its kind.
        """
        member = LiveDevice(self, device_id, device, base)
        self.members[device_id] = member
        for channel, value in values.items():
            device.sense(0, member.slots[channel], value)
        device.start(0)
        member.settle()

    def sense(self, device_id: str, channel: str, value: int) -> None:
        member = self.members.get(device_id)
        if member is not None:  # else it has burnt
            member.sense(channel, value)

    def destroy(self, device_id: str) -> None:
        """A device burns: its connection breaks without a word, and it is never heard of again."""
        self.members.pop(device_id).burn()

    def trouble(self, device_id: str, why: str) -> None:
        self.troubles[why] = self.troubles.get(why, 0) + 1

    def open(self, member: LiveDevice) -> None:
        """Open a connection; one that fails is told to the device as a lost link."""
        task = self._loop.create_task(self._open(member))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, member: LiveDevice) -> None:
        try:
            await self._loop.create_connection(lambda: member, self._host, self._port)
        except OSError as error:
            self.trouble(member.id, f"no connection to {self._host}:{self._port}: {error.strerror or error}")
            member.device.disconnected(self.now() - member.base)
            member.settle()

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
            for member in calendar.pop():
                if member.due == due:
                    member.due = NEVER
                    self.observer.lag(self.time() - due)
                    member.step()
                    left -= 1
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
