"""Virtual time: a whole fleet behind one SimPy event, with a calendar of its own."""

from collections.abc import Callable
from typing import Any, Protocol

import simpy
from lilong_firmware.device import Device
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_protocol import topics
from simpy.events import Event

from . import virtual_faults
from .building_bus import BuildingBus
from .calendar import Calendar
from .observer import CONNACK, ONLINE, Observer
from .plant import ANSWERED, LOAD
from .slots import Flash, Simulated, simulated_maker
from .still import Still
from .uplinks import PASSING
from .virtual_member import Member


class Backend(Protocol):
    """The backend in the loop: a sans-io core behind a broker that loses nothing.

    It may also have `passes(arrival, device, frame) -> bool`, which is asked when a frame of QoS 0 leaves. True: it has
    taken note that the device will be heard at `arrival`, and nothing else will come of the frame, which is then not
    delivered. Most of what an estate says is such: this makes a run several times as fast.
    """

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        """A message from a device has arrived at virtual time `now`."""


class VirtualFleet:
    """Runs devices against a backend in the virtual time of a SimPy environment (integer ms).

    `horizon`: until then it goes on by itself from one time to the next of its own, as long as nothing else is due in
    between, and the environment's clock with it; past it each of its times is an event of the environment.
    """

    def __init__(self, env: simpy.Environment, tenant: str, backend: Backend, observer: Observer) -> None:
        self.horizon = 0
        self.env = env
        self._tenant = tenant
        self._backend = backend
        self._passes: Callable[[int, str, bytes], bool] = getattr(backend, "passes", _never)
        self._observer = observer
        self._members: dict[str, Member] = {}
        self._calendar: Calendar[Member | tuple[Any, ...]] = Calendar()  # a device's step, or a call
        self._wake_at: int = NEVER
        self._armed: Event | None = None
        self._updating = self._take_updates  # one object for all of them
        self.bus: BuildingBus | None = None  # where an estate has gateways
        self.still: Still | None = None  # where beats may be told later
        self.away = False  # the broker
        self.frozen: list[virtual_faults.Held] | None = None  # what waits for a broker that is frozen

    def add(self, device_id: str, device: Device, start: int, delay: int) -> None:
        """A device whose power comes on at virtual time `start`."""
        member = Member(self._tenant, device_id, device, start, delay)
        self._members[device_id] = member
        device.updating = self._updating
        self._at(start, (self._start, member))

    def sense(self, device_id: str, channel: str, value: int | None) -> None:
        """The world has changed: a sensor channel has a new value from now on; None when it has none."""
        member = self._members[device_id]
        if channel == LOAD:
            for felt, drawn in member.plant.loaded(value or 0):
                self.sense(device_id, felt, drawn)
        elif not member.burnt:
            now = int(self.env.now)
            if member.fault is not None and not member.fault.powered:
                virtual_faults.remember(member, channel, value)
                return
            if member.still:
                self.stir(now, member)
            member.device.sense(now - member.base, member.slots[channel], value)
            self._settle(now, member)

    def downlink(self, topic: str, payload: bytes) -> None:
        """A message of the backend is on its way to a device; nobody there: it is gone, sessions are clean."""
        parsed = topics.parse(topic)
        if parsed is None:
            raise ValueError(f"topic {topic!r}: not one of ours; publish under lilong/1/")
        member = self._members[parsed[1]]
        if member.online:
            item = (self._received, member, member.connection, parsed[3], payload)
            if self.frozen is None:
                self._at(int(self.env.now) + member.delay, item)
            else:
                self.frozen.append(virtual_faults.Held(member.delay, item))

    def break_link(self, device_id: str) -> None:
        """The connection of a device breaks: what is on its way down is lost, and the broker publishes the will."""
        member = self._members[device_id]
        if not member.online:
            return
        now = int(self.env.now)
        self.stir(now + 1, member)
        self._hang_up(now, member)
        self._at(now + member.delay, (self._arrive, member.topic + topics.STATE, member.will))
        member.device.disconnected(now - member.base)
        self._settle(now, member)

    def destroy(self, device_id: str) -> None:
        """A device burns: its connection breaks without a word, and it is never heard of again."""
        member = self._members[device_id]
        now = int(self.env.now)
        self.stir(now + 1, member)
        if member.online:
            self._at(now + member.delay, (self._arrive, member.topic + topics.STATE, member.will))
        self._hang_up(now, member)  # a connection that is being made, too
        member.burnt = True
        member.due = NEVER
        if self.bus is not None:
            self.bus.power(device_id, False)

    def call(self, delay: int, call: Callable[..., object], *arguments: object) -> None:
        """Call something `delay` ms from now; in the order of the calls, where several are for one instant."""
        self._at(int(self.env.now) + delay, (_call, call, *arguments))

    def stir(self, before: int, member: Member) -> None:
        """Something is about to happen to a device: what it has said before a time is told first."""
        if member.still and self.still is not None:
            self.still.end(member, before)

    def watch(self, device_id: str) -> None:
        """The backend wants to be asked anew about what the device says."""
        member = self._members[device_id]
        if member.still:
            now = int(self.env.now)
            self.stir(now + 1, member)
            self._settle(now, member)

    def catch_up(self) -> None:
        """Tell what all devices have said before now."""
        if self.still is not None:
            self.still.catch_up(int(self.env.now))

    def firmware(self, device_id: str) -> Flash | None:
        """Its slots, where it was offered firmware."""
        return self._members[device_id].flash

    # ---- time

    def _at(self, at: int, item: Member | tuple[Any, ...]) -> None:
        self._calendar.add(at, item)
        if at < self._wake_at:
            self._arm(at)

    def _arm(self, at: int) -> None:
        self._wake_at = at
        self._armed = self.env.timeout(at - self.env.now)
        self._armed.callbacks.append(self._wake)

    def _wake(self, event: Event) -> None:
        if event is not self._armed:
            return  # an earlier time was set since
        env, pop, times, peek = self.env, self._calendar.pop, self._calendar.times, self.env.peek
        now = int(env.now)
        # What changes a sensor at this instant comes before the devices' steps.
        while times and (times[0] < self.horizon or times[0] == now) and times[0] < peek():
            self._wake_at = env._now = now = times[0]
            for item in pop():
                if isinstance(item, Member):
                    if item.due == now:
                        self._step(now, item)
                else:
                    call, *arguments = item
                    call(now, *arguments)
        if times:
            self._arm(times[0])
        else:
            self._wake_at = NEVER

    # ---- what comes due

    def _start(self, now: int, member: Member) -> None:
        if member.fault is not None and not member.fault.powered:
            return
        member.device.start(0)
        self._settle(now, member)

    def _step(self, now: int, member: Member) -> None:
        member.due = NEVER
        if member.fault is None and member.flash is None and self.still is None:
            self._sample(now, member)
            return
        if member.still:
            self.stir(now, member)
        if member.flash is not None and member.flash.reset_at <= now:
            self._restart(now, member)
        elif member.device.deadline <= now - member.base:  # it may have been put off
            member.device.step(now - member.base)
        self._settle(now, member)

    def _sample(self, now: int, member: Member) -> None:
        """The short way of a device that nothing stands around: most have nothing to say of a sample."""
        device: Device = member.device
        if device.deadline <= now - member.base:
            device.step(now - member.base)
            if not device.out:
                if device.deadline < NEVER:
                    member.due = due = device.deadline + member.base
                    self._calendar.add(due, member)
                return
        self._settle(now, member)

    def _linked(self, now: int, member: Member, connection: int) -> None:
        if self.frozen is not None:
            self.frozen.append(virtual_faults.Held(member.delay, (self._linked, member, connection)))
        elif member.connection == connection:
            member.online = True
            wanted = now - 6 * member.delay
            self._observer.connect(now - 2 * member.delay, member.id, CONNACK, wanted)
            self._observer.connect(now, member.id, ONLINE, wanted)
            self._observer.link(now, member.id, True)
            member.device.connected(now - member.base)
            self._settle(now, member)

    def _acknowledged(self, now: int, member: Member, connection: int, cls: str, sent: int, windowed: bool) -> None:
        """The broker's PUBACK, if there still is a connection for it."""
        if member.connection != connection:
            self._observer.lost(now, member.id, cls, sent)
            return
        self._observer.puback(now, member.id, cls, sent)
        if windowed:
            self.stir(now + 1, member)
            member.device.published(now - member.base)
            self._settle(now, member)

    def _received(self, now: int, member: Member, connection: int, cls: str, payload: bytes) -> None:
        if member.connection == connection:
            if member.fault is not None and member.fault.radio is not None:
                virtual_faults.receive(self, now, member, cls, payload)
                return
            self.stir(now + 1, member)
            member.device.received(now - member.base, cls, payload, False)
            self._settle(now, member)

    def _arrive(self, now: int, topic: str, payload: bytes) -> None:
        self._backend.receive(now, topic, payload, False)

    def _feel(self, now: int, member: Member) -> None:
        """What hangs on its outputs has come to its end, if it was not turned round on its way."""
        for channel, value in member.plant.step(now):
            self.sense(member.id, channel, value)

    # ---- firmware

    def _take_updates(self, device: Device) -> Simulated:
        """It is offered something."""
        member = self._members[device.identity.device]
        if member.flash is None:
            member.flash = Flash(simulated_maker(device.rules.KIND))
        return member.flash.updating(device)

    def _restart(self, now: int, member: Member) -> None:
        """A reset, into the firmware that the slots choose. The connection breaks without a word."""
        assert member.flash is not None
        if member.online:
            self._at(now + member.delay, (self._arrive, member.topic + topics.STATE, member.will))
        self._hang_up(now, member)
        member.base = now
        member.due = NEVER
        member.device = member.flash.restart(now, member.device)
        if member.flash.reset_at == NEVER:
            member.device.start(0)

    # ---- effects

    def _settle(self, now: int, member: Member) -> None:
        device = member.device
        while device.out:
            effects, device.out = device.out, []
            for effect in effects:
                if effect[0] == PUBLISH:
                    self._publish(now, member, *effect[1:])
                else:
                    self._carry_out(now, member, effect)
        due = device.deadline + member.base
        flash = member.flash
        if flash is not None:
            if flash.ready(device):
                self._restart(now, member)
                self._settle(now, member)
                return
            if flash.reset_at < NEVER:
                due = flash.reset_at
        if self.still is not None:
            due = self.still.begin(member, due)
        if due < member.due:
            member.due = due
            self._at(due, member)

    def _publish(self, now: int, member: Member, cls: str, frame: bytes, qos: int, windowed: bool) -> None:
        if self.frozen is not None or (member.fault is not None and member.fault.radio is not None):
            virtual_faults.publish(self, now, member, cls, frame, qos, windowed)
            return
        self._observer.sent(now, member.id, cls, frame, now)
        arrival = now + member.delay
        if cls not in PASSING or not self._passes(arrival, member.id, frame):
            self._at(arrival, (self._arrive, member.topic + cls, frame))
        if qos:
            self._at(arrival + member.delay, (self._acknowledged, member, member.connection, cls, now, windowed))

    def _carry_out(self, now: int, member: Member, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        if what == NOTE:
            self._observer.note(now, member.id, *effect[1:])
            if self.bus is not None:
                self.bus.note(member.id, effect[1], effect[2])
            if effect[1] == ACCEPTED and member.flash is not None:
                member.flash.accepted(now - member.base, member.device)
        elif what == OUTPUT:
            self._observer.output(now, member.id, effect[1], effect[2])
            if self.bus is not None:
                self.bus.output(member.id, effect[1], effect[2])
            if effect[1] in ANSWERED:
                for channel, value in member.plant.answer(effect[1], effect[2], now):
                    member.device.sense(now - member.base, member.slots[channel], value)
                if member.plant.due < NEVER:
                    self._at(member.plant.due, (self._feel, member))
        elif what == CONNECT:
            member.connection += 1
            member.will = effect[1]
            if self.away or (member.fault is not None and member.fault.cut):
                self._at(now + 2 * member.delay, (virtual_faults.refused, self, member, member.connection))
                return
            # TCP, CONNECT, SUBSCRIBE: a round trip each.
            self._at(now + 6 * member.delay, (self._linked, member, member.connection))
        elif what == DISCONNECT:
            self._hang_up(now, member)
        elif what == RESTART and member.flash is not None:
            member.flash.restarts = True

    def _hang_up(self, now: int, member: Member) -> None:
        member.connection += 1
        member.online = False
        self._observer.link(now, member.id, False)


def _call(_: int, call: Callable[..., object], *arguments: object) -> None:
    call(*arguments)


def _never(arrival: int, device: str, frame: bytes) -> bool:  # noqa: ARG001
    """Of a backend that gets every frame."""
    return False
