"""Connects, memory per connection and CPU per QoS 1 message: whole devices beside bare clients, same broker, same run.

whole   devices of the reference estate in its own mix, by copies; messages are from doors, whose exit buttons a SimPy
        world presses: world, rules, encoding, seal, PUBLISH, PUBACK. Online: will, subscription and sealed birth
        acknowledged, the making of the device included.
plain   the clients of `fleet.live.plain`: CONNACK, and messages of the same size, on a clock.
bare    an asyncio.Protocol on uvloop around the firmware's MQTT client, a canned payload: what anybody would write.

python benchmarks/live_fleet.py [--connections 10000] [--senders 2000] [--rate 8000] [--seconds 10] [--rounds 3]
"""

import argparse
import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count, cycle, islice
from typing import Any

import simpy
import uvloop
from common import machine, rss_kb, table
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import mqtt, topics
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, PlainClients, Target, leave_alone
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.provision import Provisioner
from lilong_tools.broker import open_broker

TENANT = "music_plaza"
CANNED = bytes(79)  # a sealed door event
WARM = 100  # connections before memory is measured: modules, arenas, caches


class Counts(Observer):
    """What a benchmark must know."""

    def __init__(self) -> None:
        self.connacks = self.online = self.acknowledged = 0

    def puback(self, at: float, device: str, cls: str, due: float | None) -> None:
        if cls == topics.STATE:
            self.online += 1
        else:
            self.acknowledged += 1

    def connect(self, at: float, device: str, stage: str, due: float | None) -> None:
        self.connacks += stage == "connack"


class Whole:
    """Devices of the estate, or doors alone."""

    def __init__(self, target: Target, doors: bool) -> None:
        self.counts = Counts()
        self._fleet = LiveFleet(TENANT, target, self.counts)
        self._doors = doors
        estate = load_estate()
        self._maker = Provisioner(estate, bytes(32), 1)
        self._mix = cycle(estate.devices)
        self._ids: list[str] = []

    def add(self, number: int) -> None:
        name = f"{number:016x}"
        if self._doors:
            identity = Identity(TENANT, name, name.encode() * 2)
            device = Device(identity, rules("door"), RamStore(), Draws(name.encode()), boot=1_700_000_000)
        else:
            device = self._maker.device(replace(next(self._mix), id=name), 1_700_000_000)
        self._fleet.add(name, device, self._fleet.now())
        self._ids.append(name)

    def up(self) -> int:
        return self.counts.online

    def acknowledged(self) -> int:
        return self.counts.acknowledged

    async def press(self, rate: float, seconds: float) -> None:
        """A world of presses, pumped as a live run pumps its worlds."""
        env = simpy.Environment()
        fleet = self._fleet
        zero = fleet.time()

        def world() -> Any:
            for number in count():
                yield env.timeout(number * 1_000 / rate - env.now)
                fleet.sense(self._ids[number % len(self._ids)], "exit_button", 1, zero + env.now)

        env.process(world())
        while (now := fleet.time() - zero) < seconds * 1_000:
            while env.peek() <= now:
                env.step()
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        await self._fleet.close()


class Plain:
    def __init__(self, target: Target) -> None:
        self.counts = Counts()
        self._clients = PlainClients(target, self.counts, CANNED)

    def add(self, number: int) -> None:
        self._clients.add(f"{number:016x}")

    def up(self) -> int:
        return self.counts.connacks

    def acknowledged(self) -> int:
        return self.counts.acknowledged

    async def press(self, rate: float, seconds: float) -> None:
        self._clients.publish(rate)
        await asyncio.sleep(seconds)
        self._clients.publish(0)

    async def close(self) -> None:
        await self._clients.close()


class BareClient(asyncio.Protocol):
    """The MQTT client core and a transport, nothing else."""

    __slots__ = ("mqtt", "name", "owner", "transport")

    def __init__(self, owner: "Bare", name: str) -> None:
        self.owner = owner
        self.name = name
        self.mqtt = mqtt.Client()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        will = (topics.up(TENANT, self.name, "st"), CANNED, 1, True)
        transport.write(self.mqtt.connect(0, self.name, 120, will))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        for event in self.mqtt.feed(data, 0):
            if event[0] == mqtt.CONNECTED:
                self.mqtt.subscribe(topics.down_filter(TENANT, self.name), 1, 0)
            elif event[0] == mqtt.SUBSCRIBED:
                self.owner.online += 1
            elif event[0] == mqtt.PUBLISHED:
                self.owner.acks += 1
        if self.mqtt.out:
            self.transport.write(self.mqtt.take())  # type: ignore[attr-defined]

    def publish(self) -> None:
        self.mqtt.publish(topics.up(TENANT, self.name, topics.EVENT), CANNED, 1, False, 0)
        self.transport.write(self.mqtt.take())  # type: ignore[attr-defined]


