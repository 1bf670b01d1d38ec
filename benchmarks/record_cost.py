"""What `lilong load --record` costs: the generator's lag and processor with a recording and without, in one run.

Doors whose exit buttons a world presses, observed as by a load, against a backend that acknowledges whatever comes.
Both take turns in processes of their own, and who begins changes with each round. Lag is how late the world was played,
as in a report; the thread of the recording shares the processor and the interpreter with the devices.

python benchmarks/record_cost.py [--devices 2000] [--rate 3000] [--seconds 10] [--rounds 5]
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

import simpy
import uvloop
from common import machine, table
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_simulator.fleet.live import LiveFleet, Target, leave_alone
from lilong_simulator.load.record import Recording
from lilong_simulator.load.recording import LoadRecorder
from own_error import SLICE_S, TENANT, echo, summary

ROLES = ("without", "with")


def clock() -> float:
    return time.monotonic() * 1_000


async def played(port: int, devices: int, rate: float, seconds: float, file: Path | None) -> dict[str, float]:
    """One role: lags in ms, and µs of the processor a message."""
    recorder = LoadRecorder(clock)
    fleet = LiveFleet(TENANT, Target("127.0.0.1", port), recorder, clock)
    ids = [f"{number:016x}" for number in range(devices)]
    for name in ids:
        device = Device(Identity(TENANT, name, bytes(32)), rules("door"), RamStore(), Draws(name.encode()), boot=1)
        fleet.add(name, device, fleet.now())
    while len(recorder.linked) < devices:
        await asyncio.sleep(0.005)
    leave_alone()
    await asyncio.sleep(1)
    if file is not None:
        recorder.recording = Recording(file, time.time() * 1_000 - clock(), "benchmark", lambda device: TENANT)
    env = simpy.Environment()
    lags: list[float] = []
    sent, cpu, zero = sum(recorder.messages.values()), time.process_time(), clock()

    def world() -> Any:
        for number in count():
            yield env.timeout(number * 1_000 / rate - env.now)
            lags.append(clock() - zero - env.now)
            fleet.sense(ids[number % devices], "exit_button", 1, zero + env.now)

    env.process(world())
    while (now := clock() - zero) < seconds * 1_000:
        until = time.perf_counter() + SLICE_S
        while env.peek() <= now and time.perf_counter() < until:
            env.step()
        await asyncio.sleep(0 if env.peek() <= now else 0.001)
    cpu = time.process_time() - cpu
    sent = sum(recorder.messages.values()) - sent
    found = summary(lags, seconds) | {"cpu_us": cpu / sent * 1e6, "sent": sent / seconds}
    if recorder.recording is not None:
        recorder.recording.close()
        if recorder.recording.trouble is not None:
            raise SystemExit(recorder.recording.trouble)
    await fleet.close()
    return found


async def measured(name: str, asked: argparse.Namespace) -> dict[str, float]:
    """One role in a process of its own, against an echo of its own."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--role", "echo", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--role", name, "--port", str(port), "--devices", str(asked.devices), "--rate",
            str(asked.rate), "--seconds", str(asked.seconds), stdout=subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        found: dict[str, float] = json.loads(out)
        return found
    finally:
        server.stdin.close()
        await server.wait()


async def main(asked: argparse.Namespace) -> None:
    print(machine())
    rounds = []
    for number in range(asked.rounds):
        turn = ROLES if number % 2 == 0 else ROLES[::-1]
        rounds.append({name: await measured(name, asked) for name in turn})
    print(f"{asked.rate:,.0f} events/s of {asked.devices:,} doors for {asked.seconds:g} s; medians of {asked.rounds}\n")
    keys = {"p50": "lag p50, ms", "p99": "lag p99, ms", "most": "most, ms", "cpu_us": "CPU, µs a message",
            "sent": "sent a second"}  # fmt: skip
    middle = {name: {key: statistics.median(one[name][key] for one in rounds) for key in keys} for name in ROLES}
    table(
        ("", *keys.values()),
        [(f"{name} a recording", *(f"{middle[name][key]:,.2f}" for key in keys)) for name in ROLES],
    )
    ratios = {key: statistics.median(one["with"][key] / one["without"][key] for one in rounds) for key in keys}
    print(f"\nwith / without: lag p50 {ratios['p50']:.2f}, p99 {ratios['p99']:.2f}, CPU {ratios['cpu_us']:.2f}")
    print(machine())


def role(asked: argparse.Namespace) -> None:
    if asked.role == "echo":
        uvloop.run(echo())
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "run.lilong" if asked.role == "with" else None
        print(json.dumps(uvloop.run(played(asked.port, asked.devices, asked.rate, asked.seconds, file))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--rate", type=float, default=3_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--role")
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    if arguments.role:
        role(arguments)
    else:
        uvloop.run(main(arguments))
