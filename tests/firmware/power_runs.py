"""Starts the schedules of `power_case` on real MicroPython: a batch is a process, several run side by side.

python -m tests.firmware.power_runs --schedules 12000 --seed 1 --jobs 4
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BATCH = 500


def run(micropython: str, what: str, first: int, last: int, store: str = "right") -> dict[str, int]:
    """The sums of one batch; AssertionError with what MicroPython said when a schedule fails."""
    path = os.pathsep.join(str(folder) for folder in (ROOT / "protocol", ROOT / "firmware", ROOT / "tests", HERE))
    done = subprocess.run(
        [micropython, "-X", "heapsize=64m", str(HERE / "power_case.py"), what, str(first), str(last), store],
        env={**os.environ, "MICROPYPATH": path}, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("OSError:")]  # late closes
    if done.returncode:
        raise AssertionError(f"{what} {first} to {last}: code {done.returncode}\n" + "\n".join(said[-20:]))
    sums: dict[str, int] = json.loads(said[-1])
    return sums


def main() -> int:
    parser = argparse.ArgumentParser(description="power cuts, rot and failing flash, schedule by schedule")
    parser.add_argument("--schedules", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    starts = range(given.seed, given.seed + given.schedules, BATCH)
    end = given.seed + given.schedules
    with ThreadPoolExecutor(given.jobs) as pool:
        found = list(pool.map(lambda at: run(micropython, "random", at, min(at + BATCH, end)), starts))
        every = list(pool.map(lambda torn: run(micropython, "every", torn, torn + 1), range(4)))
    total = {name: sum(sums[name] for sums in found) for name in found[0]}
    print(
        f"{given.schedules:,} schedules: {total['lives']:,} lives, {total['cuts']:,} power cuts, "
        f"{total['rotten']:,} rotten bits, {total['refused']:,} alarms that the flash refused, sent all the same; "
        f"at most {max(sums['longest'] for sums in found):,} reads a start"
    )
    print(f"one story, cut at each of its writes and erases in 4 ways: {sum(sums['cuts'] for sums in every):,} cuts")
    print("nothing that was stored is missing, nothing counts twice, no boot number comes back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