class Bare:
    """As many as wanted, 100 of them connecting at a time."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._clients: list[BareClient] = []
        self._gate = asyncio.Semaphore(100)
        self._tasks: list[asyncio.Task[None]] = []
        self.online = self.acks = 0

    def add(self, number: int) -> None:
        client = BareClient(self, f"{number:016x}")
        self._clients.append(client)
        self._tasks.append(asyncio.ensure_future(self._connect(client)))

    async def _connect(self, client: BareClient) -> None:
        async with self._gate:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: client, self._target.host, self._target.port)

    def up(self) -> int:
        if self.online == len(self._clients):
            self._tasks.clear()
        return self.online

    def acknowledged(self) -> int:
        return self.acks

    async def press(self, rate: float, seconds: float) -> None:
        zero, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - zero) < seconds:
            while sent < int(now * rate):
                self._clients[sent % len(self._clients)].publish()
                sent += 1
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        for client in self._clients:
            client.transport.close()


async def connects(load: Whole | Plain | Bare, wanted: int) -> dict[str, float]:
    """Connections a second, CPU of one, and memory of each beyond the first."""
    numbers = iter(range(wanted))
    for number in islice(numbers, WARM):
        load.add(number)
    await until(lambda: load.up() == WARM)
    gc.collect()
    gc.disable()  # as a live run does while its devices come up
    memory = rss_kb()
    cpu, wall = time.process_time(), time.perf_counter()
    for number in numbers:
        load.add(number)
        if number % 50 == 49:
            await asyncio.sleep(0)
    await until(lambda: load.up() == wanted)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await asyncio.sleep(1)
    gc.collect()
    new = wanted - WARM
    return {"connects": new / wall, "connect_us": cpu / new * 1e6, "kb": (rss_kb() - memory) / new}


async def messages(load: Whole | Plain | Bare, wanted: int, rate: float, seconds: float) -> dict[str, float]:
    """CPU of a message, and how many there were a second."""
    for number in range(wanted):
        load.add(number)
    await until(lambda: load.up() == wanted)
    leave_alone()
    await load.press(rate, 1)
    before, cpu = load.acknowledged(), time.process_time()
    await load.press(rate, seconds)
    await asyncio.sleep(0.2)
    cpu = time.process_time() - cpu
    done = load.acknowledged() - before
    return {"us": cpu / done * 1e6, "rate": done / seconds}


async def until(condition: Any) -> None:
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.002)


async def role(name: str, phase: str, target: Target, asked: argparse.Namespace) -> dict[str, float]:
    load: Whole | Plain | Bare
    load = Whole(target, phase == "messages") if name == "whole" else Plain(target) if name == "plain" else Bare(target)
    try:
        if phase == "connects":
            return await connects(load, asked.connections)
        return await messages(load, asked.senders, asked.rate, asked.seconds)
    finally:
        await load.close()


async def one_round(asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name in ("bare", "plain", "whole"):
        found[name] = {}
        for phase in ("connects", "messages"):
            async with open_broker(None) as broker:
                given = [f"--{key}={getattr(asked, key)}" for key in ("connections", "senders", "rate", "seconds")]
                process = await asyncio.create_subprocess_exec(
                    sys.executable, __file__, *given, "--role", f"{name}/{phase}", "--host", broker.host, "--port",
                    str(broker.port), stdout=subprocess.PIPE,
                )  # fmt: skip
                out, _ = await process.communicate()
                found[name] |= json.loads(out)
    return found


async def main(asked: argparse.Namespace) -> None:
    print(machine())
    rounds = [await one_round(asked) for _ in range(asked.rounds)]

    def middle(name: str, key: str) -> float:
        return statistics.median(one[name][key] for one in rounds)

    def ratio(key: str) -> float:
        return statistics.median(one["whole"][key] / one["bare"][key] for one in rounds)

    print(
        f"{asked.connections:,} connections; {asked.rate:,} messages/s from {asked.senders:,} for {asked.seconds:g} s; "
        f"medians of {asked.rounds}; mosquitto\n"
    )
    labels = {"bare": "bare protocol client", "plain": "plain clients", "whole": "whole devices"}
    table(
        ("", "CPU µs per QoS 1 message", "KB per connection", "connects/s", "CPU µs per connect", "messages/s"),
        [
            (
                label, f"{middle(name, 'us'):.1f}", f"{middle(name, 'kb'):.2f}", f"{middle(name, 'connects'):,.0f}",
                f"{middle(name, 'connect_us'):.0f}", f"{middle(name, 'rate'):,.0f}",
            )
            for name, label in labels.items()
        ],
    )  # fmt: skip
    print(f"\nwhole / bare: CPU {ratio('us'):.2f}, memory {ratio('kb'):.2f}, connects/s {ratio('connects'):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--senders", type=int, default=2_000)
    parser.add_argument("--rate", type=int, default=8_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--role")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.role:
        which, _, part = arguments.role.partition("/")
        print(json.dumps(uvloop.run(role(which, part, Target(arguments.host, arguments.port), arguments))))
    else:
        uvloop.run(main(arguments))
