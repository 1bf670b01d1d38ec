"""Long runs of the mutator: python -m tests.fuzz.run TARGET --count N --jobs N --seed N, from the repository.

Ends with 1 and the input in out/fuzz/ when one raises what it must not.
"""

import argparse
import json
import multiprocessing
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fuzz.corpus import read_corpus
from tests.fuzz.mutate import Mutator
from tests.fuzz.targets import TARGETS

BATCH = 50_000
FINDS = Path("out/fuzz")


@dataclass
class Tally:
    """What a run came to."""

    inputs: int = 0
    accepted: int = 0
    find: str = ""  # hex of the input that raised
    why: str = ""


def batch(target: str, seed: str, count: int) -> Tally:
    """`count` inputs, or fewer when one raises."""
    mutator = Mutator(read_corpus(target), seed)
    run = TARGETS[target]
    tally = Tally()
    for _ in range(count):
        data = mutator.next()
        tally.inputs += 1
        try:
            tally.accepted += run(data)
        except Exception:
            tally.find, tally.why = data.hex(), traceback.format_exc(limit=-3)
            break
    return tally


def _batch(work: tuple[str, str, int]) -> Tally:
    return batch(*work)


def fuzz(target: str, count: int, jobs: int, seed: int) -> Tally:
    """All batches; the same seed gives the same inputs whatever the number of jobs."""
    work = [(target, f"{seed} {at}", min(BATCH, count - at)) for at in range(0, count, BATCH)]
    whole = Tally()
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for part in pool.imap_unordered(_batch, work):
            whole.inputs += part.inputs
            whole.accepted += part.accepted
            if part.find:
                whole.find, whole.why = part.find, part.why
                break
            if sys.stderr.isatty():
                print(f"\r{target}: {whole.inputs:,}", end="", file=sys.stderr)
        pool.terminate()
    return whole


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    start = time.monotonic()
    tally = fuzz(asked.target, asked.count, asked.jobs, asked.seed)
    took = time.monotonic() - start
    print(json.dumps({"target": asked.target, "seed": asked.seed, "seconds": round(took), **asdict(tally)}))
    if not tally.find:
        return 0
    FINDS.mkdir(parents=True, exist_ok=True)
    file = FINDS / f"{asked.target}-{asked.seed}.bin"
    file.write_bytes(bytes.fromhex(tally.find))
    print(f"{tally.why}\n{file}: add it to tests/fuzz/corpus/{asked.target}/ once it is mended", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
