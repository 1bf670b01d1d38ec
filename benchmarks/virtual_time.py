"""Virtual time against its peer, a bare heapq loop with the same device steps; then whole estates, written.

The peer has an ideal link, no observer and nothing to publish to: what a scheduler of nothing but a heap would do.
CPU time, runs in turn; the machine may be busy with other things, so trust the ratios.

python benchmarks/virtual_time.py [--hours 4] [--rounds 3] [--written 24] [--street 4]
"""

import argparse
import heapq
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import simpy
from common import machine, table
from lilong_firmware.effects import CONNECT, NEVER, OUTPUT, PUBLISH
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_tools.virtual import PARQUET, Job, simulate
from lilong_tools.virtual_estates import run_virtual
from rich.console import Console

HOUR_MS, DAY_S = 3_600_000, 86_400
SEED = 7
POLLED_H = 0.03  # polling takes a thousand times as many steps
DAY = datetime(2026, 3, 4)

Played = tuple[float, int]
"""CPU seconds, messages."""


class Silence:
    """A backend that takes everything and says nothing; what may pass, as the centre lets it."""

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        pass

    def passes(self, arrival: int, device: str, frame: bytes) -> bool:
        return True


class Count(Observer):
    def __init__(self) -> None:
        self.messages = 0

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        self.messages += 1


def on_simpy(estate: Estate, hours: float, polls: bool) -> Played:
    env = simpy.Environment()
    count = Count()
    fleet = VirtualFleet(env, estate.id, Silence(), count)
    provisioner = Provisioner(estate, simulation_key(estate.id), SEED)
    for device in estate.devices:
        fleet.add(device.id, provisioner.device(device, 1, polls), 0, 1)
    fleet.horizon = round(hours * HOUR_MS)
    start = time.process_time()
    env.run(until=fleet.horizon)
    return time.process_time() - start, count.messages


def on_a_heap(estate: Estate, hours: float, polls: bool) -> Played:
    provisioner = Provisioner(estate, simulation_key(estate.id), SEED)
    members = []
    for device in estate.devices:
        made = provisioner.device(device, 1, polls)
        slots = {channel[0]: at for at, channel in enumerate(made.rules.CHANNELS)}
        members.append((made, Plant(), slots))
    messages = 0
    heap: list[tuple[int, int]] = []
    end = round(hours * HOUR_MS)

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

    start = time.process_time()
    for number, (device, _, _) in enumerate(members):
        device.start(0)
        settle(0, number)
    while heap and heap[0][0] < end:
        now, number = heapq.heappop(heap)
        device = members[number][0]
        if device.deadline == now:
            device.step(now)
            settle(now, number)
    return time.process_time() - start, messages


def written(hours: float, seals: bool) -> Played:
    """World, devices, centre, and all tables of an estate, from reading its file to the judgement."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job("music_plaza", 1, SEED, DAY, hours / 24, ("kitchen_fire",), Path(folder), PARQUET, seals)
        start = time.process_time()
        ended = simulate(job)
        return time.process_time() - start, ended.messages


def main(hours: float, rounds: int, written_hours: float, street: int) -> None:
    estate = load_estate("music_plaza")
    print(machine())
    print(f"Music Plaza, {len(estate.devices):,} devices; CPU seconds, median of {rounds}, in turn\n")
    plays: dict[str, tuple[Callable[[], Played], float]] = {
        "bare heap, idle world": (lambda: on_a_heap(estate, hours, False), hours),
        "fleet, idle world": (lambda: on_simpy(estate, hours, False), hours),
        "bare heap, polled idle samples": (lambda: on_a_heap(estate, POLLED_H, True), POLLED_H),
        "fleet, polled idle samples": (lambda: on_simpy(estate, POLLED_H, True), POLLED_H),
        "lilong simulate, unsealed, written": (lambda: written(written_hours, False), written_hours),
        "lilong simulate, sealed, written": (lambda: written(written_hours, True), written_hours),
    }
    took: dict[str, list[float]] = {label: [] for label in plays}
    messages = {}
    for _ in range(rounds):
        for label, (play, _) in plays.items():
            seconds, messages[label] = play()
            took[label].append(seconds)
    rows = []
    days = {label: len(estate.devices) * how_long / 24 for label, (_, how_long) in plays.items()}
    for label, (_, how_long) in plays.items():
        seconds = statistics.median(took[label])
        noise = (max(took[label]) - min(took[label])) / 2 / seconds * 100
        rows.append((
            label, f"{how_long:g} h", f"{seconds:.2f}", f"±{noise:.0f} %", f"{days[label] / seconds:,.1f}",
            f"{seconds / messages[label] * 1e6:.1f}",
        ))  # fmt: skip
    table(("", "played", "CPU s", "noise", "device-days/s", "µs/message"), rows)

    def ratio(one: str, other: str) -> float:
        """Device-days a second of `one` to those of `other`."""
        pairs = zip(took[one], took[other], strict=True)
        return statistics.median(days[one] / a / (days[other] / b) for a, b in pairs)

    print(f"\nfleet / bare heap, the estate's own mix: {ratio('fleet, idle world', 'bare heap, idle world'):.2f}")
    polled = ratio("fleet, polled idle samples", "bare heap, polled idle samples")
    print(f"fleet / bare heap, polled idle samples: {polled:.2f}")
    for label in ("unsealed", "sealed"):
        name = f"lilong simulate, {label}, written"
        print(f"lilong simulate, {label} / bare heap: {ratio(name, 'bare heap, idle world'):.2f}")
        day = statistics.median(took[name]) * 24 / written_hours
        print(f"  an estate day: {day:.1f} s")
    if street:
        _street(street, written_hours)


def _street(copies: int, hours: float) -> None:
    """On as many processors as there are."""
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        jobs = [
            Job("music_plaza", copy, SEED, DAY, hours / 24, (), Path(folder) / str(copy), PARQUET)
            for copy in range(1, copies + 1)
        ]
        start = time.perf_counter()
        run_virtual(jobs, workers, Console(quiet=True))
        took = time.perf_counter() - start
    whole = took * 42 / copies * 24 / hours / 60
    print(f"\n{copies} estates, {hours:g} h, {workers} workers: {took:.1f} s; 42 of them for a day: {whole:.1f} min")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=4.0, help="of the fleets alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--written", type=float, default=24.0, help="hours of lilong simulate")
    parser.add_argument("--street", type=int, default=4, help="estates at once; 0: none")
    given = parser.parse_args()
    main(given.hours, given.rounds, given.written, given.street)
