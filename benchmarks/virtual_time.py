"""Virtual device-days per second: the whole estate with the centre, the fleet alone, and bare device steps on a heap.

The peer is a bare heapq loop over the same devices and the same steps, with an ideal link: what a scheduler of
nothing but a heap would do. The fleet on SimPy must not be far from it.

python benchmarks/virtual_time.py [--days 0.25]
"""

import argparse
import heapq
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import simpy
from common import machine, table
from lilong_firmware.effects import CONNECT, NEVER, OUTPUT, PUBLISH
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_simulator.recorder import Recorder
from lilong_tools.virtual import PARQUET, Job, simulate

DAY_MS = 86_400_000
SEED = 7


class Silence:
    """A backend that takes everything and says nothing."""

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        pass


def on_simpy(estate: Estate, days: float) -> tuple[float, int]:
    env = simpy.Environment()
    recorder = Recorder()
    fleet = VirtualFleet(env, estate.id, Silence(), recorder)
    provisioner = Provisioner(estate, simulation_key(estate.id), SEED)
    for device in estate.devices:
        fleet.add(device.id, provisioner.device(device, 1), 0, 1)
    start = time.perf_counter()
    env.run(until=int(days * DAY_MS))
    return time.perf_counter() - start, sum(recorder.messages.values())


def on_a_heap(estate: Estate, days: float) -> tuple[float, int]:
    provisioner = Provisioner(estate, simulation_key(estate.id), SEED)
    members = []
    for device in estate.devices:
        made = provisioner.device(device, 1)
        slots = {channel[0]: at for at, channel in enumerate(made.rules.CHANNELS)}
        members.append((made, Plant(), slots))
    messages = 0
    heap: list[tuple[int, int]] = []
    start = time.perf_counter()
    end = int(days * DAY_MS)

    def settle(now: int, number: int) -> None:
        nonlocal messages
        device, plant, slots = members[number]
        while device.out:
            effects: list[tuple[Any, ...]] = device.out
            device.out = []
            for effect in effects:
                if effect[0] == PUBLISH:
                    messages += 1
                    if effect[4]:
                        device.published(now)
                elif effect[0] == CONNECT:
                    device.connected(now)
                elif effect[0] == OUTPUT:
                    for channel, value in plant.answer(effect[1], effect[2]):
                        device.sense(now, slots[channel], value)
        if device.deadline < NEVER:
            heapq.heappush(heap, (device.deadline, number))

    for number, (device, _, _) in enumerate(members):
        device.start(0)
        settle(0, number)
    while heap and heap[0][0] < end:
        now, number = heapq.heappop(heap)
        device = members[number][0]
        if device.deadline == now:
            device.step(now)
            settle(now, number)
    return time.perf_counter() - start, messages


def main(days: float) -> None:
    estate = load_estate("music_plaza")
    device_days = len(estate.devices) * days
    rows = []
    results = {}
    for label, run in (("bare heap, idle world", on_a_heap), ("fleet on SimPy, idle world", on_simpy)):
        took = []
        for _ in range(3):
            seconds, messages = run(estate, days)
            took.append(seconds)
        seconds = sorted(took)[1]
        results[label] = seconds
        noise = (max(took) - min(took)) / 2 / seconds * 100
        rows.append(
            (label, f"{seconds:.1f}", f"±{noise:.0f} %", f"{device_days / seconds:,.0f}", f"{messages / seconds:,.0f}")
        )
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        noon = datetime(2026, 3, 4, 12)
        ended = simulate(Job("music_plaza", 1, SEED, noon, days, ("kitchen_fire",), Path(folder), PARQUET))
        seconds = time.perf_counter() - start
        lines = ended.messages
    rows.append(
        (
            "lilong simulate: world, centre, files",
            f"{seconds:.1f}",
            "one run",
            f"{device_days / seconds:,.0f}",
            f"{lines / seconds:,.0f}",
        )
    )
    print(machine())
    print(f"Music Plaza, {len(estate.devices):,} devices, {days:g} days, sealed frames\n")
    table(("", "seconds", "noise", "device-days/s", "messages/s"), rows)
    bare, fleet = results["bare heap, idle world"], results["fleet on SimPy, idle world"]
    print(f"\nfleet on SimPy / bare heap, device-days a second: {bare / fleet:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=0.25)
    main(parser.parse_args().days)
