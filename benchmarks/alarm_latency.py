"""Ingest latency of alarms: decided at the device until its stored-ack is back, over a real broker and the centre.

Every smoke detector of Music Plaza smells smoke once, at an even rate; beside it a bare MQTT echo through the same
broker in the same run: the floor that no backend can beat.

python benchmarks/alarm_latency.py [--alarms 1183] [--rate 20]
"""

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from pathlib import Path

import aiomqtt
import uvloop
from common import machine, table
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.latency import Latency
from lilong_simulator.recorder import Recorder
from lilong_tools.broker import Broker, open_broker
from lilong_tools.centre_process import CentreProcess

LIMIT_MS = 250
DENSE_MDBM = 400


async def echo(broker: Broker, count: int, rate: float) -> Latency:
    """A message through the broker to a subscriber and an answer back, in ms."""
    latency = Latency()
    sent: dict[bytes, float] = {}
    at_once = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    async with (
        aiomqtt.Client(broker.host, broker.port, socket_options=at_once) as here,
        aiomqtt.Client(broker.host, broker.port, socket_options=at_once) as there,
    ):
        await there.subscribe("echo/ask", qos=1)
        await here.subscribe("echo/answer", qos=1)

        async def answer() -> None:
            async for message in there.messages:
                await there.publish("echo/answer", message.payload, qos=1)

        async def listen() -> None:
            async for message in here.messages:
                latency.record((time.perf_counter() - sent[bytes(message.payload)]) * 1000)
                if latency.count == count:
                    return

        answering = asyncio.create_task(answer())
        listening = asyncio.create_task(listen())
        for number in range(count):
            name = str(number).encode()
            sent[name] = time.perf_counter()
            await here.publish("echo/ask", name, qos=1)
            await asyncio.sleep(1 / rate)
        await asyncio.wait_for(listening, 30)
        answering.cancel()
    return latency


async def main(alarms: int, rate: float) -> int:
    """1 when the p99 is above the limit or an alarm has no stored-ack."""
    estate = load_estate("music_plaza")
    detectors = [device for device in estate.devices if device.kind == "smoke"][:alarms]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_broker(None) as broker:
            floor = await echo(broker, min(alarms, 500), 100)
            url = f"mqtt://{broker.host}:{broker.port}"
            async with CentreProcess(estate.id, url, folder, "127.0.0.1:0", folder / "observed.jsonl"):
                recorder = Recorder()
                fleet = LiveFleet(estate.id, Target(broker.host, broker.port), recorder)
                provisioner = Provisioner(estate, simulation_key(estate.id), 1)
                start = time.perf_counter()
                boot = int(time.time())
                for number, device in enumerate(estate.devices):
                    fleet.add(device.id, provisioner.device(device, boot), fleet.now())
                    if number % 20 == 19:
                        await asyncio.sleep(0.02)
                while len(recorder.accepted) < len(estate.devices):
                    await asyncio.sleep(0.02)
                online_s = time.perf_counter() - start
                await asyncio.sleep(3)
                for device in detectors:
                    fleet.sense(device.id, "obscuration", DENSE_MDBM)
                    await asyncio.sleep(1 / rate)
                deadline = time.perf_counter() + 30
                while recorder.stored_frames < len(detectors) and time.perf_counter() < deadline:
                    await asyncio.sleep(0.05)
                await fleet.close()
            described = broker.describe()
    ingest = Latency()
    for alarm in recorder.alarms.values():
        if alarm.stored is not None:
            ingest.record(alarm.stored - alarm.decided)
    print(machine())
    print(f"{len(estate.devices):,} devices online after {online_s:.1f} s, {rate:g} alarms/s, broker: {described}\n")
    rows = []
    for label, latency in (("bare MQTT echo, ms", floor), ("alarm: decided to stored-ack, ms", ingest)):
        s = latency.summary()
        rows.append((label, *(f"{s[key]:.1f}" for key in ("p50", "p90", "p99", "max")), str(s["count"])))
    table(("", "p50", "p90", "p99", "max", "count"), rows)
    p99 = ingest.percentile(99) or float("inf")
    print(f"\np99 / limit of {LIMIT_MS} ms: {p99 / LIMIT_MS:.2f}; p99 / echo: {p99 / (floor.percentile(99) or 1):.1f}")
    print(f"alarms without a stored-ack: {len(detectors) - ingest.count}")
    late = p99 > LIMIT_MS or ingest.count < len(detectors)
    print("a sleeping detector connects first: TCP, CONNECT, SUBSCRIBE, birth and alarm are in the figure")
    return 1 if late else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=1183)
    parser.add_argument("--rate", type=float, default=20)
    asked = parser.parse_args()
    sys.exit(uvloop.run(main(asked.alarms, asked.rate)))
