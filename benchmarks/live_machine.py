"""One machine full of devices: several processes, a mosquitto for each, every device heard of once a minute.

Each process takes its share of the reference estate's mix over and over. The lag is how late a device is called for
what is due: its heartbeats, pings and connects; the collector has been told to leave what is there alone.

python benchmarks/live_machine.py [--processes 4] [--devices 15000] [--seconds 60]
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import cycle
from typing import Any

import uvloop
from common import machine, rss_kb, table
from lilong_protocol import topics
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, Target, leave_alone, need_files
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.provision import Provisioner
from lilong_tools.broker import open_broker

BEAT_S = 60
SETTLE_S = 2  # after all are up, and the collector has looked through them
PER_S = 3_000  # devices powered on a second in each process


class Lags(Observer):
    """What this benchmark must know."""

    def __init__(self) -> None:
        self.born: set[str] = set()
        self.sent_count = self.lost_count = 0
        self.lags: list[float] = []

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        self.sent_count += 1

    def puback(self, at: float, device: str, cls: str, due: float | None) -> None:
        if cls == topics.STATE:
            self.born.add(device)

    def lost(self, at: float, device: str, cls: str, due: float | None) -> None:
        self.lost_count += 1

    def lag(self, lag_ms: float) -> None:
        self.lags.append(lag_ms)


async def worker(asked: argparse.Namespace) -> dict[str, Any]:
    """One process; it waits for a line on stdin between its phases, so that all are in the same one."""
    need_files(asked.devices)
    told = Lags()
    memory = rss_kb()
    estate = load_estate()
    fleet = LiveFleet("music_plaza", Target("127.0.0.1", asked.port), told)
    maker = Provisioner(estate, bytes(32), asked.number)
    mix = cycle(estate.devices)
    began = time.perf_counter()
    for number in range(asked.devices):
        name = f"{asked.number:04x}{number:012x}"
        placed = replace(next(mix), id=name, beat_s=BEAT_S)
        fleet.add(name, maker.device(placed, 1_700_000_000), fleet.now())
        while number > (time.perf_counter() - began) * PER_S:
            await asyncio.sleep(0.002)
    while len(told.born) < asked.devices:
        await asyncio.sleep(0.01)
    up_s = time.perf_counter() - began
    leave_alone()
    memory = rss_kb() - memory
    print("up", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(SETTLE_S)
    told.lags.clear()
    told.sent_count = 0
    cpu = time.process_time()
    await asyncio.sleep(asked.seconds)
    cpu = time.process_time() - cpu
    found = {
        "up_s": up_s, "kb": memory / asked.devices, "cores": cpu / asked.seconds, "lost": told.lost_count,
        "sent": told.sent_count, "lags": Counter(round(lag, 1) for lag in told.lags), "troubles": fleet.troubles,
    }  # fmt: skip
    print("measured", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await fleet.close()
    return found


async def main(asked: argparse.Namespace) -> None:
    print(machine())
    async with AsyncExitStack() as stack:
        brokers = [await stack.enter_async_context(open_broker(None)) for _ in range(asked.processes)]
        workers = [
            await asyncio.create_subprocess_exec(
                sys.executable, __file__, "--number", str(number), "--port", str(broker.port), "--devices",
                str(asked.devices), "--seconds", str(asked.seconds), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                limit=2**28,
            )
            for number, broker in enumerate(brokers)
        ]  # fmt: skip
        for _ in ("up", "measured"):
            for one in workers:
                assert one.stdout is not None
                assert await one.stdout.readline(), "a worker has ended"
            for one in workers:
                assert one.stdin is not None
                one.stdin.write(b"\n")
        found = [json.loads((await one.communicate())[0]) for one in workers]
    counted: Counter[float] = Counter()
    for one in found:
        counted.update({float(lag): times for lag, times in one["lags"].items()})
    lags = sorted(counted.elements())
    devices = asked.devices * asked.processes
    sent = sum(one["sent"] for one in found)
    print(f"{devices:,} devices on {asked.processes} processes, each with a mosquitto; {asked.seconds:g} s\n")
    table(
        ("", ""),
        [
            ("all born after", f"{max(one['up_s'] for one in found):.1f} s"),
            ("memory of a device, its mosquitto aside", f"{sum(one['kb'] for one in found) / len(found):.2f} KB"),
            ("messages a device a minute", f"{sent / devices / asked.seconds * 60:.2f}"),
            ("cores of all devices", f"{sum(one['cores'] for one in found):.2f}"),
            ("lag p50, p99, p99.9, most", ", ".join(f"{quantile(lags, q):.1f}" for q in (0.5, 0.99, 0.999, 1)) + " ms"),
            ("frames lost", f"{sum(one['lost'] for one in found)}"),
            ("links broken", f"{sum(sum(one['troubles'].values()) for one in found)}"),
        ],
    )


def quantile(values: list[float], q: float) -> float:
    return values[min(len(values) - 1, int(q * len(values)))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--devices", type=int, default=15_000, help="of each process")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--number", type=int)
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    if arguments.number is None:
        uvloop.run(main(arguments))
    else:
        print(json.dumps(uvloop.run(worker(arguments))))
