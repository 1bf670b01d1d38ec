"""The same mutated frames on CPython and on real MicroPython: python -m tests.fuzz.compare --count N, from the root.

Every input is asked of both, accepted or not, and both must say the same line.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fuzz import judge as judging
from tests.fuzz.corpus import read_corpus
from tests.fuzz.judge import judge
from tests.fuzz.mutate import Mutator

ROOT = Path(__file__).parents[2]


@dataclass
class Agreement:
    """What both made of the same inputs."""

    inputs: int = 0
    accepted: int = 0
    differ: list[tuple[str, str, str]] = field(default_factory=list)  # input, CPython, MicroPython


def answers(micropython: str, inputs: list[bytes]) -> Iterator[str]:
    """What MicroPython says to each."""
    env = {**os.environ, "MICROPYPATH": f"{ROOT / 'protocol'}:.frozen"}
    command = [micropython, "-X", "heapsize=256k", judging.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as board:
        assert board.stdin is not None
        assert board.stdout is not None
        for data in inputs:
            board.stdin.write(data.hex() + "\n")
            board.stdin.flush()
            yield board.stdout.readline().rstrip("\n")
        board.stdin.close()


def compare(micropython: str, count: int, seed: int) -> Agreement:
    """`count` mutated frames, judged by both."""
    mutator = Mutator(read_corpus("frame"), f"compare {seed}")
    inputs = [mutator.next() for _ in range(count)]
    found = Agreement()
    for data, there in zip(inputs, answers(micropython, inputs), strict=True):
        here = judge(data)
        found.inputs += 1
        found.accepted += "| !" not in here
        if here != there:
            found.differ.append((data.hex(), here, there))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--micropython", default=str(Path(sys.executable).parent / "micropython"))
    asked = parser.parse_args()
    start = time.monotonic()
    found = compare(asked.micropython, asked.count, asked.seed)
    took = round(time.monotonic() - start)
    print(json.dumps({**asdict(found), "differ": len(found.differ), "seed": asked.seed, "seconds": took}))
    for data, here, there in found.differ[:5]:
        print(f"{data}\n  CPython     {here}\n  MicroPython {there}", file=sys.stderr)
    return 1 if found.differ else 0


if __name__ == "__main__":
    sys.exit(main())
