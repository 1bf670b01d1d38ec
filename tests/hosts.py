"""One device on three of its hosts, under a clock that the test moves. What it does is an `Account`, the same on each.

All three are driven alike: `at` lets the device live up to an uptime, where sensors change before anything else
happens; `deliver` brings a downlink and `cut` breaks the link at that uptime. The network takes no uptime at all.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import simpy
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.session import CONNECTING
from lilong_firmware.store import RamStore
from lilong_protocol import cbor, mqtt, topics
from lilong_protocol.keys import device_root
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Handled, Line, Note, Offline, Online, Output, Sent
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.fleet.process import BoardProcess, available
from lilong_simulator.fleet.provision import card_blob
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_simulator.world.daylight import calendar
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message

TENANT = "music_plaza"
DEVICE = "a4cf12fffe0b3c5d"
ROOT = device_root(bytes(range(32)), TENANT, DEVICE)
SEED = b"the same draws"
BOOT = 1_700_000_000
CARDS = (7, 1_000)
# Twelve children; two of the first three that are in alarm release the fourth and light the fifth.
_FIRE = [1, 2, 600, False, b"\x01", b"\x07"]
_ROWS = [cbor.encode([*_FIRE, 5, None, 0, b"\x08"]), cbor.encode([*_FIRE, 4, 100, 8, b"\x10"])]
GATEWAY = {
    "children": b"".join((90).to_bytes(2, "big") + bytes((0, n % 3)) for n in range(12)),
    "linkage": b"".join(len(row).to_bytes(2, "big") + row for row in _ROWS),
}
DATA = {  # by kind
    "door": {
        "cards": card_blob(CARDS),
        "visitors": card_blob((2_000,)),
        "pins": card_blob((10_042,)),
        "card_key": bytes(range(32, 64)),
    },
    "vehicle_lane": {"cards": card_blob(CARDS), "paying": b"\x01", "card_key": bytes(range(32, 64))},
    "cycle_gate": {"cards": card_blob((7, 1_000, 1_001)), "lobby": b"\x01", "bicycles": card_blob((1_000, 1_001)),
                   "card_key": bytes(range(32, 64))},
    "streetlight": {"calendar": calendar(31.2417, 121.4382)},
    "gateway": GATEWAY,
}
PATIENCE_S = 60  # for what the network or a process does; only a test that fails waits so long

Change = tuple[str, int]  # a sensor channel, and what it reads from now on


@dataclass
class Account:
    """What a device did: its frames as the broker got them, wills among them, its outputs and its notes."""

    published: list[tuple[str, int, bool, bytes]] = field(default_factory=list)  # (class, QoS, retain, frame)
    outputs: list[Change] = field(default_factory=list)
    notes: list[tuple[str, int, int, int]] = field(default_factory=list)  # (what, code, boot, seq)

    def copy(self) -> "Account":
        return Account(list(self.published), list(self.outputs), list(self.notes))


class Ears(Observer):
    """An observer that writes an account, and counts the frames handed to the transport."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.handed_over = 0
        self.online = False

    def output(self, at: float, device: str, name: str, value: int) -> None:
        self._account.outputs.append((name, value))

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        self._account.notes.append((what, code, boot, seq))

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        self.handed_over += 1

    def link(self, at: float, device: str, up: bool) -> None:
        self.online = up


class Broker(EmbeddedBroker):
    """The embedded broker; what devices publish goes into an account as it was on the wire."""

    def __init__(self, account: Account, bell: "Bell") -> None:
        super().__init__()
        self._account = account
        self._bell = bell

    def publish(self, message: Message) -> None:
        super().publish(message)
        topic, payload, qos, retain = message
        if "/u/" in topic:
            self._account.published.append((topics.parse(topic)[3], qos, retain, payload))
            self._bell.ring()

    def deliver(self, cls: str, data: bytes) -> None:
        self.publish(Message(topics.down(TENANT, DEVICE, cls), data, 1, False))

    def delivered(self) -> bool:
        """The device has acknowledged everything."""
        session = self.sessions.get(DEVICE)
        return session is None or not (session.awaiting or session.queue)


