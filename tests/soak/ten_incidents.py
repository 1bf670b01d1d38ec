"""All ten incidents at their times in one day of the whole estate: python -m tests.soak.ten_incidents [--seeds N ...].

`lilong simulate` plays 4 March in Music Plaza against the centre's core, with everyday life around them. Each incident
must pass, and so must the day: what an everyday fall, a door or a detector tells while the estate is cut off or dark is
held to its limits as well. Ends with 1, and says why, when anything is missed, late or false.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lilong_simulator.plots import span

from tests.soak.generator import LILONG

ESTATE = "music_plaza"
START = "2026-03-04"  # a Wednesday
TEN = (
    "gas_leak", "intruder", "elder_fall", "morning_rush", "wan_partition", "rogue_reader", "falling_object",
    "cloudburst", "kitchen_fire", "feeder_blackout",
)  # fmt: skip
NONE_OF = {
    "alarms": ("undetected", "missed", "late", "false", "duplicate", "out_of_order", "wrongly_cleared"),
    "findings": ("missed", "late", "false", "duplicate"),
}
TOLD = 20  # failures of a day that are printed


def wrong(report: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a day, in words: its report's own, and what the report does not have."""
    played = {one["name"]: one for one in report["by_incident"]}
    for name in TEN:
        one = played.get(name)
        if one is None:
            yield f"{name} did not happen"
        elif one["verdict"] != "pass":
            yield one["told"]
        elif not one["alarms"]["true"]:
            yield f"{name}: nothing had to be raised"
    for what, words in NONE_OF.items():
        counts = report[what]
        yield from (f"{counts[word]} {what} {word}" for word in words if counts[word] != 0)
    yield from report["failures"]
    if report["verdict"] != "pass":
        yield f"verdict: {report['verdict']}"


def line_of(seed: int, report: Mapping[str, Any], took_s: float) -> str:
    """All of it in a line; what is wrong follows in others."""
    found = list(wrong(report))
    alarms, findings = report["alarms"]["true"], report["findings"]["true"]
    head = f"{'fail' if found else 'pass'}  ten incidents in a day of {ESTATE}, seed {seed}"
    line = f"{head}: {alarms} alarms and {findings} findings had to be, {len(found)} faults, {span(took_s * 1000)}"
    return "\n".join([line, *(f"      {text}" for text in found[:TOLD])])


def day(seed: int, folder: Path) -> Mapping[str, Any]:
    """The report of the day; RuntimeError when there is none."""
    asked = [word for name in TEN for word in ("--incident", name)]
    command = [*LILONG, "simulate", ESTATE, "--start", START, "--unsealed", "--seed", str(seed), "--out", str(folder)]
    ended = subprocess.run([*command, *asked], capture_output=True, text=True, check=False)
    file = folder / "score.json"
    if ended.returncode not in (0, 1) or not file.is_file():
        raise RuntimeError(f"exit code {ended.returncode}: {(ended.stdout + ended.stderr)[-2_000:]}")
    report: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7], metavar="N", help="a day for each (default 7)")
    given = parser.parse_args()
    failed = False
    for seed in given.seeds:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as name:
            report = day(seed, Path(name))
        failed = any(wrong(report)) or failed
        print(line_of(seed, report, time.monotonic() - begin), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
