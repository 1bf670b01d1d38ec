"""Long runs of the load generator, which CI has in a short form.

python -m tests.soak.generator days --days 30     memory of `lilong simulate` does not grow with the days
python -m tests.soak.generator street --minutes 10    8 estates on 4 processes against mosquitto, with faults
python -m tests.soak.generator cluster --minutes 10   4 estates on a cluster of 3 nodes

Ends with 1, and says why, when one finds something.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lilong_tools.broker.mosquitto import Mosquitto

LILONG = (str(Path(sys.executable).with_name("lilong")),)
KIB_OF_MAXRSS = 1024 if sys.platform == "darwin" else 1  # macOS tells bytes
DAY_GROWTH_MB = 2.0  # of an estate, measured from day 6 to 12: 1.3; 60 alarms and all that is judged of them: 0.15
NOISE_MB = 12.0  # (ours) by which two runs of the same length differ
FAULTS = (("blackout", 0.1, "share=0.1"), ("partition", 0.25, "share=0.1"), ("bad_radio", 0.4, "loss=0.05"))
FAULT_SHARE = 0.1  # of the run: when each begins, above, and for how long
STREET_MINUTES = 6  # at least: the last fault ends halfway, and by 3 minutes after it all are back (`excuses.BACK_MS`)
SATURATED = 3


class Found(Exception):
    """What a long run has brought to light."""


def peak_mb(arguments: Sequence[object]) -> float:
    """The most memory that the command had resident; Found when it fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*LILONG, *map(str, arguments)], stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):  # a seed may hold a fall that a wristband must miss
            said.seek(0)
            raise Found(f"{arguments}: exit code {process.returncode}: {said.read().decode()}")
    return usage.ru_maxrss / 1024 / KIB_OF_MAXRSS


def grows(
    estate: object,
    short_days: float,
    long_days: float,
    folder: Path,
    *options: object,
    noise_mb: float = NOISE_MB,
    day_mb: float = DAY_GROWTH_MB,
) -> str:
    """Held against `day_mb` for each day that the long run is longer; what came of it, in words."""
    peaks = []
    for days in (short_days, long_days):
        run = ("simulate", estate, "--days", days, "--incident", "none", "--out", folder, *options)
        peaks.append(peak_mb(run))
    by, ceiling = peaks[1] - peaks[0], noise_mb + (long_days - short_days) * day_mb
    told = (
        f"memory of {short_days:g} and {long_days:g} days of {Path(str(estate)).stem}: {peaks[0]:.1f} and "
        f"{peaks[1]:.1f} MB, grown by {by:+.1f} MB of {ceiling:.1f}"
    )
    if by > ceiling:
        raise Found(told)
    return told


def faults_of(seconds: float) -> list[str]:
    """Of a run of so many seconds."""
    lasts = seconds * FAULT_SHARE
    return [f"{name} at={seconds * begins:g} for={lasts:g} {more}" for name, begins, more in FAULTS]


def judged(report: Any, code: int) -> str:
    """What a report says of a long run; Found where messages are lost from its books, or a shard is gone."""
    fates = (report["messages"]["fates"] or {}).values()
    for one in fates:
        if one["sent"] != sum(count for name, count in one.items() if name not in ("sent", "skipped")):
            raise Found(f"fates do not add up: {one}")
    if code not in (0, SATURATED) or report["shards_missing"]:
        raise Found(f"exit code {code}, {report['verdict']}: {report['failures'][:5]}")
    lag, puback = report["generator_lag_ms"], report["broker_ms"]["puback"]
    return (
        f"{report['devices']:,} devices, {report['shards']} shards, {report['duration_s']:g} s: "
        f"{report['messages']['total']:,} messages, lag p99 {lag['p99']} ms, PUBACK p99 {puback['p99']} ms, "
        f"{report['verdict']}"
    )


async def load(folder: Path, *options: object) -> str:
    """`lilong load` with a mosquitto of our own."""
    async with Mosquitto() as broker:
        process = await asyncio.create_subprocess_exec(
            *LILONG, "load", "music_plaza", "--broker", f"mqtt://127.0.0.1:{broker.port}", "--accept", "puback",
            "--incident", "none", "--report", str(folder), *map(str, options), stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    if not (folder / "report.json").is_file():
        raise Found(f"no report, exit code {process.returncode}: {said.decode()}")
    return judged(json.loads((folder / "report.json").read_text()), process.returncode or 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("days", "street", "cluster"))
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    if given.what == "street" and given.minutes < STREET_MINUTES:
        parser.error(f"--minutes {given.minutes:g}: a street needs {STREET_MINUTES}, to be back after its faults")
    seconds = given.minutes * 60
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            if given.what == "days":
                told = grows("music_plaza", 1, given.days, folder)
            elif given.what == "street":
                faults = [part for text in faults_of(seconds) for part in ("--fault", text)]
                ways = ("--copies", 8, "--workers", 4, "--duration", seconds, "--rate", 4, *faults)
                told = asyncio.run(load(folder, *ways))
            else:
                told = asyncio.run(load(folder, "--copies", 4, "--cluster", 3, "--duration", seconds, "--rate", 4))
        except Found as found:
            print(f"FOUND {given.what}: {found}", flush=True)
            return 1
    print(f"{given.what}: {told}; {time.monotonic() - begin:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
