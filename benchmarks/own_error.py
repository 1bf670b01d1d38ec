"""The latency that the generator itself adds: whole devices against a bare pacer, at half of the devices' top rate.

The backend is a process that acknowledges whatever comes, at once, and does nothing else. Latency runs from the instant
for which a message was due, in the world or on the pacer's clock, to its PUBACK. The top rate is what the devices get
through when all of it is due at once. Pacer and devices take turns in one process each.

python benchmarks/own_error.py [--devices 2000] [--seconds 10] [--rounds 3] [--rate messages/s]
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from itertools import count
from typing import Any

import simpy
import uvloop
from common import machine, table
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import mqtt, topics
from lilong_simulator.fleet.live import LiveFleet, Target, leave_alone
from lilong_simulator.fleet.observer import Observer

TENANT = "benchmark"
CANNED = bytes(79)  # a sealed door event
SLICE_S = 0.004  # of the world at a time, as in a live run
KINDS = {1: b"\x20\x02\x00\x00", 8: b"\x90\x03%c%c\x01", 3: b"\x40\x02%c%c", 12: b"\xd0\x00"}


class Echo(asyncio.Protocol):
    """Answers each packet; packets come whole or in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at, out = 0, b""
        while at + 2 <= len(data):
            size, start = data[at + 1], at + 2
            if size > 127:
                if start == len(data):
                    break
                size, start = size & 127 | data[start] << 7, start + 1
            if start + size > len(data):
                break
            kind, first = data[at] >> 4, data[at]
            if kind == 8:
                out += KINDS[8] % (data[start], data[start + 1])
            elif kind == 3 and first & 6:
                behind = start + 2 + (data[start] << 8 | data[start + 1])
                out += KINDS[3] % (data[behind], data[behind + 1])
            elif kind in (1, 12):
                out += KINDS[kind]
            at = start + size
        self._rest = data[at:]
        if out:
            self._transport.write(out)  # type: ignore[attr-defined]


async def echo() -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)


class Latencies(Observer):
    """From due to PUBACK, ms, of events."""

    def __init__(self) -> None:
        self.online = 0
        self.events: list[float] = []

    def puback(self, at: float, device: str, cls: str, due: float | None) -> None:
        if cls == topics.EVENT:
            self.events.append(at - (due or 0))
        elif cls == topics.STATE:
            self.online += 1


async def whole(port: int, devices: int, rate: float, seconds: float) -> list[float]:
    """Doors whose exit buttons a world presses."""
    told = Latencies()
    fleet = LiveFleet(TENANT, Target("127.0.0.1", port), told)
    ids = [f"{number:016x}" for number in range(devices)]
    for name in ids:
        device = Device(Identity(TENANT, name, bytes(32)), rules("door"), RamStore(), Draws(name.encode()), boot=1)
        fleet.add(name, device, fleet.now())
    while told.online < devices:
        await asyncio.sleep(0.005)
    leave_alone()
    await asyncio.sleep(1)
    env = simpy.Environment()
    zero = fleet.time()

    def world() -> Any:
        for number in count():
            yield env.timeout(number * 1_000 / rate - env.now)
            fleet.sense(ids[number % devices], "exit_button", 1, zero + env.now)

    env.process(world())
    while (now := fleet.time() - zero) < seconds * 1_000:
        until = time.perf_counter() + SLICE_S
        while env.peek() <= now and time.perf_counter() < until:
            env.step()
        await asyncio.sleep(0 if env.peek() <= now else 0.001)
    await asyncio.sleep(0.1)
    await fleet.close()
    return told.events


class Paced(asyncio.Protocol):
    """One connection that publishes when it is told to."""

    def __init__(self, name: str, latencies: list[float]) -> None:
        self._name = name
        self._mqtt = mqtt.Client()
        self._due: list[float] = []
        self._latencies = latencies
        self.ready = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self._mqtt.connect(0, self._name, 0))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.monotonic() * 1_000
        for event in self._mqtt.feed(data, 0):
            if event[0] == mqtt.PUBLISHED:
                self._latencies.append(now - self._due.pop(0))
            elif event[0] == mqtt.CONNECTED:
                self.ready = True

    def publish(self, due: float) -> None:
        if self._mqtt.in_flight < 32:
            self._mqtt.publish(topics.up(TENANT, self._name, topics.EVENT), CANNED, 1, False, 0)
            self._due.append(due)
            self.transport.write(self._mqtt.take())  # type: ignore[attr-defined]


async def bare(port: int, devices: int, rate: float, seconds: float) -> list[float]:
    latencies: list[float] = []
    clients = [Paced(f"{number:016x}", latencies) for number in range(devices)]
    loop = asyncio.get_running_loop()
    for at in range(0, devices, 100):
        some = clients[at : at + 100]
        await asyncio.gather(*(loop.create_connection(lambda one=one: one, "127.0.0.1", port) for one in some))
    while not all(client.ready for client in clients):
        await asyncio.sleep(0.005)
    leave_alone()
    await asyncio.sleep(1)
    zero, sent = time.monotonic() * 1_000, 0
    while (now := time.monotonic() * 1_000 - zero) < seconds * 1_000:
        while (due := sent * 1_000 / rate) <= now:
            clients[sent % devices].publish(zero + due)
            sent += 1
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    for client in clients:
        client.transport.close()
    return latencies


ROLES = {"whole": whole, "bare": bare}


async def measured(name: str, devices: int, rate: float, seconds: float) -> dict[str, float]:
    """One role in a process of its own, against an echo of its own."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--role", "echo", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--role", name, "--port", str(port), "--devices", str(devices), "--rate",
            str(rate), "--seconds", str(seconds), stdout=subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        found: dict[str, float] = json.loads(out)
        return found
    finally:
        server.stdin.close()
        await server.wait()


async def main(asked: argparse.Namespace) -> None:
    print(machine())
    rate = asked.rate
    if not rate:
        top = [await measured("whole", asked.devices, 100_000, 4) for _ in range(asked.rounds)]
        rate = statistics.median(one["rate"] for one in top) / 2
        print(f"top rate of whole devices: {2 * rate:,.0f} messages/s")
    rounds = []
    for _ in range(asked.rounds):
        rounds.append({name: await measured(name, asked.devices, rate, asked.seconds) for name in ROLES})
    print(f"{rate:,.0f} messages/s from {asked.devices:,} devices for {asked.seconds:g} s; medians of {asked.rounds}\n")
    keys = ("p50", "p99", "p99.9", "most")
    table(
        ("due to PUBACK, ms", *keys),
        [
            (label, *(f"{statistics.median(one[name][key] for one in rounds):.2f}" for key in keys))
            for name, label in (("bare", "bare pacer"), ("whole", "whole devices"))
        ],
    )
    error = statistics.median(one["whole"]["p99"] - one["bare"]["p99"] for one in rounds)
    print(f"\np99 that the generator adds: {error:.2f} ms")


def summary(latencies: list[float], seconds: float) -> dict[str, float]:
    latencies.sort()
    last = len(latencies) - 1
    quantiles = {f"p{q * 100:g}": latencies[min(last, int(q * len(latencies)))] for q in (0.5, 0.99, 0.999)}
    return quantiles | {"most": latencies[-1], "rate": len(latencies) / seconds}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--role")
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    if arguments.role == "echo":
        uvloop.run(echo())
    elif arguments.role:
        found = uvloop.run(ROLES[arguments.role](arguments.port, arguments.devices, arguments.rate, arguments.seconds))
        print(json.dumps(summary(found, arguments.seconds)))
    else:
        uvloop.run(main(arguments))
