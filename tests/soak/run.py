"""Soaks of the firmware on real MicroPython: python -m tests.soak.run [KIND ...] --hours 24 --seed 1 --jobs 2.

Ends with 1 when one finds something, and says in which round; the same seed brings the same dangers and faults.
"""

import argparse
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.soak.dangers import DANGERS, MINUTE
from tests.soak.soak import Missed, Tally, soak

ROUND_MS = 80 * MINUTE  # an hour of it for the long fault


def _work(given: tuple[str, int, int]) -> Tally | str:
    kind, seed, rounds = given
    begin = time.monotonic()
    try:
        tally = soak(kind, seed, rounds, ROUND_MS)
    except Missed as missed:
        return str(missed)
    tally.real_s = time.monotonic() - begin
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description="dangers and faults for hours of a device's time")
    parser.add_argument("kinds", nargs="*", metavar="KIND", default=list(DANGERS), help=", ".join(DANGERS))
    parser.add_argument("--hours", type=float, default=24, help="of the device's time, for each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    rounds = max(1, round(given.hours * 60 * MINUTE / ROUND_MS))
    slowest_first = sorted(given.kinds, key=lambda kind: kind != "wristband")
    begin, wrong = time.monotonic(), 0
    with multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
        for tally in pool.imap_unordered(_work, [(kind, given.seed, rounds) for kind in slowest_first]):
            if isinstance(tally, str):
                wrong += 1
                print(f"FOUND {tally}", flush=True)
                continue
            faults = sum(count for name, count in tally.faults.items() if not name.startswith("no longer"))
            print(
                f"{tally.kind:12} {tally.hours:4.1f} h in {tally.real_s:5.1f} s: {tally.dangers} dangers, "
                f"{tally.raised} alarms stored, {faults} faults ({tally.faults.get('power', 0)} of power), "
                f"{tally.answered} orders answered, outbox at most {tally.deepest}; heap {tally.heap[-1]:,} of 64 KB, "
                f"grown by {tally.growth:+.0f} bytes in {len(tally.heap)} rounds of one life; {tally.files} files",
                flush=True,
            )
    took = time.monotonic() - begin
    print(f"{len(given.kinds)} kinds, {rounds * ROUND_MS / 60 / MINUTE:.0f} h each, seed {given.seed}: {took:.0f} s, "
          f"{given.jobs} at once, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
