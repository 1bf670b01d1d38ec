"""CPU per QoS 1 message and memory per connection: whole devices beside a bare protocol client, same broker, same run.

A whole device takes a stimulus through its rules, encodes, seals, publishes and takes the PUBACK. The bare client
publishes a canned payload of the same size through the same MQTT codec: the floor of this approach.

python benchmarks/live_fleet.py [--devices 2000] [--rate 3000] [--seconds 10]
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time

import uvloop
from common import machine, rss_kb, table
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import mqtt, topics
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.recorder import Recorder
from lilong_tools.broker import open_broker

TENANT = "benchmark"
CANNED = bytes(79)  # a sealed door event


class Whole:
    """Door controllers: each press of the exit button is an event from the rules up."""

    def __init__(self, host: str, port: int) -> None:
        self.recorder = Recorder()
        self.fleet = LiveFleet(TENANT, Target(host, port), self.recorder)
        self.ids: list[str] = []

    def add(self, number: int) -> None:
        name = f"{number:016x}"
        identity = Identity(TENANT, name, bytes(32))
        self.fleet.add(
            name, Device(identity, rules("door"), RamStore(), Draws(name.encode()), boot=1), self.fleet.now()
        )
        self.ids.append(name)

    def connected(self) -> int:
        return len(self.recorder.online)

    def fire(self, number: int) -> None:
        self.fleet.sense(self.ids[number % len(self.ids)], "exit_button", 1)

    def messages(self) -> int:
        return self.recorder.messages.get(topics.EVENT, 0)

    async def close(self) -> None:
        await self.fleet.close()


class BareClient(asyncio.Protocol):
    """The MQTT client core and a transport, nothing else."""

    __slots__ = ("mqtt", "name", "owner", "transport")

    def __init__(self, owner: "Bare", name: str) -> None:
        self.owner = owner
        self.name = name
        self.mqtt = mqtt.Client()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.mqtt.connect(0, self.name, 120, (topics.up(TENANT, self.name, "st"), CANNED, 1, True)))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        for event in self.mqtt.feed(data, 0):
            if event[0] == mqtt.CONNECTED:
                self.mqtt.subscribe(topics.down_filter(TENANT, self.name), 1, 0)
            elif event[0] == mqtt.SUBSCRIBED:
                self.owner.online += 1
            elif event[0] == mqtt.PUBLISHED:
                self.owner.acknowledged += 1
        if self.mqtt.out:
            self.transport.write(self.mqtt.take())  # type: ignore[attr-defined]

    def publish(self) -> None:
        self.mqtt.publish(topics.up(TENANT, self.name, topics.EVENT), CANNED, 1, False, 0)
        self.transport.write(self.mqtt.take())  # type: ignore[attr-defined]


class Bare:
    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.clients: list[BareClient] = []
        self.online = self.acknowledged = 0
        self.tasks: list[asyncio.Task[object]] = []

    def add(self, number: int) -> None:
        client = BareClient(self, f"{number:016x}")
        self.clients.append(client)
        connection = asyncio.get_running_loop().create_connection(lambda: client, *self.address)
        self.tasks.append(asyncio.ensure_future(connection))

    def connected(self) -> int:
        return self.online

    def fire(self, number: int) -> None:
        self.clients[number % len(self.clients)].publish()

    def messages(self) -> int:
        return self.acknowledged

    async def close(self) -> None:
        for client in self.clients:
            client.transport.close()


async def role(name: str, host: str, port: int, devices: int, rate: int, seconds: float) -> dict[str, float]:
    load = Whole(host, port) if name == "whole" else Bare(host, port)
    before = rss_kb()
    start = time.perf_counter()
    for number in range(devices):
        load.add(number)
        if number % 50 == 49:
            await asyncio.sleep(0)
    while load.connected() < devices:
        await asyncio.sleep(0.005)
    connect_s = time.perf_counter() - start
    await asyncio.sleep(1)
    memory = (rss_kb() - before) / devices
    cpu, wall = time.process_time(), time.perf_counter()
    sent = 0
    before_messages = load.messages()
    while (now := time.perf_counter() - wall) < seconds:
        due = int(now * rate)
        while sent < due:
            load.fire(sent)
            sent += 1
        await asyncio.sleep(0.002)
    cpu = time.process_time() - cpu
    messages = load.messages() - before_messages
    await load.close()
    return {
        "memory": memory, "us": cpu / messages * 1e6, "messages": messages / seconds, "connects": devices / connect_s,
    }  # fmt: skip


async def main(devices: int, rate: int, seconds: float) -> None:
    async with open_broker(None) as broker:
        results = {}
        for name in ("bare", "whole"):
            process = await asyncio.create_subprocess_exec(
                sys.executable, __file__, "--role", name, "--host", broker.host, "--port", str(broker.port),
                "--devices", str(devices), "--rate", str(rate), "--seconds", str(seconds), stdout=subprocess.PIPE,
            )  # fmt: skip
            out, _ = await process.communicate()
            results[name] = json.loads(out)
        print(machine())
        print(f"{devices:,} connections, {rate:,} stimuli/s for {seconds:g} s, broker: {broker.describe()}\n")
        bare, whole = results["bare"], results["whole"]
        table(
            ("", "CPU µs per QoS 1 message", "KB per connection", "messages/s", "online/s"),
            [
                (label, f"{r['us']:.1f}", f"{r['memory']:.1f}", f"{r['messages']:,.0f}", f"{r['connects']:,.0f}")
                for label, r in (
                    ("bare protocol client, canned payload", bare),
                    ("whole device: rules, seal, PUBACK", whole),
                )
            ],
        )
        print(f"\nwhole / bare: CPU {whole['us'] / bare['us']:.2f}, memory {whole['memory'] / bare['memory']:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--role")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    if asked.role:
        print(
            json.dumps(uvloop.run(role(asked.role, asked.host, asked.port, asked.devices, asked.rate, asked.seconds)))
        )
    else:
        uvloop.run(main(asked.devices, asked.rate, asked.seconds))