class Bell:
    """Rings when something has happened elsewhere."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._rung.clear()
                await self._rung.wait()


def the_device(kind: str, beat_s: int | None, polls: bool, type_: type[Device] = Device) -> Device:
    identity = Identity(TENANT, DEVICE, ROOT, beat_s, None, DATA.get(kind, {}))
    return type_(identity, rules(kind), RamStore(), Draws(SEED), polls, BOOT)


class VirtualHost:
    """In CPython under SimPy; the test is its broker."""

    def __init__(self, kind: str, beat_s: int | None) -> None:
        self.account = Account()
        self._env = simpy.Environment()
        self._ears = Ears(self.account)
        self.online = lambda: self._ears.online
        self._fleet = VirtualFleet(self._env, TENANT, self, self._ears)
        self._device = the_device(kind, beat_s, polls=False)

    async def power_on(self, values: dict[str, int]) -> None:
        self._fleet.add(DEVICE, self._device, start=0, delay=0)
        for channel, value in values.items():
            self._fleet.sense(DEVICE, channel, value)

    async def at(self, uptime_ms: int, *changes: Change) -> None:
        if uptime_ms > self._env.now:
            self._env.run(until=uptime_ms)  # what is due at this very time has not happened yet
        for channel, value in changes:
            self._fleet.sense(DEVICE, channel, value)
        self._finish_instant()

    async def deliver(self, cls: str, data: bytes) -> None:
        self._fleet.downlink(topics.down(TENANT, DEVICE, cls), data)
        self._finish_instant()

    async def cut(self) -> None:
        self._fleet.break_link(DEVICE)
        self._finish_instant()

    async def power_off(self) -> None: ...

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        cls = topics.parse(topic)[3]
        # In virtual time nothing carries QoS and retain: they are what the class has on every wire.
        self.account.published.append((cls, topics.up_qos(cls), topics.retained(cls), payload))

    def _finish_instant(self) -> None:
        while self._env.peek() <= self._env.now:
            self._env.step()


class LiveHost:
    """In CPython on asyncio, with a real MQTT connection; the clock stands still but for `at`."""

    def __init__(self, kind: str, beat_s: int | None) -> None:
        self.account = Account()
        self._broker = Broker(self.account, Bell())
        self._ears = Ears(self.account)
        self.online = lambda: self._ears.online
        self._now = 0
        self._device = the_device(kind, beat_s, polls=False)
        self._fleet: LiveFleet

    async def power_on(self, values: dict[str, int]) -> None:
        await self._broker.start()
        self._fleet = LiveFleet(TENANT, Target(self._broker.host, self._broker.port), self._ears, lambda: self._now)
        self._fleet.add(DEVICE, self._device, 0, values)

    async def at(self, uptime_ms: int, *changes: Change) -> None:
        while True:
            await self._quiet()
            due = self._fleet.members[DEVICE].due
            if due >= uptime_ms:
                break
            self._now = max(self._now, due)
            self._fleet.run_due()
        self._now = uptime_ms
        for channel, value in changes:
            self._fleet.sense(DEVICE, channel, value)
        self._fleet.run_due()
        await self._quiet()

    async def deliver(self, cls: str, data: bytes) -> None:
        self._broker.deliver(cls, data)
        await self._quiet()

    async def cut(self) -> None:
        self._broker.drop(DEVICE)
        await self._quiet()

    async def power_off(self) -> None:
        await self._fleet.close()
        await self._broker.stop()
        assert not {why for why in self._fleet.troubles if not why.startswith("closed by the broker")}

    async def _quiet(self) -> None:
        """Until nothing is under way: no connection, no answer, no frame; and nothing is due any more.

        Device and broker share this loop, so that a few of its turns are enough.
        """
        async with asyncio.timeout(PATIENCE_S):
            while not self._is_quiet():
                await asyncio.sleep(0)

    def _is_quiet(self) -> bool:
        client = self._fleet.members[DEVICE].mqtt
        down = client.state == mqtt.CLOSED and self._device.session.state != CONNECTING
        return (
            (down and not self._broker.connections)
            or (
                client.state == mqtt.READY
                and DEVICE in self._broker.sessions
                and not client.in_flight
                and self._device.session.state != CONNECTING
            )
        ) and (
            self._broker.delivered()
            and self._broker.received == self._ears.handed_over
            and self._device.deadline > self._now
        )


FEELS = ("shed_socket",)  # what its relay feeds is looked at every second: it has to be felt by the next


class ProcessHost:
    """On real MicroPython in a board's heap, where a channel is sampled at every one of its times."""

    def __init__(self, kind: str, beat_s: int | None) -> None:
        reason = available()
        if reason is not None:
            pytest.skip(reason)
        self.account = Account()
        self._bell = Bell()
        self._broker = Broker(self.account, self._bell)
        self._process = BoardProcess(self._hear)
        self._plant = Plant()
        self._felt: list[Change] = []  # by what hangs on the outputs
        self._handed_over = self._handled = self._breaks = 0
        self._online = False
        self.online = lambda: self._online
        self._uptime = 0
        self._kind, self._beat_s = kind, beat_s

    async def power_on(self, values: dict[str, int]) -> None:
        await self._broker.start()
        config = BoardConfig(
            TENANT, DEVICE, self._kind, ROOT, self._broker.host, self._broker.port, beat_s=self._beat_s, boot=BOOT,
            seed=SEED, data=DATA.get(self._kind, {}), values=values, stepped=True,
        )  # fmt: skip
        await self._process.start(config)

    async def at(self, uptime_ms: int, *changes: Change) -> None:
        if self._kind in FEELS:
            for second in range(self._uptime // 1_000 * 1_000 + 1_000, uptime_ms, 1_000):
                await self._go(second)
        while (due := self._plant.due) < uptime_ms:  # an arm is on its way
            await self._go(due, *self._plant.step(due))
        await self._go(uptime_ms, *self._plant.step(uptime_ms), *changes)

    async def _go(self, uptime_ms: int, *changes: Change) -> None:
        self._uptime = uptime_ms
        felt, self._felt = self._felt, []
        await self._process.at(uptime_ms, *felt, *changes)
        while self._felt:  # an output has just been driven
            felt, self._felt = self._felt, []
            await self._process.at(uptime_ms, *felt)
        await self._bell.until(lambda: self._broker.received == self._handed_over)

    async def deliver(self, cls: str, data: bytes) -> None:
        before = self._handled
        self._broker.deliver(cls, data)
        await self._bell.until(lambda: self._handled > before)
        await self.at(self._uptime)

    async def cut(self) -> None:
        before = self._breaks
        self._broker.drop(DEVICE)
        await self._bell.until(lambda: self._breaks > before)
        await self.at(self._uptime)

    async def power_off(self) -> None:
        await self._process.stop()
        await self._broker.stop()

    def _hear(self, line: Line) -> None:
        match line:
            case Output(name, value, _):
                self.account.outputs.append((name, value))
                self._felt += self._plant.answer(name, value, self._uptime)
            case Note(what, code, boot, seq, _):
                self.account.notes.append((what, code, boot, seq))
            case Handled():
                self._handled += 1
            case Online():
                self._online = True
            case Offline(why):
                self._online = False
                self._breaks += why != ""
            case Sent():
                self._handed_over += 1
        self._bell.ring()


Host = VirtualHost | LiveHost | ProcessHost
