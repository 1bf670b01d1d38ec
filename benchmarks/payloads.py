"""CPU of a QoS 1 message of a whole device: sealed frames beside JSON and SenML by the templates of the package.

Doors whose exit buttons a world presses, as in live_fleet.py; same broker, one process after another, in turn.

python benchmarks/payloads.py [--senders 500] [--rate 2000] [--seconds 5] [--rounds 3]
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
from dataclasses import replace

import uvloop
from common import machine, table
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.fleet.uplinks import speak
from lilong_simulator.load.payload import Payload, read_template
from lilong_tools.broker import open_broker
from live_fleet import TENANT, Whole, messages

SPOKEN = ("sealed", "json_flat", "senml")


class Spoken(Whole):
    """Doors that speak by a template."""

    def __init__(self, target: Target, name: str, senders: int) -> None:
        super().__init__(target, True)
        self._speaks = name != "sealed"
        if self._speaks:
            door = load_estate().of_kind("door")[0]
            doors = [replace(door, id=f"{number:016x}") for number in range(senders)]
            self._fleet.speech = Payload(read_template(name), TENANT, doors, 1_800_000_000_000.0)

    def add(self, number: int) -> None:
        super().add(number)
        if self._speaks:
            speak(self._fleet.members[self._ids[-1]].device, seals=False)


async def role(name: str, target: Target, asked: argparse.Namespace) -> dict[str, float]:
    load = Spoken(target, name, asked.senders)
    try:
        return await messages(load, asked.senders, asked.rate, asked.seconds)
    finally:
        await load.close()


async def one_round(asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    found = {}
    for name in SPOKEN:
        async with open_broker(None) as broker:
            given = [f"--{key}={getattr(asked, key)}" for key in ("senders", "rate", "seconds")]
            process = await asyncio.create_subprocess_exec(
                sys.executable, __file__, *given, "--role", name, "--port", str(broker.port), stdout=subprocess.PIPE
            )
            out, _ = await process.communicate()
            found[name] = json.loads(out)
    return found


async def main(asked: argparse.Namespace) -> None:
    print(machine())
    rounds = [await one_round(asked) for _ in range(asked.rounds)]
    print(f"{asked.rate:,} messages/s from {asked.senders:,} doors for {asked.seconds:g} s; {asked.rounds} rounds\n")

    def middle(name: str, key: str) -> float:
        return statistics.median(one[name][key] for one in rounds)

    table(
        ("payload", "CPU µs per QoS 1 message", "beside sealed", "messages/s"),
        [
            (
                name, f"{middle(name, 'us'):.1f}",
                f"{statistics.median(one[name]['us'] / one['sealed']['us'] for one in rounds):.2f}",
                f"{middle(name, 'rate'):,.0f}",
            )
            for name in SPOKEN
        ],
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--senders", type=int, default=500)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--role")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.role:
        print(json.dumps(uvloop.run(role(arguments.role, Target("127.0.0.1", arguments.port), arguments))))
    else:
        uvloop.run(main(arguments))
